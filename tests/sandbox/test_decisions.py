"""Decision events in words, as the log of the sandbox shows them."""

import pytest
from msgspec.structs import asdict

from bot.events import Approved, Denied, Event, Locked, Refused, WrongCode
from tests.harness.phone import PHONE
from webhooks.sandbox.decisions import describe

EIGHT = 1_800_000_000_000


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (WrongCode("ver_1", PHONE, "text", 4), f"Wrong code from {PHONE} by text: 4 tries left"),
        (WrongCode("ver_1", PHONE, "page", 1), f"Wrong code from {PHONE} on a page: 1 try left"),
        (
            Locked(PHONE, EIGHT),
            f"{PHONE} is locked until 2027-01-15T08:00:00.000Z: too many wrong codes by text",
        ),
        (
            Approved("ver_1", PHONE, "browser_code", 12_345),
            f"{PHONE} is verified after 12 s: the code was typed in the browser",
        ),
        (Denied("ver_1", PHONE, None), f"{PHONE} answered NO: its verification is denied"),
        (
            Denied("ver_1", PHONE, "repudiated"),
            f"{PHONE} answered NO: its approval is taken back",
        ),
        (
            Refused(PHONE, "text", "resend_cooldown", EIGHT),
            f"No code for {PHONE} by text until 2027-01-15T08:00:00.000Z: "
            "the limit is resend_cooldown",
        ),
    ],
)
def test_an_event_is_told_in_a_sentence(event: Event, words: str) -> None:
    assert describe(type(event).__name__, asdict(event)) == words


def test_an_event_of_another_shape_is_told_by_its_name_and_values() -> None:
    described = describe("CodeSent", {"phone": PHONE, "sent_at": 5})
    assert described == f"Code sent: phone {PHONE}, sent at 5"
    assert describe("Locked", {"phone": PHONE}) == f"Locked: phone {PHONE}"
