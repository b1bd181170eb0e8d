"""The errors that callers of the writer and the reader handle."""


class Unavailable(Exception):
    """The command was not carried out, or the outcome is unknown. Sending it again is safe: what
    was committed is recognised. A poisoned command fails again until the code is mended, and
    Telnyx gives up after its retries.

    Unavailable      the database does not answer, or the outcome of COMMIT is unknown
    ├── QueueFull    too many commands are waiting
    ├── Poisoned     this command fails, and would fail again
    └── Stopped      the writer has not started or is stopping
    """


class QueueFull(Unavailable):
    """Too many commands are waiting."""


class Poisoned(Unavailable):
    """This command fails, and would fail again."""


class Stopped(Unavailable):
    """The writer has not started or is stopping."""
