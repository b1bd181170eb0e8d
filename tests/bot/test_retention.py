"""What is older than the retention and what is not."""

from msgspec import Struct
from msgspec.structs import replace

from bot.duplicates import remember
from bot.records import (
    DAY_MS,
    NEVER,
    Address,
    Callback,
    Guard,
    IdempotentRequest,
    Message,
    Phone,
    Usage,
    WebhookEvent,
)
from bot.retention import rest
from tests.harness.running_writer import text
from tests.harness.verifications import open_verification

NOW = 1_800_000_000_000
BEFORE = NOW - 30 * DAY_MS
OLD, YOUNG = BEFORE - 1, BEFORE
OVER = open_verification(created_at=OLD - 2000, expires_at=OLD - 1000)
ENDED = replace(OVER, client="shop", status="approved", seed=None, completed_at=OLD)
MESSAGE = Message(
    "msg_1", "+14155550123", "+14155550100", "code", "en", "{}", OLD, OLD, state="sent"
)
CALLBACK = Callback("evt_1", "shop", "https://x", "t", "ver_1", "{}", OLD, state="delivered")
PHONE = Phone("+14155550123")


def is_deleted(record: Struct) -> bool:
    return rest(record, BEFORE, NOW) is None


def test_what_is_over_is_deleted() -> None:
    over: list[Struct] = [
        ENDED,
        replace(OVER, client=None),  # a stand-alone login that nobody finished
        MESSAGE,
        CALLBACK,
        WebhookEvent("e", "receipt", None, None, None, None, OLD),
        IdempotentRequest("shop k", "f", "ver_1", OLD),
        Address("203.0.113.9", f"{OLD - 5},{OLD}"),
        Guard("prefix +1415555", str(OLD), str(OLD), ""),
        Guard("address 203.0.113.9", "", "", f"US:{OLD},CA:{OLD}"),
        Usage(OLD // 3_600_000 - 1),
        replace(PHONE, codes_at=str(OLD), locale="fr", cooldown_until=OLD),
        remember(PHONE, text(), OLD, 1000) or PHONE,
    ]

    assert [one for one in over if not is_deleted(one)] == []


def test_what_is_young_open_or_not_sent_stays() -> None:
    stays: list[Struct] = [
        replace(ENDED, completed_at=YOUNG),
        replace(ENDED, redeemed_at=YOUNG),
        replace(ENDED, repudiated_at=YOUNG),
        replace(OVER, client="shop"),  # a sweep ends it first and tells its web app
        replace(OVER, client=None, expires_at=YOUNG),
        replace(MESSAGE, state="queued"),
        replace(MESSAGE, created_at=YOUNG),
        replace(CALLBACK, state="queued"),
        replace(CALLBACK, created_at=YOUNG),
        WebhookEvent("e", "receipt", None, None, None, None, YOUNG),
        IdempotentRequest("shop k", "f", "ver_1", YOUNG),
        Address("203.0.113.9", f"{OLD},{YOUNG}"),
        Guard("prefix +1415555", f"{OLD},{YOUNG}", str(OLD), ""),
        Guard("address 203.0.113.9", "", "", f"US:{OLD},CA:{YOUNG}"),
        Usage(YOUNG // 3_600_000),
        replace(PHONE, codes_at=str(OLD), replies_at=f"{OLD},{YOUNG}"),
        remember(PHONE, text(), YOUNG, 1000) or PHONE,
    ]

    assert [one for one in stays if rest(one, BEFORE, NOW) != one] == []


def test_of_an_old_phone_only_the_wrong_codes_in_a_row_and_its_closed_door_stay() -> None:
    old = replace(PHONE, codes_at=str(OLD), wrong_at=str(OLD), locale="fr")

    assert rest(replace(old, wrong_in_a_row=7), BEFORE, NOW) == replace(PHONE, wrong_in_a_row=7)
    closed = replace(PHONE, wrong_in_a_row=100, page_closed_until=NEVER)
    assert rest(replace(old, wrong_in_a_row=100, page_closed_until=NEVER), BEFORE, NOW) == closed
    assert rest(replace(old, page_closed_until=NOW), BEFORE, NOW) is None
    assert rest(closed, BEFORE, NOW) == closed
