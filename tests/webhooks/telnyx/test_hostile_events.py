"""Generated events, signed by Telnyx: documented statuses, and the conversation's promises.

`--examples=1000` generates more of them, and different ones each time.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import codes
from bot.records import Verification
from tests.harness.generated_event import damaged, events, written
from tests.harness.generated_text import generated_texts
from tests.harness.held_service import HeldService, held_service
from tests.harness.settings import SECRET_KEY
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect

_FEW = settings.get_profile("requests")
_PER_CALL = 2
_SECRETS = codes.Secrets([SECRET_KEY])
#: Stands for the phone and for its code in what is generated.
_PHONE, _CODE = "+14150000000", "{code}"
_CARRIER_STOPS = {"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
_DOCUMENTED = {200, 400, 413}
#: What the phone has done before.
_BEFORE = st.sampled_from(["nothing", "login", "login", "page"])
_LIMITS = dict.fromkeys(("codes_per_day_total", "texts_per_day_total"), 1_000_000)
_turns = count()


@pytest.fixture(scope="module")
def held(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldService]:
    """One service for the events of this file; each has a phone of its own."""
    path = tmp_path_factory.mktemp("events") / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    url = f"sqlite:///{path}"
    with held_service(url, own_webhooks=True, fraud_guard="off", **_LIMITS) as held:
        yield held


def prepared(held: HeldService, before: str) -> tuple[str, str]:
    """A new phone with this past, and its live code (or one that nobody has)."""
    phone = f"+1415556{1_000 + next(_turns) % 9_000}"  # none that the stand-in treats specially
    if before == "login":
        assert held.run(held.service.post(text_event("LOGIN", phone))).status_code == 200
    elif before == "page":
        sms = {"method": "sms", "phone_number": phone}
        expect(held.run(held.service.web_app().ask("POST", json=sms)), 201)
    found = verifications(held, f"phone = '{phone}'")
    (code,) = [codes.code(_SECRETS, one) for one in found.values()] or ["271828"]
    return phone, code or "271828"


def verifications(held: HeldService, where: str = "1 = 1") -> dict[str, Verification]:
    rows = held.service.rows(f"SELECT * FROM verifications WHERE {where}")
    return {one.id: one for one in (Verification(*row) for row in rows)}


def digits_in(text: str) -> str:
    """Every decimal digit of any script, in order."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(one)) for one in plain if one.isdecimal())


def is_carrier_stop(event: Any) -> bool:
    """Whether Telnyx has blocked the phone because of this text."""
    payload = event["data"]["payload"]
    words, autoresponse = payload.get("text"), payload.get("autoresponse_type")
    return (isinstance(words, str) and words.strip().upper() in _CARRIER_STOPS) or (
        isinstance(autoresponse, str) and autoresponse.upper() == "STOP"
    )


def texts_to(held: HeldService, phone: str) -> int:
    return held.service.count("messages", f"phone = '{phone}'")


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(
    before=_BEFORE,
    body=damaged(events(_PHONE, generated_texts()).map(written)),
    again=st.booleans(),
)
def test_signed_events_have_documented_answers_and_only_a_code_approves(
    held: HeldService, before: str, body: bytes, again: bool
) -> None:
    phone, code = prepared(held, before)
    body = body.replace(_PHONE.encode(), phone.encode()).replace(_CODE.encode(), code.encode())
    known, said, then = verifications(held), texts_to(held, phone), held.settled()

    answer = held.run(held.service.post(body))

    assert answer.status_code in _DOCUMENTED, answer.text
    if answer.status_code != 200:
        assert held.settled() == then
        return
    event = json.loads(body)
    written_digits = digits_in(json.dumps(event, ensure_ascii=False))
    for one in verifications(held, "status = 'approved'").values():
        was = known.get(one.id)
        assert was is not None
        if was.status != "approved":
            assert (codes.code(_SECRETS, was) or "none") in written_digits
            assert one.phone == phone
    if event["data"]["event_type"] == "message.received" and is_carrier_stop(event):
        assert texts_to(held, phone) == said
    if again:
        then = held.settled()
        assert held.run(held.service.post(body)).status_code == 200
        assert held.settled() == then


@settings(_FEW, max_examples=_PER_CALL * _FEW.max_examples)
@given(before=_BEFORE, words=generated_texts())
def test_a_text_of_any_characters_is_accepted_and_answered_at_most_once(
    held: HeldService, before: str, words: str
) -> None:
    phone, code = prepared(held, before)
    said = texts_to(held, phone)
    body = text_event(words.replace(_CODE, code), phone)
    surrogates = any("\ud800" <= one <= "\udfff" for one in words)
    expected = {413} if len(body) > 64 * 1024 else {200, 400} if surrogates else {200}

    assert held.run(held.service.post(body)).status_code in expected

    held.run(held.service.idle())
    assert texts_to(held, phone) - said <= 1
    approved = verifications(held, f"phone = '{phone}' AND status = 'approved'")
    assert not approved or code in digits_in(words.replace(_CODE, code))


def test_texts_are_taken_after_all_that(held: HeldService) -> None:
    phone, code = prepared(held, "login")
    assert held.run(held.service.post(text_event(code, phone))).status_code == 200
    (login,) = verifications(held, f"phone = '{phone}'").values()
    assert login.status == "approved"
