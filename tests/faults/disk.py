"""A disk that is slow, stuck, full or read-only: `disk.c`, preloaded into who writes to it."""

from __future__ import annotations

from pathlib import Path

from tests.faults.preload import preload


class Disk:
    """Under the processes that run with its `environment`. `files` is a part of the paths to which
    writes may be refused. Raises Skipped without a C compiler."""

    def __init__(self, folder: Path, files: str) -> None:
        self._command = folder / "disk"
        library = preload(Path(__file__).with_suffix(".c"), folder)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULTY_DISK": str(self._command),
            "FAULTY_DISK_FILES": files,
        }

    def delay_syncs(self, milliseconds: int) -> None:
        """Each fsync takes this much longer."""
        self._order(f"sync {milliseconds}")

    def hang_syncs(self) -> None:
        """No fsync returns until the disk is mended."""
        self._order("hang")

    def refuse_writes(self, error: int) -> None:
        """Writes fail with this errno."""
        self._order(f"write {error}")

    def mend(self) -> None:
        self._command.unlink()

    def _order(self, command: str) -> None:
        """In one step: a reader never sees half of it."""
        draft = self._command.with_suffix(".draft")
        draft.write_text(command)
        draft.replace(self._command)
