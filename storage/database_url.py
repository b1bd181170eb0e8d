"""The setting DATABASE_URL: a SQLite file, or what PostgreSQL's library needs to connect.

libpq itself parses the URLs of PostgreSQL, so that every form in its documentation works. Errors
quote no part of a URL: it may hold a password.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

#: libpq's parameters by name.
Parameters = dict[str, str]

_FORM = "must be a URL, sqlite:///file.db or postgresql://…"
_SCHEME = "must be sqlite:///file.db or postgresql://…"
_SQLITE_OPTION = "must be sqlite:///file.db without options"
_OPTION = "must have options as libpq knows them, like ?sslmode=require"
_SERVERS = "must have one port for all hosts, or one for each"

_SQLITE = {"sqlite", "sqlite+pysqlite"}
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
#: A password with characters that a URL should have percent-encoded.
_CREDENTIALS = re.compile(r"(?P<user>[^:/@?]*):(?P<password>[^@]*)@(?P<rest>[^@]*)")
#: A host with a port among the options, as SQLAlchemy writes it.
_HOST_PORT = re.compile(r"([^/:]+):([0-9]*)")
_PORTS = range(1, 65_536)


class BadDatabaseUrl(ValueError):
    """The URL names no database that this service can use; the message says what is expected."""


def parse_database_url(url: str) -> Path | Parameters:
    """The SQLite file, or libpq's parameters. Raises BadDatabaseUrl.

    Several hosts may be given as libpq writes them (`//a:1,b:2/db`) or as SQLAlchemy does
    (`///db?host=a:1&host=b:2`). Then the one that accepts writes is used, unless
    `target_session_attrs` says otherwise.
    """
    scheme, colon, rest = url.partition("://")
    if not colon:
        raise BadDatabaseUrl(_FORM)
    if scheme in _SQLITE:
        return _sqlite_file(url)
    if scheme in _POSTGRESQL:
        return _postgresql(rest)
    raise BadDatabaseUrl(_SCHEME)


def split_servers(parameters: Parameters) -> list[Parameters]:
    """`host`, `hostaddr` and `port` of each server; one without any for libpq's default.

    Raises BadDatabaseUrl.
    """
    lists = {
        name: parameters[name].split(",")
        for name in ("host", "hostaddr", "port")
        if parameters.get(name)
    }
    count = max(len(lists.get("host", [])), len(lists.get("hostaddr", [])), 1)
    if any(len(values) not in (1, count) for values in lists.values()):
        raise BadDatabaseUrl(_SERVERS)
    each = {name: values * (count // len(values)) for name, values in lists.items()}
    return [{name: values[i] for name, values in each.items()} for i in range(count)]


def _sqlite_file(url: str) -> Path:
    parsed = _parse(url)
    if not parsed.database or parsed.database == ":memory:" or parsed.host or parsed.username:
        raise BadDatabaseUrl(_SCHEME)
    if parsed.query:
        raise BadDatabaseUrl(_SQLITE_OPTION)
    return Path(parsed.database).absolute()


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrl(_FORM) from None


def _postgresql(rest: str) -> Parameters:
    try:
        return _libpq(rest)
    except BadDatabaseUrl:
        found = _CREDENTIALS.fullmatch(rest)
        if found is None:
            raise
        credentials = {name: unquote(found[name]) for name in ("user", "password")}
        return _libpq(found["rest"]) | credentials


def _libpq(rest: str) -> Parameters:
    location, _, query = rest.partition("?")
    try:
        parsed = conninfo_to_dict(f"postgresql://{location}?{_join_hosts(query)}")
    except psycopg.ProgrammingError as error:
        raise BadDatabaseUrl(_OPTION if "query parameter" in str(error) else _FORM) from None
    parameters = {name: str(value) for name, value in parsed.items()}
    servers = split_servers(parameters)
    if not all(map(_is_possible, servers)):
        raise BadDatabaseUrl(_FORM)
    if len(servers) > 1:
        parameters.setdefault("target_session_attrs", "read-write")
    return parameters


def _join_hosts(query: str) -> str:
    """The options with one `host`: libpq would use the last one only, and wants ports apart."""
    options = [option for option in query.split("&") if option]
    given = [unquote(option[5:]) for option in options if option.startswith("host=")]
    hosts = [host for value in given for host in value.split(",")]
    found = [_HOST_PORT.fullmatch(host) for host in hosts]
    if not any(found):
        names, ports = hosts, []
    else:
        pairs = zip(found, hosts, strict=True)
        names = [pair[1] if pair else host for pair, host in pairs]
        ports = [pair[2] if pair else "" for pair in found]
    others = [option for option in options if not option.startswith("host=")]
    if names:
        others.append(f"host={quote(','.join(names))}")
    if ports:
        others.append(f"port={','.join(ports)}")
    return "&".join(others)


def _is_possible(server: Parameters) -> bool:
    """libpq splits a URL at the first @, and takes what follows for a host and a port."""
    port = server.get("port") or "1"
    is_port = port.isascii() and port.isdecimal() and int(port) in _PORTS
    return is_port and "@" not in server.get("host", "")
