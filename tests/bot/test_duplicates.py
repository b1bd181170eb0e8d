"""Duplicate texts: a phone recognises its last texts by either id."""

from bot import duplicates
from bot.commands import TextReceived
from bot.intents import Login
from bot.policy import REMEMBERED_TEXTS
from bot.records import Phone
from tests.harness.constants import NUMBER, PHONE, START_MS


def text(event_id: str, message_id: str) -> TextReceived:
    return TextReceived(event_id, message_id, PHONE, NUMBER, Login(), START_MS)


def after(phone: Phone, one: TextReceived) -> Phone:
    remembered = duplicates.remember(phone, one)
    assert remembered is not None
    return remembered


def test_a_text_is_known_by_either_of_its_ids() -> None:
    phone = after(Phone(PHONE), text("evt-1", "msg-1"))
    assert duplicates.remember(phone, text("evt-1", "msg-1")) is None
    assert duplicates.remember(phone, text("evt-1", "msg-2")) is None
    assert duplicates.remember(phone, text("evt-2", "msg-1")) is None
    assert duplicates.remember(phone, text("evt-2", "msg-2")) is not None


def test_only_the_last_texts_are_remembered() -> None:
    phone, texts = Phone(PHONE), [text(f"evt-{n}", f"msg-{n}") for n in range(100)]
    for one in texts:
        phone = after(phone, one)
    known = [one for one in texts if duplicates.remember(phone, one) is None]
    assert known == texts[-REMEMBERED_TEXTS:]
    assert len(phone.texts) == 16 * REMEMBERED_TEXTS
