"""The demo clock's offset, in a table of its own in the demo's database.

So it is gone with the database, and times in the database never lie ahead of the clock.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_PATIENCE_S = 2.0
_CREATE = """CREATE TABLE IF NOT EXISTS sandbox_clock
    (id INTEGER PRIMARY KEY CHECK (id = 1), offset_ms INTEGER NOT NULL)"""
_SAVE = """INSERT INTO sandbox_clock VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET offset_ms = excluded.offset_ms"""


class OffsetTable:
    """In an existing SQLite file. Both methods raise `sqlite3.Error`."""

    def __init__(self, path: Path) -> None:
        # Without `mode=rw`, SQLite would create a file that was deleted.
        self._uri = f"file:{quote(str(path.absolute()))}?mode=rw"

    def load(self) -> int:
        """The saved offset in ms; 0 if none was saved."""
        with closing(self._connect()) as database, database:
            database.execute(_CREATE)
            row = database.execute("SELECT offset_ms FROM sandbox_clock").fetchone()
        return row[0] if row else 0

    def save(self, offset_ms: int) -> None:
        """Keep an offset; durable when this returns."""
        with closing(self._connect()) as database, database:
            database.execute(_SAVE, (offset_ms,))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, timeout=_PATIENCE_S)
