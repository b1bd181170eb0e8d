"""The cause of a database error, in words for the log and the command line.

Messages of drivers are not shown: they quote hosts, users, statements and values of rows.
"""

from __future__ import annotations

import re
import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.sqlite import FileMissing, FileReplaced

_DISK_FULL = "the disk is full"
_TABLES = "the tables are missing or old: run textlogin migrate"
_BROKEN_RULE = "a row breaks a rule of the tables"
_STARTING = "the server is starting up"
_SHUT_DOWN = "the server shut down"
_STOPPING = "the server is shutting down"
_LOST = "the connection was lost"
_READ_ONLY = "the server allows only a read-only transaction (a replica?)"
_NO_REPLICA = "the server is no replica"
_REFUSED_USER = "the password or user is refused"
_NOT_AUTHENTICATED = "password authentication failed: the password or user is refused"
_NO_DATABASE = "there is no such database"
_TOO_MANY = "the server has too many connections"
_NO_ANSWER = "no server answers in time"
_OUT_OF_MEMORY = "the server is out of memory"

#: By SQLSTATE, or its first two characters.
_SQLSTATES = {
    "08": _LOST,
    "22": "a value does not fit its column",
    "23": _BROKEN_RULE,
    "25006": _READ_ONLY,
    "25P03": "a transaction paused for too long",
    "28": _REFUSED_USER,
    "28P01": _NOT_AUTHENTICATED,
    "3D": _NO_DATABASE,
    "40": "two transactions were in each other's way",
    "42501": "the user may not do this",
    "42P01": _TABLES,
    "42703": _TABLES,
    "53100": _DISK_FULL,
    "53200": _OUT_OF_MEMORY,
    "53300": _TOO_MANY,
    "53400": _TOO_MANY,
    "55P03": "another process held the writers' lock for too long",
    "57014": "a statement took too long",
    "57P01": _SHUT_DOWN,
    "57P02": "the server crashed",
    "57P03": _STARTING,
    "58": "the server's disk reports an error",
    "XX001": "the database is damaged",
    "XX002": "the database is damaged",
}
#: Words of libpq's and the server's messages; while connecting there is nothing else. The first
#: that is found counts.
_WORDS = {
    "unsupported startup parameter": "the pooler refuses an option in DATABASE_URL (unsupported "
    "startup parameter)",
    "query_wait_timeout|no more connections allowed": "the pooler has too few connections",
    "pgbouncer cannot connect|server login has been failing": "the pooler does not reach the "
    "server",
    "connection refused": "the server refused the connection",
    "no such file or directory": "no server listens on the socket",
    "timeout expired|timed out": _NO_ANSWER,
    "is starting up|recovery mode|not yet accepting": _STARTING,
    "is shutting down": _STOPPING,
    "terminating connection due to admin": _SHUT_DOWN,
    "not in hot standby|session is not read-only": _NO_REPLICA,
    "read-only|hot standby": _READ_ONLY,
    "(password|sasl) authentication failed": _NOT_AUTHENTICATED,
    'password|authentication|pg_hba|role ".*" (does not exist|is not permitted)': _REFUSED_USER,
    'database ".*" does not exist': _NO_DATABASE,
    "too many (clients|connections)|connection slots": _TOO_MANY,
    "resolve host|translate host|name or service not known": "the server's name is not known",
    "no route to host|network is unreachable": "the network does not reach the server",
    "certificate|ssl error|tls|does not support ssl": "TLS fails",
    r"invalid \w+ value": "DATABASE_URL has an option with an invalid value",
    "closed the connection|connection (is closed|is lost|reset)|broken pipe|eof detected"
    "|not open|no connection|could not (receive|send)": _LOST,
}
#: By the start of SQLite's name for the error.
_SQLITE = {
    "SQLITE_FULL": _DISK_FULL,
    "SQLITE_READONLY_DBMOVED": "the file was renamed or removed",
    "SQLITE_READONLY": "the file is read-only",
    "SQLITE_BUSY": "another program holds the file's lock",
    "SQLITE_LOCKED": "another program holds the file's lock",
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "SQLITE_PERM": "the file may not be opened",
    "SQLITE_IOERR": "the disk reports an error",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_CONSTRAINT": _BROKEN_RULE,
    "SQLITE_NOMEM": "there is no memory left",
}
_ATTEMPTS = "Multiple connection attempts failed"


def describe(error: BaseException) -> str:
    """The cause in plain words, without URL, host, user, statement or value.

    For errors of sqlite3, psycopg, SQLAlchemy and sockets. Of others, the name of the class.
    """
    if isinstance(error, DBAPIError) and error.orig is not None:
        return describe(error.orig)
    match error:
        case FileMissing():
            return "the file is missing"
        case FileReplaced():
            return "the file was renamed, removed or replaced"
        case sqlite3.Error():
            found = _of_sqlite(error)
        case psycopg.errors.ConnectionTimeout() | TimeoutError():
            found = _NO_ANSWER
        case psycopg.errors.ProtocolViolation():  # poolers give it to each of their own errors
            found = _of_message(str(error)) or _LOST
        case psycopg.Error():
            found = _of_sqlstate(error.sqlstate) or _of_message(str(error))
        case PoolTimeout():
            found = "all connections are in use"
        case OSError():
            found = _of_words(str(error))
        case _:
            found = None
    return found or type(error).__name__


def _of_sqlite(error: sqlite3.Error) -> str | None:
    if re.search("no such (table|column)|has no column", str(error)):
        return _TABLES
    name = getattr(error, "sqlite_errorname", "")  # Python's own errors have none
    return next((cause for start, cause in _SQLITE.items() if name.startswith(start)), None)


def _of_sqlstate(sqlstate: str | None) -> str | None:
    state = sqlstate or ""
    return _SQLSTATES.get(state) or _SQLSTATES.get(state[:2])


def _of_message(message: str) -> str | None:
    """The causes of a failed connection, one for each kind of failure among several servers."""
    attempts = message.partition(_ATTEMPTS)[2].split("\n- ")[1:] or [message]
    causes = {cause: None for attempt in attempts if (cause := _of_words(attempt))}
    return "; ".join(causes) or None


def _of_words(message: str) -> str | None:
    text = message.lower()
    return next((cause for words, cause in _WORDS.items() if re.search(words, text)), None)
