"""DATABASE_URL: every form that is accepted means the same for all connections."""

from pathlib import Path

import pytest

from storage.database_url import BadDatabaseUrl, parse_database_url

TWO_HOSTS = {
    "user": "me",
    "host": "a,b",
    "port": "1,2",
    "dbname": "db",
    "target_session_attrs": "read-write",
}


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize(
    "rest",
    [
        "me@a:1,b:2/db",
        "me@/db?host=a:1&host=b:2",
        "me@/db?host=a:1,b:2",
        "me@/db?host=a,b&port=1,2",
        "/db?user=me&host=a:1&host=b:2",
    ],
)
def test_all_forms_of_several_hosts_mean_the_same(scheme: str, rest: str) -> None:
    assert parse_database_url(f"{scheme}://{rest}") == TWO_HOSTS


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        ("postgresql://host/db", {"host": "host", "dbname": "db"}),
        ("postgresql://host:5433/db", {"host": "host", "port": "5433", "dbname": "db"}),
        ("postgresql://[::1]:5433/db", {"host": "::1", "port": "5433", "dbname": "db"}),
        ("postgresql:///db?host=/run/pg", {"host": "/run/pg", "dbname": "db"}),
        ("postgresql:///db?host=%2Frun%2Fpg", {"host": "/run/pg", "dbname": "db"}),
        ("postgresql://h/db?sslmode=require", {"host": "h", "dbname": "db", "sslmode": "require"}),
        ("postgresql://u:p%40ss@h/db", {"user": "u", "password": "p@ss", "host": "h"}),
        ("postgresql://u:p/s%s#s@h/db", {"user": "u", "password": "p/s%s#s", "host": "h"}),
        ("postgresql://a,b/db?target_session_attrs=any", {"target_session_attrs": "any"}),
        ("postgresql://a,b:2/db", {"host": "a,b", "port": ",2"}),
        ("postgresql:///db?host=a&host=b:2", {"host": "a,b", "port": ",2"}),
    ],
)
def test_a_url_means_what_libpq_documents(url: str, parameters: dict[str, str]) -> None:
    found = parse_database_url(url)
    assert isinstance(found, dict)
    assert {name: found[name] for name in parameters} == parameters


def test_one_host_may_be_a_replica() -> None:
    assert parse_database_url("postgresql://host/db") == {"host": "host", "dbname": "db"}


def test_a_sqlite_file_is_an_absolute_path() -> None:
    assert parse_database_url("sqlite:///file.db") == Path.cwd() / "file.db"
    assert parse_database_url("sqlite:////folder/my file.db") == Path("/folder/my file.db")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("secret", "must be a URL"),
        ("mysql://secret@host/db", "must be sqlite:///file.db or postgresql://"),
        ("sqlite://", "must be sqlite:///file.db"),
        ("sqlite:///:memory:", "must be sqlite:///file.db"),
        ("sqlite:///secret.db?mode=ro", "without options"),
        ("postgresql://me:secret@host:port/db", "must be a URL"),
        ("postgresql://me:secret@host:70000/db", "must be a URL"),
        ("postgresql://me:se@cr@et@host/db", "must be a URL"),
        ("postgresql://me:secret@[::1/db", "must be a URL"),
        ("postgresql://host/db?secret=1", "options as libpq knows them"),
        ("postgresql://host/db?secret", "options as libpq knows them"),
        ("postgresql://a,b,secret:1,secret:2/db?port=1,2", "one port for all hosts"),
    ],
)
def test_a_bad_url_is_explained_without_a_part_of_it(url: str, words: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=words) as refused:
        parse_database_url(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
