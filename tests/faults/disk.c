/* Preloaded into a process, this makes its disk slow, stuck, full or read-only on demand.
 *
 * $FAULTY_DISK names a file with one command: "sync MILLISECONDS" delays each fsync, "hang" holds
 * it until the command changes, "write ERRNO" refuses writes to files whose path contains
 * $FAULTY_DISK_FILES. Without that file the disk is well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void pause_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) == -1 && errno == EINTR) {}
}

/* The command, empty if the disk is well. */
static void command(char *text, size_t size) {
    const char *path = getenv("FAULTY_DISK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = file < 0 ? 0 : read(file, text, size - 1);
    text[length > 0 ? length : 0] = 0;
    if (file >= 0) close(file);
}

static void before_sync(void) {
    char text[64];
    long ms;
    int saved = errno;
    for (command(text, sizeof text); strncmp(text, "hang", 4) == 0; command(text, sizeof text))
        pause_ms(20);
    if (sscanf(text, "sync %ld", &ms) == 1) pause_ms(ms);
    errno = saved;
}

/* Whether a write to this descriptor is refused; then errno says why. */
static int refused(int fd) {
    char text[64], link[64], path[4096];
    const char *files = getenv("FAULTY_DISK_FILES");
    int error, saved = errno, is_refused = 0;
    command(text, sizeof text);
    if (files && sscanf(text, "write %d", &error) == 1) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        path[length > 0 ? length : 0] = 0;
        is_refused = strstr(path, files) != NULL;
    }
    errno = is_refused ? error : saved;
    return is_refused;
}

int fsync(int fd) { before_sync(); return REAL(fsync)(fd); }
int fdatasync(int fd) { before_sync(); return REAL(fdatasync)(fd); }

ssize_t write(int fd, const void *data, size_t size) {
    return refused(fd) ? -1 : REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return refused(fd) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return refused(fd) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return refused(fd) ? -1 : REAL(pwritev)(fd, parts, count, at);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    return refused(fd) ? -1 : REAL(pwritev64)(fd, parts, count, at);
}
int posix_fallocate(int fd, off_t at, off_t size) {
    return refused(fd) ? errno : REAL(posix_fallocate)(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
    return refused(fd) ? errno : REAL(posix_fallocate64)(fd, at, size);
}
