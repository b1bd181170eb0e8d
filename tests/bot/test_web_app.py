"""A web app requests a verification, checks a code and redeems the approval."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bot.commands import Access, Redeemed
from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, NotFound
from bot.verification import may_see
from tests.harness.constants import (
    BRITISH_PHONE,
    HOUR_MS,
    MINUTE_MS,
    OTHER_APP,
    OTHER_NUMBER,
    PHONE,
    SECOND_MS,
    SHOP,
    START_MS,
)
from tests.harness.sent_texts import codes_in, kinds
from tests.harness.simulation import Simulation
from tests.harness.states import awaiting, page
from tests.harness.verifications import open_verification, status_and_reason


def test_the_right_code_does_not_approve_a_denied_verification() -> None:
    scenario = page()
    sim = scenario.sim
    (requested,) = sim.verifications()
    sim.text("NO")

    assert sim.check(requested.id, scenario.right_code) == AlreadyFinished("denied")


def test_a_check_without_a_live_code_is_refused_and_not_counted() -> None:
    scenario = page()
    sim = scenario.sim
    (requested,) = sim.verifications()
    sim.wait(5 * MINUTE_MS)

    assert sim.check(requested.id, scenario.right_code) == NoCode()
    assert sim.verifications()[0].attempts_left == sim.policy.max_attempts
    assert sim.check(sim.request().id, "123456") == NoCode()


@pytest.mark.parametrize("typed", ["", " ", "abc", "12345", "\x00", "1" * 64, "LOGIN", "STOP"])
def test_input_that_is_not_a_code_counts_as_a_wrong_code(typed: str) -> None:
    scenario = page()
    (requested,) = scenario.sim.verifications()

    outcome = scenario.sim.check(requested.id, typed)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.attempts_left) == ("pending", 4)


def test_a_code_may_be_typed_with_spaces_and_in_digits_of_any_script() -> None:
    for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"):
        scenario = page()
        (requested,) = scenario.sim.verifications()
        typed = scenario.right_code.translate(str.maketrans("0123456789", digits))

        outcome = scenario.sim.check(requested.id, f" {typed[:3]} {typed[3:]} ")

        assert isinstance(outcome, Found)
        assert outcome.verification.status == "approved"


def test_an_approval_can_be_redeemed_once() -> None:
    scenario = page()
    (requested,) = scenario.sim.verifications()
    assert scenario.sim.redeem(requested.id) == AlreadyFinished("pending", "not_approved")
    scenario.sim.check(requested.id, scenario.right_code)

    assert isinstance(scenario.sim.redeem(requested.id), Found)
    assert scenario.sim.redeem(requested.id) == AlreadyFinished("approved", "redeemed")


def test_an_approval_can_be_redeemed_for_fifteen_minutes() -> None:
    for wait, expected in ((15 * MINUTE_MS - 1, None), (15 * MINUTE_MS, "too_old")):
        scenario = page()
        (requested,) = scenario.sim.verifications()
        scenario.sim.check(requested.id, scenario.right_code)
        scenario.sim.wait(wait)

        outcome = scenario.sim.redeem(requested.id)

        assert getattr(outcome, "why", None) == expected


def test_another_web_apps_verification_is_not_found() -> None:
    scenario = page()
    sim = scenario.sim
    (requested,) = sim.verifications()

    answers = {
        type(sim.check(requested.id, scenario.right_code, client=OTHER_APP)),
        type(sim.redeem(requested.id, client=OTHER_APP)),
        type(sim.check("ver_none", scenario.right_code)),
        type(sim.redeem("ver_none")),
    }

    assert {answer.__name__ for answer in answers} == {"NotFound"}
    assert sim.verifications()[0].attempts_left == sim.policy.max_attempts


@pytest.mark.parametrize(
    ("reason", "phone", "prepare"),
    [
        ("opted_out", PHONE, lambda sim: sim.text("STOP")),
        ("region_not_allowed", BRITISH_PHONE, lambda sim: None),
    ],
)
def test_a_request_for_a_refused_phone_fails_at_once_and_sends_nothing(
    reason: str, phone: str, prepare: Callable[[Simulation], object]
) -> None:
    sim = Simulation()
    prepare(sim)
    sim.wait(61 * SECOND_MS)
    sent, codes = len(sim.sent), sim.phone(phone).codes_at

    outcome = sim.try_request("sms", phone)

    assert isinstance(outcome, Found)
    assert status_and_reason(outcome.verification) == f"failed:{reason}"
    assert (len(sim.sent), sim.phone(phone).codes_at) == (sent, codes)


def test_a_lock_by_text_does_not_stop_pages() -> None:
    sim = Simulation()
    sim.start_login()
    sim.reply_wrong(5)

    requested = sim.request("sms", PHONE)

    assert isinstance(sim.check(requested.id, sim.code_of(requested)), Found)
    assert sim.verification(requested.id).status == "approved"


def test_a_request_in_the_cooldown_sends_nothing_and_opens_nothing() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.wait(20 * SECOND_MS)
    sent, known = len(sim.sent), dict(sim.store.verifications)

    refused = sim.try_request("sms", PHONE, client=OTHER_APP)

    assert refused == Limited("resend_cooldown", START_MS + MINUTE_MS, sim.now)
    assert len(sim.sent) == sent
    assert sim.store.verifications == known


def test_stop_ends_a_request_for_a_phone_that_has_never_texted() -> None:
    sim = Simulation()
    requested = sim.request(phone=PHONE)
    sim.text("STOP")
    assert status_and_reason(sim.verification(requested.id)) == "failed:opted_out"


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_new_code_comes_from_the_number_that_was_texted(words: str) -> None:
    (sent,) = awaiting().sim.text(words, number=OTHER_NUMBER)
    assert (sent.kind, sent.number) == ("code", OTHER_NUMBER)


@pytest.mark.parametrize(
    ("origin", "times"), [("shop.example", 2), ("shop123456.example", 1), (None, 1)]
)
def test_an_origin_that_could_be_taken_for_the_code_is_left_out(
    origin: str | None, times: int
) -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE, origin=origin)
    assert kinds(sim.sent) == ["code_page"]
    assert codes_in(sim.sent[0].text) == [sim.code_of(requested)] * times


def test_a_poll_token_works_until_an_hour_after_the_end() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, sim.code_of(requested), client=None)
    sim.wait(HOUR_MS - 1)
    assert sim.cancel(requested.id, client=None) == AlreadyFinished("approved")

    sim.wait(1)
    assert sim.cancel(requested.id, client=None) == NotFound()
    assert sim.cancel(requested.id) == AlreadyFinished("approved")


def test_a_poll_token_works_until_an_hour_after_an_expiry_that_is_not_stored() -> None:
    pending, token = open_verification(), Access(None)
    end = pending.expires_at + HOUR_MS

    assert may_see(token, pending, end - 1)
    assert not may_see(token, pending, end)


def test_only_a_web_app_that_accepts_stand_alone_logins_can_redeem_one() -> None:
    sim = Simulation()
    approved = sim.complete_login()

    assert sim.carry_out(Redeemed(approved.id, Access(SHOP))) == [NotFound()]
    assert isinstance(sim.redeem(approved.id), Found)


def test_a_request_stays_open_for_thirty_minutes_at_most() -> None:
    sim = Simulation()

    assert sim.request(life=MINUTE_MS).expires_at == sim.now + MINUTE_MS
    assert sim.request(life=HOUR_MS).expires_at == sim.now + 30 * MINUTE_MS


def test_a_request_takes_the_first_ref_that_is_free() -> None:
    sim = Simulation()
    used = sim.request().ref or ""

    (outcome,) = sim.carry_out(replace(sim.request_command(), refs=(used, "BBBBBB", "CCCCCC")))

    assert isinstance(outcome, Found)
    assert outcome.verification.ref == "BBBBBB"
