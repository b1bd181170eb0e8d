"""The demo's clock: moved forward by a request, saved with the database, never set back."""

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.harness.clock import Clock
from tests.harness.running_sandbox import PHONE, running_sandbox
from webhooks.sandbox import DemoClock, OffsetTable

MONTH_S = 31 * 24 * 60 * 60


def database(folder: Path) -> Path:
    """An existing SQLite file."""
    path = folder / "demo.db"
    sqlite3.connect(path).close()
    return path


async def test_the_clock_is_read_and_moved_forward() -> None:
    async with running_sandbox() as sandbox:
        read = await sandbox.http.get("/sandbox/clock")
        moved = await sandbox.advance(90)
        again = await sandbox.advance(MONTH_S)
        assert (read.status_code, read.json()) == (
            200,
            {"now": "2027-01-15T08:00:00.000Z", "offset": 0},
        )
        assert (moved.status_code, moved.json()) == (
            200,
            {"now": "2027-01-15T08:01:30.000Z", "offset": 90},
        )
        assert again.json()["offset"] == MONTH_S + 90
        assert (await sandbox.http.get("/sandbox/clock")).json() == again.json()


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"advance": 0}, "advance"),
        ({"advance": -1}, "advance"),
        ({"advance": 1.5}, "advance"),
        ({"advance": True}, "advance"),
        ({"advance": "60"}, "advance"),
        ({"advance": None}, "advance"),
        ({"advance": MONTH_S + 1}, "advance"),
        ({"advance": 10**30}, "advance"),
        ({}, "advance"),
        ({"advance": 60, "set": 1}, "set"),
        ([60], ""),
    ],
)
async def test_a_bad_advance_is_refused_by_name_and_moves_nothing(body: Any, member: str) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.post("/sandbox/clock", json=body)
        assert response.status_code == 422
        assert response.json()["type"] == "urn:textlogin:problem:invalid"
        assert [error["member"] for error in response.json()["errors"]] == [member]
        assert (await sandbox.http.get("/sandbox/clock")).json()["offset"] == 0


@pytest.mark.parametrize(
    ("method", "content", "status"),
    [("POST", b"{", 400), ("POST", b" " * 20_000, 413), ("PUT", b"{}", 405), ("DELETE", b"", 405)],
)
async def test_what_is_no_advance_is_a_problem(method: str, content: bytes, status: int) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.request(method, "/sandbox/clock", content=content)
        assert response.status_code == response.json()["status"] == status


async def test_messages_show_the_demos_time_and_webhooks_the_real_one() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.advance(3600)
        await sandbox.send()
        (message,) = await sandbox.texts_to(PHONE)
        sent = await sandbox.webhook()
        assert message["created_at"] == "2027-01-15T09:00:00.000Z"
        assert sent.event["data"]["occurred_at"] == "2027-01-15T08:00:00.000Z"
        assert sent.payload["received_at"] == "2027-01-15T08:00:00.000Z"
        assert sent.headers["telnyx-timestamp"] == str(int(sandbox.clock.now))


async def test_a_clock_that_cannot_be_saved_is_unavailable_and_does_not_move(
    tmp_path: Path,
) -> None:
    table = OffsetTable(tmp_path / "deleted.db")
    async with running_sandbox(save=table.save) as sandbox:
        refused = await sandbox.advance(60)
        assert (refused.status_code, refused.json()["type"]) == (
            503,
            "urn:textlogin:problem:unavailable",
        )
        assert (await sandbox.http.get("/sandbox/clock")).json()["offset"] == 0
    assert os.listdir(tmp_path) == []


async def test_an_offset_is_saved_before_the_clock_moves() -> None:
    times = []
    clock = DemoClock(Clock(), save=lambda _: times.append(clock()))
    before = clock()
    clock.subscribe(lambda: times.append(clock()))
    await clock.advance(1)
    assert times == [before, before + 1000]


def test_the_demos_clock_never_goes_back() -> None:
    real = Clock()
    clock = DemoClock(real)
    clock.resume(60_000)
    assert (clock(), clock.wall()) == (real.now + 60_000, real.now)
    assert clock.not_before(0) == clock()
    assert clock.not_before(clock() + 5) == real.now + 60_005


def test_the_offset_is_kept_in_the_database_and_goes_with_it(tmp_path: Path) -> None:
    path = database(tmp_path)
    assert OffsetTable(path).load() == 0
    OffsetTable(path).save(5_000)
    OffsetTable(path).save(7_000)
    assert OffsetTable(path).load() == 7_000
    path.unlink()
    assert OffsetTable(database(tmp_path)).load() == 0


def test_an_offset_can_be_saved_while_the_database_is_written(tmp_path: Path) -> None:
    path = database(tmp_path)
    table = OffsetTable(path)
    table.load()
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        saving = threading.Thread(target=table.save, args=(1_000,))
        saving.start()
        other.rollback()
        saving.join()
    assert table.load() == 1_000
