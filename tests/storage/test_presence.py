"""Processes that are gone while they hold leases."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from storage import presence
from storage.presence import APART_S, GRACE_S, Absences
from tests.harness.eventually import wait_for

OWN = "0" * 16
ALIVE = "7fffffffffffffff"
NEGATIVE = "fedcba9876543210"  # as a signed number
GONE = "00000000deadbeef"

AFTER_GRACE_S = 100 + GRACE_S
LONG_S = APART_S + 0.1


@contextmanager
def process(url: str, *owners: str) -> Iterator[psycopg.Connection]:
    """A session that holds the locks of these owners."""
    with psycopg.connect(url, autocommit=True) as connection:
        for owner in owners:
            connection.execute(presence.hold(owner).encode())
        yield connection


def absent(connection: psycopg.Connection) -> set[str]:
    return {owner for (owner,) in connection.execute(presence.ABSENT.encode(), (OWN,))}


def lease_message(connection: psycopg.Connection, owner: str | None, *, id: str = "") -> None:
    connection.execute(
        "INSERT INTO messages (id, phone, number, kind, locale, params, created_at, send_before, "
        "state, not_before, tries, round, lease_owner, lease_until) "
        "VALUES (%s, '', '', '', '', '', 0, 0, 'queued', 0, 0, 0, %s, 0)",
        (id or f"m-{owner}", owner),
    )


def lease_callback(connection: psycopg.Connection, owner: str) -> None:
    connection.execute(
        "INSERT INTO callbacks (id, client, url, type, verification_id, snapshot, created_at, "
        "state, tries, not_before, lease_owner, lease_until) "
        "VALUES (%s, '', '', '', '', '', 0, 'queued', 0, 0, %s, 0)",
        (f"c-{owner}", owner),
    )


def test_only_holders_without_a_connection_are_absent(postgresql_url: str) -> None:
    with process(postgresql_url, OWN) as connection, process(postgresql_url, ALIVE, NEGATIVE):
        for owner in (OWN, ALIVE, NEGATIVE, None, "not an owner"):
            lease_message(connection, owner)
        assert absent(connection) == set()
        lease_message(connection, GONE)
        assert absent(connection) == {GONE}
        connection.execute("UPDATE messages SET state = 'sent' WHERE lease_owner = %s", (GONE,))
        assert absent(connection) == set()
        lease_callback(connection, NEGATIVE)
        lease_callback(connection, GONE)
        assert absent(connection) == {GONE}


def test_a_holder_is_absent_once_its_connection_ends(postgresql_url: str) -> None:
    with process(postgresql_url, OWN) as connection:
        with process(postgresql_url, NEGATIVE):
            lease_message(connection, NEGATIVE)
            assert absent(connection) == set()
        wait_for(lambda: absent(connection) == {NEGATIVE})


def test_a_holder_need_not_wait_for_the_end_of_its_last_connection(postgresql_url: str) -> None:
    with process(postgresql_url, OWN) as connection:
        lease_message(connection, ALIVE)
        with process(postgresql_url, ALIVE) as last, process(postgresql_url, ALIVE):
            last.close()
            assert absent(connection) == set()


def test_locks_of_another_database_do_not_count(postgresql_url: str, empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        return
    with process(postgresql_url, OWN) as connection, process(empty_url, GONE):
        lease_message(connection, GONE)
        assert absent(connection) == {GONE}


def test_holders_of_the_newest_and_oldest_messages_of_a_long_queue_are_seen(
    postgresql_url: str,
) -> None:
    with process(postgresql_url, OWN) as connection:
        for number in range(2_100):
            lease_message(connection, None, id=f"m{number:05}")
        lease_message(connection, GONE, id="a")
        lease_message(connection, NEGATIVE, id="z")
        assert absent(connection) == {GONE, NEGATIVE}


def test_a_holder_is_lost_when_it_is_seen_absent_twice() -> None:
    absences = Absences(100)
    assert absences.lost({GONE}, AFTER_GRACE_S) == []
    assert absences.lost({GONE}, AFTER_GRACE_S + APART_S / 2) == []
    assert absences.lost({GONE, ALIVE}, AFTER_GRACE_S + LONG_S) == [GONE]
    assert absences.lost({GONE, ALIVE}, AFTER_GRACE_S + 2 * LONG_S) == [GONE, ALIVE]


def test_a_holder_that_returned_in_between_is_not_lost() -> None:
    absences = Absences(100)
    for number in range(10):
        now_s = AFTER_GRACE_S + number * LONG_S
        assert absences.lost({GONE} if number % 2 else {ALIVE}, now_s) == []


def test_absences_just_after_connecting_do_not_count() -> None:
    absences = Absences(100)
    assert absences.lost({GONE}, 100) == []
    assert absences.lost({GONE}, AFTER_GRACE_S - 0.01) == []
    assert absences.lost({GONE}, AFTER_GRACE_S) == []
    assert absences.lost({GONE}, AFTER_GRACE_S + LONG_S) == [GONE]
