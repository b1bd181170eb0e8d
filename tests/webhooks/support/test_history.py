"""Histories: what happened to a phone, in plain words with reasons."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot.records import Callback
from tests.harness.phone import PHONE, wrong_code
from tests.harness.running_service import running_service
from tests.harness.support_command import history_of, words
from webhooks.support.message_story import of_callback

UNREGISTERED, LANDLINE = "+12025550010", "+12025550001"


async def test_a_login_reads_as_it_happened(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        await phone.unread()
        service.clock.advance(4_000)
        await phone.text(wrong_code(code))
        await phone.unread()
        service.clock.advance(3_000)
        await phone.text(code)

        told = await history_of(service)

    assert words(told) == [
        "Opened: the phone texted LOGIN to +14155550100",
        "Code 1: sent and delivered",
        "Wrong code",
        "Texted “Textlogin: That is not the code. Tries left: 4.”: sent and delivered",
        "Approved after 7 s: the phone replied with the code (sms_reply), after 1 wrong code",
        "Texted “Textlogin: You are verified. Not you? Reply NO within 10 minutes.”: "
        "sent and delivered",
    ]
    assert "Wrong codes in 24 hours: 1 of 24" in told.state
    assert told.other_lines() == []


async def test_no_history_holds_a_code_or_an_unmasked_number(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()

        told = str(await history_of(service))
        revealed = await history_of(service, reveal=True)

    assert code not in told
    assert "4155550123" not in told
    assert revealed.phone == PHONE


async def test_a_text_that_telnyx_does_not_deliver_is_told_with_its_meaning_and_cure(
    sqlite_url: str,
) -> None:
    async with running_service(sqlite_url) as service:
        await service.phone(UNREGISTERED).text("LOGIN")
        told = await history_of(service, UNREGISTERED)
        await service.phone(LANDLINE).text("LOGIN")
        landline = await history_of(service, LANDLINE)

    (line,) = [one for one in words(told) if one.startswith("Code 1")]
    assert line.startswith("Code 1: sent, not delivered: Telnyx 40010: Your number is not")
    assert "Register a brand and a campaign" in line
    assert any(re.match("Code 1: .*not .*: Telnyx 4", one) for one in words(landline))
    assert words(landline)[-1] == "Failed: the code cannot be delivered to this phone"


async def test_locks_and_limits_say_when_they_end(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        for _ in range(5):
            await phone.text(wrong_code(code))

        told = await history_of(service)

    assert told.is_locked
    assert re.fullmatch(
        r"Replying by text is locked until .{20} \(another 15 min\): too many wrong codes",
        told.state[0],
    )
    assert told.state[-1].startswith("Codes asked for by text: 1 of 3 in 10 minutes, 1 of 5 in")
    assert told.state[-1].endswith("(resend_cooldown)")
    assert "Ended: 5 wrong codes, no tries left" in words(told)


async def test_who_asked_for_a_code_is_told(sqlite_url: str) -> None:
    """The question of a customer who never asked for one."""
    async with running_service(sqlite_url) as service:
        await service.web_app().open(
            method="sms",
            code_entry="page",
            phone_number=PHONE,
            requester={"ip": "203.0.113.7", "label": "Firefox, Windows"},
            reference="cart-42",
        )
        await service.idle()
        await service.phone().text("NO")

        told = await history_of(service)

    assert words(told)[0] == (
        "Opened: the web app shop asked for a code, for Firefox, Windows, "
        "from the address 203.0.113.7, reference cart-42"
    )
    assert "Denied: the phone answered NO" in words(told)
    assert told.state[0].startswith("Pages and web apps get no codes for it until ")
    assert told.state[0].endswith("or until it logs in by text: it answered NO")


async def test_an_opt_out_is_what_explains_the_silence(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("STOP")
        await service.idle()
        await service.web_app().create(method="sms", code_entry="page", phone_number=PHONE)

        told = await history_of(service)

    assert told.state[0].startswith("Opted out of texts from +14155550100 since ")
    assert told.state[0].endswith(": it must text START")
    assert words(told)[-1] == (
        "Failed: the phone has opted out, and gets no texts before it texts START"
    )


async def test_a_claimed_request_names_its_letters(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        ref = opened["login"]["ref"]
        await service.phone().text(f"LOGIN {ref}")

        told = await history_of(service)

    assert words(told)[:2] == [
        f"Opened: the web app shop showed the letters {ref}",
        f"Claimed: the phone texted LOGIN with the letters {ref}",
    ]


def test_a_callback_is_told_with_its_answer() -> None:
    callback = Callback(
        id="evt_1",
        client="shop",
        url="https://shop.example/hooks",
        type="verification.approved",
        verification_id="ver_1",
        snapshot="{}",
        created_at=0,
    )
    delivered = replace(callback, state="delivered", tries=1, answer="200 OK")
    later = replace(callback, tries=2, answer="503", not_before=1_800_000_000_000)
    failed = replace(callback, state="failed", tries=10, answer="no answer in 15 s")
    disabled = replace(callback, state="disabled", tries=1, answer="410 Gone")

    told = [of_callback(one).words for one in (callback, delivered, later, failed, disabled)]

    beginning = "Callback verification.approved to https://shop.example/hooks: "
    assert [one.removeprefix(beginning) for one in told] == [
        "waits to be sent",
        "delivered (200 OK, 1 try)",
        "503, 2 tries, next one at 2027-01-15 08:00:00Z",
        "given up after 10 tries: no answer in 15 s",
        "not sent: its URL answered 410 and is disabled",
    ]
