"""Logins at every stage, of which an attacker knows all that is no credential."""

from __future__ import annotations

from dataclasses import dataclass

from tests.harness.held_service import HeldService, State
from tests.harness.person import Person
from tests.harness.phone import OTHER_PHONE, PHONE, code_in
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import text_event

_THIRD, _OPTED_OUT = "+14155550125", "+14155550126"


@dataclass(frozen=True)
class KnownLogins:
    """A service with logins at every stage; an attacker knows all ids, letters and codes."""

    held: HeldService
    ids: list[str]
    words: list[str]
    codes: list[str]
    bearers: list[bytes]
    cookies: list[bytes]
    state: State

    def holds_still(self) -> None:
        assert self.held.settled() == self.state


async def known_logins(held: HeldService) -> KnownLogins:
    """Logins that wait for letters, a reply, a typed code; one is approved, one phone opted out."""
    service, shop = held.service, held.service.web_app()
    waiting = await shop.open()
    claimed = await shop.open()
    typed = await shop.create(method="sms", phone_number=OTHER_PHONE)
    done = await shop.create(method="sms", phone_number=_THIRD)
    for words, phone in ((claimed["login"]["text"], PHONE), ("STOP", _OPTED_OUT)):
        assert (await service.post(text_event(words, phone))).status_code == 200
    codes = [await service.phone(one).code() for one in (PHONE, OTHER_PHONE, _THIRD)]
    await shop.check(done["id"], codes[2])
    browser = Person(service)
    async with browser.http:
        await browser.enter("+14155550127")
        cookie = browser.http.cookies["__Host-textlogin"]
    codes.append(code_in(await service.phone("+14155550127").reads()))
    objects = [waiting, claimed, typed, done]
    tokens = [one["poll_token"].encode() for one in objects]
    await service.idle()
    return KnownLogins(
        held,
        ids=[one["id"] for one in objects],
        words=[waiting["login"]["text"], claimed["login"]["text"], waiting["login"]["ref"]],
        codes=codes,
        bearers=[SHOP.partition(":")[2].encode(), *tokens],
        cookies=[cookie.encode()],
        state=held.state(),
    )
