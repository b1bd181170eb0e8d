"""The log of the sandbox: what passed between the stand-in, the service and a web app."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import CallbackService, register, service_calling
from tests.harness.eventually import until
from tests.harness.phone import PHONE, wrong_code
from tests.harness.running_sandbox import NUMBER, WEBHOOK_URL, ClockInSeconds, running_sandbox
from webhooks.cli.demo import attach
from webhooks.sandbox.log import Log


def entries(log: Log, kind: str = "") -> list[dict[str, Any]]:
    """Those of one kind, or all."""
    found: list[dict[str, Any]] = log.after(0)["data"]
    return [entry for entry in found if kind in ("", entry["kind"])]


async def test_a_text_a_send_and_its_receipts_are_logged_with_their_detail() -> None:
    async with running_sandbox(503) as sandbox:
        await sandbox.text("LOGIN")
        webhooks = [await sandbox.webhook() for _ in range(2)]
        await sandbox.send(key="k1")
        await sandbox.webhook()
        await sandbox.webhook()
        log = sandbox.sandbox.log
        await until(lambda: len(entries(log, "receipt")) == 2)

        refused, accepted = entries(log, "webhook")
        assert refused["summary"] == "+12025550123 texts 'LOGIN', attempt 1: answered 503"
        assert (refused["answer"], accepted["answer"]) == ({"status": 503}, {"status": 200})
        assert (accepted["attempt"], accepted["url"]) == (2, WEBHOOK_URL)
        assert (accepted["headers"], accepted["body"]) == (webhooks[1].headers, webhooks[1].event)
        assert accepted["at"] == "2027-01-15T08:00:00.000Z"

        (request,) = entries(log, "request")
        assert request["summary"] == "A text to +12025550123: accepted, 200"
        assert (request["method"], request["path"]) == ("POST", "/sandbox/v2/messages")
        assert request["headers"]["idempotency-key"] == "k1"
        assert request["body"] == {"from": NUMBER, "to": "+12025550123", "text": "Hello"}
        assert request["answer"]["status"] == 200
        assert request["answer"]["body"]["data"]["text"] == "Hello"

        sent, final = entries(log, "receipt")
        assert sent["summary"] == "The text to +12025550123 was sent, attempt 1: answered 200"
        assert "was delivered" in final["summary"]


async def test_a_refused_send_is_logged_with_telnyxs_reason_but_no_api_key() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send("+12025550300")
        await sandbox.http.get("/sandbox/v2/nothing", headers={"Authorization": "Bearer secret"})
        await sandbox.http.post("/sandbox/v2/messages", content=b"\xff")
        refused, unknown, broken = entries(sandbox.sandbox.log)
        words = "A text to +12025550300: refused, 400 (40300 Blocked due to STOP message)"
        assert refused["summary"] == words
        assert unknown["summary"].startswith("GET /sandbox/v2/nothing: refused, 404 (10005")
        assert broken["answer"]["status"] == 401
        assert "secret" not in json.dumps(entries(sandbox.sandbox.log))


async def test_an_undelivered_text_and_an_unreachable_webhook_are_told_in_words() -> None:
    async with running_sandbox(ConnectionRefusedError()) as sandbox:
        await sandbox.text("LOGIN")
        await sandbox.webhook()
        await sandbox.webhook()
        await sandbox.send("+12025550001")
        log = sandbox.sandbox.log
        await until(lambda: len(entries(log, "receipt")) == 2)
        unreachable, failed = entries(log, "webhook")[0], entries(log, "receipt")[1]
        assert unreachable["answer"] == {"error": "ConnectionRefusedError"}
        assert "no answer (ConnectionRefusedError)" in unreachable["summary"]
        assert "could not be delivered (40001 Not routable)" in failed["summary"]


async def test_later_entries_are_read_with_the_next_id() -> None:
    async with running_sandbox() as sandbox:
        empty = (await sandbox.http.get("/sandbox/log")).json()
        assert empty == {"data": [], "next": 0}
        await sandbox.http.get("/sandbox/v2/one")
        first = (await sandbox.http.get("/sandbox/log?after=0")).json()
        await sandbox.http.get("/sandbox/v2/two")
        second = (await sandbox.http.get(f"/sandbox/log?after={first['next']}")).json()
        assert ["one" in entry["path"] for entry in first["data"]] == [True]
        assert ["two" in entry["path"] for entry in second["data"]] == [True]
        nothing = (await sandbox.http.get(f"/sandbox/log?after={second['next']}")).json()
        assert nothing == {"data": [], "next": second["next"]}


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "٣", "9" * 16])
async def test_an_after_that_is_no_id_is_refused(after: str) -> None:
    async with running_sandbox() as sandbox:
        refused = await sandbox.http.get("/sandbox/log", params={"after": after})
        assert (refused.status_code, refused.json()["errors"][0]["member"]) == (422, "after")


def test_only_the_newest_thousand_entries_are_kept() -> None:
    log = Log(ClockInSeconds())
    for number in range(1002):
        log.add("decision", str(number), at=0)
    kept = entries(log)
    assert [kept[0]["summary"], kept[-1]["summary"], len(kept)] == ["2", "1001", 1000]


def test_ids_grow_from_one_run_to_the_next() -> None:
    clock = ClockInSeconds()
    earlier = Log(clock)
    earlier.add("decision", "earlier", at=0)
    clock.now += 1
    later = Log(clock)
    later.add("decision", "later", at=0)
    assert [entry["summary"] for entry in later.after(earlier.after(0)["next"])["data"]] == [
        "later"
    ]


async def test_decisions_and_callbacks_are_logged_as_the_service_reports_them(
    sqlite_url: str,
) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        async with service_calling(sqlite_url, receiver, attach=attach) as service:
            await approve_at_the_second_try(service)
            got = await receiver.next()
            log = service.sandbox.log
            await until(lambda: len(entries(log, "callback")) == 1)

            (callback,) = entries(log, "callback")
            words = "verification.approved to the web app, attempt 1: answered 200"
            assert callback["summary"] == words
            assert (callback["url"], callback["body"]) == (receiver.url, got.event)
            assert callback["headers"]["webhook-signature"] == got.headers["webhook-signature"]
            assert abs(int(callback["headers"]["webhook-timestamp"]) - time.time()) < 300

            code, wrong, approved = entries(log, "decision")
            assert code["summary"] == f"A code for {PHONE}, to type on the page"
            assert code["fields"]["verification_id"] == got.event["data"]["id"]
            assert wrong["summary"] == f"Wrong code from {PHONE} on a page: 4 tries left"
            assert (wrong["event"], wrong["fields"]["attempts_left"]) == ("WrongCode", 4)
            assert approved["event"] == "Approved"


async def approve_at_the_second_try(service: CallbackService) -> None:
    asked = await service.shop().create(method="sms", phone_number=PHONE)
    code = await service.phone().code()
    await service.shop().check(asked["id"], wrong_code(code))
    await service.shop().check(asked["id"], code)


async def test_a_callback_without_an_answer_is_logged_as_such(sqlite_url: str) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        await receiver.close()
        async with service_calling(sqlite_url, receiver, attach=attach) as service:
            await service.open_and_cancel()
            log = service.sandbox.log
            await until(lambda: len(entries(log, "callback")) == 1)
            (callback,) = entries(log, "callback")
            assert "no answer (ClientConnectorError)" in callback["summary"]
            assert callback["answer"] == {"error": "ClientConnectorError"}


async def test_a_call_that_waits_is_answered_by_the_next_entry() -> None:
    async with running_sandbox() as sandbox:
        known = sandbox.sandbox.log.after(0)["next"]
        waiting = asyncio.create_task(sandbox.http.get(f"/sandbox/log?after={known}&wait=25"))
        await until(lambda: sandbox.sandbox.log.waiting == 1)
        await sandbox.http.get("/sandbox/v2/one")
        (entry,) = (await waiting).json()["data"]
        assert "one" in entry["path"]


async def test_a_call_that_waits_is_answered_when_the_demo_stops() -> None:
    async with running_sandbox() as sandbox:
        waiting = asyncio.create_task(sandbox.http.get("/sandbox/log?wait=25"))
        await until(lambda: sandbox.sandbox.log.waiting == 1)
        await sandbox.sandbox.stop()
        assert (await waiting).json()["data"] == []
        assert (await sandbox.http.get("/sandbox/log?wait=25")).json()["data"] == []


async def test_a_call_that_need_not_wait_is_answered_at_once() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.http.get("/sandbox/v2/one")
        assert len((await sandbox.http.get("/sandbox/log?wait=25")).json()["data"]) == 1
        assert sandbox.sandbox.log.waiting == 0


@pytest.mark.parametrize("wait", ["", "x", "-1", "1.5", "99999"])
async def test_a_wait_that_is_no_number_of_seconds_is_refused(wait: str) -> None:
    async with running_sandbox() as sandbox:
        refused = await sandbox.http.get("/sandbox/log", params={"wait": wait})
        assert (refused.status_code, refused.json()["errors"][0]["member"]) == (422, "wait")


async def test_an_entry_has_the_body_as_it_was_sent_so_that_its_signature_holds() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text("¿LOGIN?")
        posted = await sandbox.webhook()
        await until(lambda: len(entries(sandbox.sandbox.log)) == 1)
        (entry,) = entries(sandbox.sandbox.log)
        assert entry["raw"].encode() == posted.body
