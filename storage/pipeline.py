"""Statements for PostgreSQL that travel together: one round trip and one packet, whatever their
number (libpq's pipeline mode).

psycopg has pipelines too, but passes each statement to the kernel by itself. For a batch of ours
that would be half of the time.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

#: SQL with `%s` for each parameter, and the parameters: None, texts, integers, lists of texts.
Statement = tuple[str, Sequence[Any]]

_ROWS = ExecStatus.TUPLES_OK
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)
#: Follows the results of all statements.
_SYNC = ExecStatus.PIPELINE_SYNC
_ENCODING = "utf-8"


class Pipeline:
    """Runs statements on one connection, each prepared when it is first used."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._pgconn: PGconn = driver.pgconn
        self._transformer = Transformer(driver)
        self._poll = select.poll()
        #: SQL → the name under which the server has prepared it.
        self._prepared: dict[str, bytes] = {}
        self._numbers = count()

    def run(self, statements: Iterable[Statement]) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement. Raises the error of the first one that fails; the server
        skips those that follow it."""
        dumped = [(sql, [_dump(value) for value in values]) for sql, values in statements]
        new = {sql: self._name(sql) for sql, _ in dumped if sql not in self._prepared}
        self._pgconn.enter_pipeline_mode()
        try:
            for sql, name in new.items():
                self._pgconn.send_prepare(name, _numbered(sql))
            for sql, values in dumped:
                self._pgconn.send_query_prepared(self._prepared.get(sql) or new[sql], values)
            self._pgconn.pipeline_sync()
            results = list(self._results())
        finally:
            if self._pgconn.status == ConnStatus.OK:
                self._pgconn.exit_pipeline_mode()
        for result in results:
            if result.status in _FAILED:
                raise errors.error_from_result(result, encoding=_ENCODING)
        self._prepared.update(new)
        return [self._rows(result) for result in results[len(new) :]]

    def _name(self, sql: str) -> bytes:
        """A name for a prepared statement. None is used twice: of a pipeline that fails, the
        server may have prepared some statements."""
        return f"textlogin_{next(self._numbers)}_{sql.partition(' ')[0]}".encode(_ENCODING)

    def _results(self) -> Iterator[PGresult]:
        """Wait for the results of the statements sent, in order."""
        while True:
            self._wait()
            result = self._pgconn.get_result()
            if result is None:  # ends the results of one statement
                if self._pgconn.status == ConnStatus.BAD:
                    raise psycopg.OperationalError("the connection is lost")
            elif result.status == _SYNC:
                return
            else:
                yield result

    def _wait(self) -> None:
        """Wait until a result can be taken without blocking, sending what is left meanwhile."""
        while (unsent := self._pgconn.flush()) or self._pgconn.is_busy():
            events = select.POLLIN | (select.POLLOUT if unsent else 0)
            self._poll.register(self._pgconn.socket, events)
            self._poll.poll()
            self._pgconn.consume_input()

    def _rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        if result.status != _ROWS:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)


def _numbered(sql: str) -> bytes:
    """With `$1`, `$2` … for the parameters."""
    first, *rest = sql.split("%s")
    return "".join((first, *(f"${n}{part}" for n, part in enumerate(rest, 1)))).encode(_ENCODING)


def _dump(value: Any) -> bytes | None:
    """A parameter as text. The server knows its type from where it is used."""
    match value:
        case None:
            return None
        case list():
            return ("{" + ",".join(map(_quote, value)) + "}").encode(_ENCODING)
        case _:
            text = str(value)
            if "\0" in text:
                raise psycopg.DataError("PostgreSQL's texts cannot hold NUL")
            return text.encode(_ENCODING)


def _quote(element: str) -> str:
    """An element of an array (PostgreSQL's documentation, section 8.15.6)."""
    if "\0" in element:
        raise psycopg.DataError("PostgreSQL's texts cannot hold NUL")
    return '"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"'
