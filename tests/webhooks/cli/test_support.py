"""`textlogin show`, `stats`, `unlock` and `cancel` beside a running service."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import httpx

from tests.harness.eventually import PROCESS_PATIENCE_S
from tests.harness.phone import PHONE, wrong_code
from tests.harness.polls import etag, poll
from tests.harness.process import process
from tests.harness.running_service import RunningService, running_service
from tests.harness.service_process import service_process
from tests.harness.settings import SHOP, environment
from tests.harness.support_command import command, shown
from tests.harness.telnyx_server import telnyx_server


async def one_login(service: RunningService) -> None:
    phone = service.phone()
    await phone.text("LOGIN")
    await phone.text(await phone.code())
    await service.idle()


async def test_show_masks_the_number_until_it_is_asked_for(database_url: str) -> None:
    async with running_service(database_url) as service:
        await one_login(service)
        masked = await command(service, "show", PHONE)
        revealed = await command(service, "show", "(415) 555-0123", "--reveal")

    assert masked.status == revealed.status == 0
    assert masked.out.startswith("+1••••••0123, at ")
    assert PHONE not in masked.out + masked.err
    assert revealed.out.startswith(f"{PHONE}, at ")
    assert 'operator action=reveal phone=+1••••••0123 address="command line"' in revealed.err
    assert "Approved after" in masked.out


async def test_show_takes_a_verification_and_prints_json(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        await one_login(service)
        (of_phone,) = (await shown(service, PHONE))["verifications"]
        told = await shown(service, of_phone["id"])

    assert told["phone"] == "+1••••••0123"
    assert [one["status"] for one in told["verifications"]] == ["approved"]
    assert told["history"][0]["words"].startswith("Opened: the phone texted LOGIN")
    assert told["history"][0]["verification"] == of_phone["id"]


async def test_what_is_neither_known_nor_a_number_is_an_error(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        unknown = await command(service, "show", "ver_0")
        nonsense = await command(service, "show", "abc")
        empty = await command(service, "show", PHONE)
        never_seen = await command(service, "unlock", PHONE)

    assert (unknown.status, unknown.err) == (1, "There is no verification ver_0.\n")
    assert nonsense.status == 2
    assert "Nothing happened in the last 30 days." in empty.out
    assert never_seen.status == 1


async def test_stats_count_what_was_asked_sent_delivered_and_approved(database_url: str) -> None:
    async with running_service(database_url) as service:
        await one_login(service)
        await service.web_app().open()
        await service.phone("+12025550010").text("LOGIN")
        await service.idle()
        printed = await command(service, "stats", "--days", "1", "--price", "0.01")
        machine = await command(service, "stats", "--json")

    rows = json.loads(machine.out)
    assert [(row["region"], row["asked"]) for row in rows] == [("US", 2), ("-", 1)]
    us = rows[0]
    assert (us["sent"], us["delivered"], us["approved"], us["texts"]) == (2, 1, 1, 3)
    header, first, *_, last = printed.out.splitlines()
    assert header.split() == [
        *("day", "region", "asked", "sent", "delivered"),
        *("approved", "conversion", "texts", "cost"),
    ]
    assert first.split()[1:] == ["US", "2", "2", "1", "1", "50%", "3", "$0.03"]
    assert last.split()[1:] == ["all", "3", "2", "1", "1", "33%", "3", "$0.03"]


async def test_a_poll_of_the_service_sees_a_cancel_by_the_command(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        waiting = poll(service, opened["id"], await etag(service, opened["id"]))
        await service.until_waiting(1)

        result = await command(service, "cancel", opened["id"])
        again = await command(service, "cancel", opened["id"])

        assert (result.status, result.out) == (0, f"Canceled {opened['id']}.\n")
        assert (await waiting.done()).json["status"] == "canceled"
    assert again.status == 1
    assert "is over already: canceled" in again.err


async def test_unlock_lets_a_phone_reply_again(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        for _ in range(5):
            await phone.text(wrong_code(code))
        assert "is locked until" in (await command(service, "show", PHONE)).out

        unlocked = await command(service, "unlock", PHONE)

        assert unlocked.status == 0
        assert PHONE not in unlocked.out + unlocked.err
        assert "is locked until" not in (await command(service, "show", PHONE)).out


def test_a_poll_of_a_serving_process_sees_a_cancel_by_another_process(
    sqlite_url: str, tmp_path: Path
) -> None:
    """On SQLite, which tells no process what another one has written."""
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, sqlite_url, telnyx) as service,
        httpx.Client(
            base_url=service.url,
            headers={"Authorization": f"Bearer {SHOP.partition(':')[2]}"},
            timeout=PROCESS_PATIENCE_S,
        ) as http,
    ):
        opened = http.post("/v1/verifications", json={"method": "text"})
        id, tag = opened.json()["id"], opened.headers["etag"]
        given = environment(sqlite_url, telnyx.signer.public_key)
        with process("webhooks", "cancel", id, folder=tmp_path, environment=given) as child:
            ask = partial(http.get, f"/v1/verifications/{id}?wait=25")
            while (answer := ask(headers={"If-None-Match": tag})).status_code == 304:
                pass  # the command takes seconds to start
            assert child.ends() == 0

    assert answer.json()["status"] == "canceled"
