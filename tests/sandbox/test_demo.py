"""The demo as a process: its clock is moved while it serves, and kept when it is restarted."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.harness.callback_receiver import callback_receiver
from tests.harness.demo_process import Demo, demo_process
from tests.harness.eventually import wait_for
from tests.harness.running_sandbox import Webhook

#: Far less than a poll with `wait=25` is held.
_SOON_S = 10
#: As long as Telnyx's signatures are good.
_SIGNED_S = 300


def offset(demo: Demo) -> int:
    return int(demo.call("GET", "/sandbox/clock")["offset"])


def test_an_advance_expires_what_is_waited_for_and_a_new_login_works(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo, ThreadPoolExecutor() as threads:
        opened = demo.call("POST", "/v1/verifications", {"method": "text"})
        path = f"/v1/verifications/{opened['id']}"
        poll = threads.submit(demo.call, "GET", f"{path}?wait=25")
        with demo.http.stream("GET", f"{path}/events") as stream:
            lines = stream.iter_lines()
            events = (json.loads(line[6:]) for line in lines if line.startswith("data: "))
            assert next(events)["status"] == "pending"
            advanced_at = time.monotonic()
            demo.advance(901)
            assert next(events)["status"] == "expired"
        assert poll.result()["status"] == "expired"
        assert time.monotonic() - advanced_at < _SOON_S

        demo.text("LOGIN")
        demo.text(demo.code(1))
        assert "You are verified" in demo.reads(2)
        (login,) = demo.call("GET", "/v1/verifications?phone_number=%2B14155550123")["data"]
        assert login["created_at"] > opened["expires_at"]


def test_a_code_a_cooldown_and_a_lock_pass_with_the_clock(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo:
        demo.text("LOGIN")
        code = demo.code(1)
        demo.advance(301)
        demo.text(code)
        assert "no longer good" in demo.reads(2)
        demo.text("RESEND")
        wrong = str((int(demo.code(3)) + 1) % 10**6).zfill(6)
        for number in range(4, 9):
            demo.text(wrong)
            demo.reads(number)
        demo.advance(901)
        demo.text("LOGIN")
        demo.text(demo.code(9))
        assert "You are verified" in demo.reads(10)


def test_the_demo_knows_its_own_address(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo:
        (server,) = demo.call("GET", "/openapi.json")["servers"]
        url = str(demo.http.base_url).rstrip("/")
        assert server["url"] == url
        assert f"textlogin phone --url {url}\n" in demo.child.output


def test_the_log_tells_what_passed_in_a_login(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo:
        demo.text("LOGIN")
        code = demo.code(1)
        demo.text(str((int(code) + 1) % 10**6).zfill(6))
        demo.reads(2)
        first = demo.call("GET", "/sandbox/log")
        demo.text(code)
        demo.reads(3)
        second = wait_for(lambda: with_decision(demo, first["next"]))
        kinds = {entry["kind"] for entry in first["data"]}
        assert {"webhook", "request", "decision"} <= kinds
        assert any("4 tries left" in entry["summary"] for entry in first["data"])
        assert any("is verified" in entry["summary"] for entry in second)
        assert min(entry["id"] for entry in second) > first["next"]


def with_decision(demo: Demo, after: int) -> list[dict[str, Any]]:
    """The later entries, once a decision is among them."""
    entries: list[dict[str, Any]] = demo.call("GET", f"/sandbox/log?after={after}")["data"]
    return entries if any(entry["kind"] == "decision" for entry in entries) else []


async def test_webhooks_go_to_another_app_with_the_key_that_is_printed(tmp_path: Path) -> None:
    async with callback_receiver() as other:
        with demo_process(tmp_path, "--webhook-url", other.url) as demo:
            (key,) = [line.split()[-1] for line in demo.child.lines if "TELNYX_PUBLIC_KEY" in line]
            await asyncio.to_thread(demo.advance, 3600)
            await asyncio.to_thread(demo.text, "LOGIN")
            received = await other.next()
            webhook = Webhook(other.url, received.body, received.headers)
            webhook.verify(key)
            assert webhook.event["meta"] == {"attempt": 1, "delivered_to": other.url}
            assert webhook.payload["text"] == "LOGIN"
            assert abs(int(webhook.headers["telnyx-timestamp"]) - time.time()) < _SIGNED_S
            found = await asyncio.to_thread(
                demo.call, "GET", "/v1/verifications?phone_number=%2B14155550123"
            )
            assert found["data"] == []


def test_a_restarted_demo_keeps_its_clock_until_its_database_is_deleted(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo:
        demo.advance(60)
        demo.advance(3600)
        stopped_at = demo.call("GET", "/sandbox/clock")["now"]
        demo.stop()
    with demo_process(tmp_path) as demo:
        assert offset(demo) == 3660
        assert demo.call("GET", "/sandbox/clock")["now"] > stopped_at
        demo.stop()
    for file in tmp_path.glob("textlogin-demo.db*"):
        file.unlink()
    with demo_process(tmp_path) as demo:
        assert offset(demo) == 0
