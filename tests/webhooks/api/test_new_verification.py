"""The members of a new verification: requester, expires_in, locale, reference."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import PHONE
from tests.harness.problems import invalid_members
from tests.harness.running_service import running_service
from tests.harness.web_app import expect


def open_for(shown: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(shown["created_at"])


async def test_a_text_names_the_requester(database_url: str) -> None:
    requester = {"label": "Chrome, Paris"}
    async with running_service(database_url, resend_cooldown=0) as service:
        phone, shop = service.phone(), service.web_app()
        replied = await shop.open(requester=requester)
        await phone.text(replied["login"]["text"])
        assert " is your code for Chrome, Paris, " in await phone.reads()
        typed = await shop.open(requester=requester, code_entry="page")
        await phone.text(typed["login"]["text"])
        assert " is your code for Chrome, Paris, " in await phone.reads()
        await shop.create(method="sms", phone_number=PHONE, requester=requester)
        assert " is your code for Chrome, Paris, " in await phone.reads()


@pytest.mark.parametrize("label", ["Zoé-Maria, 12 bis", "x" * 24, "1 23 456", "Ärzte", "-"])
async def test_a_label_that_a_text_can_carry_is_accepted(sqlite_url: str, label: str) -> None:
    async with running_service(sqlite_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(requester={"label": label})
        await phone.text(opened["login"]["text"])
        assert label in await phone.reads()


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("pin 1234 https://evil.example/", "is your code for pin https evil example, "),
        ('"NO"\n@x.example #123456', "is your code for NO x example, "),
        ("x" * 5000, f"is your code for {'x' * 24}, "),
        ("浏览器 ١٢٣٤", "is your code, "),
        ("", "is your code, "),
    ],
)
async def test_a_label_that_could_mislead_is_made_safe(
    sqlite_url: str, label: str, words: str
) -> None:
    async with running_service(sqlite_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(requester={"label": label})
        await phone.text(opened["login"]["text"])
        assert words in await phone.reads()


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"requester": {"ip": "not an address"}}, "requester.ip"),
        ({"requester": {"ip": "203.0.113.9/32"}}, "requester.ip"),
        ({"requester": {"ip": "203.0.113.999"}}, "requester.ip"),
        ({"requester": {"name": "Chrome"}}, "requester.name"),
        ({"requester": "Chrome"}, "requester"),
        ({"expires_in": 59}, "expires_in"),
        ({"expires_in": 1801}, "expires_in"),
        ({"expires_in": 60.5}, "expires_in"),
        ({"expires_in": "60"}, "expires_in"),
        ({"expires_in": True}, "expires_in"),
        ({"locale": "e"}, "locale"),
        ({"locale": "en_US"}, "locale"),
        ({"locale": "english language"}, "locale"),
        ({"reference": "x" * 129}, "reference"),
        ({"reference": "a\nb"}, "reference"),
        ({"reference": 42}, "reference"),
        ({"refs": ["KTQMWX"]}, "refs"),
    ],
)
async def test_an_invalid_member_is_named(
    sqlite_url: str, members: dict[str, Any], member: str
) -> None:
    async with running_service(sqlite_url) as service:
        response = await service.web_app().ask("POST", json={"method": "text"} | members)
        assert invalid_members(response) == {member}


async def test_every_invalid_member_is_named(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        members = {"method": "text", "expires_in": 0, "requester": {"ip": "x", "label": 1234}}
        response = await service.web_app().ask("POST", json=members)
        assert invalid_members(response) == {"expires_in", "requester.ip", "requester.label"}


@pytest.mark.parametrize("seconds", [60, 900, 1800])
async def test_a_verification_stays_open_for_expires_in_seconds(
    database_url: str, seconds: int
) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open(expires_in=seconds)
        assert open_for(opened) == timedelta(seconds=seconds)
        service.clock.advance(seconds * 1000 - 1)
        assert (await shop.show(opened["id"]))["status"] == "pending"
        service.clock.advance(1)
        ended = await shop.show(opened["id"])
        assert (ended["status"], ended["awaiting"]) == ("expired", None)
        assert ended["completed_at"] == ended["expires_at"]


async def test_a_code_extends_a_short_verification_to_its_own_end(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(expires_in=60)
        service.clock.advance(30_000)
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        claimed = await shop.show(opened["id"])
        assert claimed["expires_at"] == claimed["code_expires_at"]
        assert open_for(claimed) == timedelta(seconds=330)
        service.clock.advance(5 * MINUTE_MS - 1)
        assert expect(await shop.check(opened["id"], code), 200)["status"] == "approved"


async def test_without_expires_in_the_setting_decides(sqlite_url: str) -> None:
    async with running_service(sqlite_url, code_ttl=60, verification_ttl=120) as service:
        assert open_for(await service.web_app().open()) == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("fr", "est votre code"),
        ("DE-at", "ist Ihr Code"),
        *((locale, "is your code") for locale in ("en", "EN-us", "zh-Hant-TW", "xx", None)),
    ],
)
async def test_a_code_is_in_the_language_of_the_locale_or_in_english(
    sqlite_url: str, locale: str | None, words: str
) -> None:
    async with running_service(sqlite_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(locale=locale)
        await phone.text(opened["login"]["text"])
        assert words in await phone.reads()


async def test_a_reference_is_returned_and_is_in_no_text(database_url: str) -> None:
    reference = "cart 42 – für Zoë " + "€" * 110
    assert len(reference) == 128
    async with running_service(database_url, resend_cooldown=0) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(reference=reference)
        assert opened["reference"] == reference
        await phone.text(opened["login"]["text"])
        expect(await shop.resend(opened["id"]), 200)
        sent = await shop.create(method="sms", phone_number=PHONE, reference=reference)
        assert sent["reference"] == (await shop.show(opened["id"]))["reference"] == reference
        texts = await phone.unread()
        assert len(texts) == 3
        assert not any("cart" in text or "€" in text for text in texts)
