"""A web app or a page asks for another code."""

from __future__ import annotations

from bot.commands import Access, ResendRequested
from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, NotFound
from bot.policy import LONGEST_LIFE_MS
from tests.harness.constants import (
    ADDRESS,
    HOUR_MS,
    MINUTE_MS,
    OTHER_ADDRESS,
    OTHER_APP,
    OTHER_PHONE,
    PHONE,
    SHOP,
)
from tests.harness.decisions import rows_written
from tests.harness.requests import request_and_cancel, request_and_claim, request_sms
from tests.harness.sent_texts import code_in, wrong_code
from tests.harness.simulation import Simulation


def test_a_resend_makes_a_new_code_and_keeps_the_attempts() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    old = sim.code_of(requested)
    sim.check(requested.id, wrong_code(old))
    sim.wait(MINUTE_MS)

    outcome = sim.resend(requested.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.attempts_left, outcome.verification.codes) == (4, 2)
    new = code_in(sim.sent[-1].text)
    assert new == sim.code_of(requested) != old
    sim.check(requested.id, old)
    assert sim.verification(requested.id).attempts_left == 3
    sim.check(requested.id, new)
    assert sim.verification(requested.id).status == "approved"


def test_a_resend_in_the_cooldown_says_until_when_and_changes_nothing() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    sim.wait(MINUTE_MS - 1)

    (decision,) = sim.decide(ResendRequested(requested.id, Access(SHOP), ADDRESS))
    assert decision.outcome == Limited("resend_cooldown", sim.now + 1, sim.now)
    assert rows_written(decision) == []
    sim.wait(1)
    assert isinstance(sim.resend(requested.id), Found)


def test_a_resend_needs_a_phone_that_has_claimed_the_request() -> None:
    sim = Simulation()
    for opened in (sim.request(), sim.request(phone=PHONE)):
        assert sim.resend(opened.id) == NoCode()
        assert sim.sent == []


def test_a_resend_revives_a_request_whose_code_is_dead() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    sim.wait(5 * MINUTE_MS)
    assert sim.verification(requested.id).awaiting == "login"

    sim.resend(requested.id)

    again = sim.verification(requested.id)
    assert again.awaiting == "code"
    sim.check(requested.id, sim.code_of(requested))
    assert sim.verification(requested.id).status == "approved"


def test_resends_keep_a_request_open_for_thirty_minutes_at_most() -> None:
    sim = Simulation(codes_per_10_min=100, codes_per_hour=100, codes_per_day=100, fraud_guard="off")
    requested = request_sms(sim)
    for _ in range(29):
        sim.wait(MINUTE_MS)
        assert isinstance(sim.resend(requested.id), Found)
    assert sim.verification(requested.id).expires_at == requested.created_at + LONGEST_LIFE_MS
    sim.wait(MINUTE_MS)
    assert sim.resend(requested.id) == AlreadyFinished("expired")


def test_a_resend_is_refused_while_a_newer_login_awaits_the_reply() -> None:
    sim = Simulation()
    older = request_and_claim(sim)
    sim.wait(6 * MINUTE_MS)
    sim.start_login()  # the older request's code is dead: this login awaits the reply now
    sim.wait(MINUTE_MS)

    assert sim.resend(older.id) == NoCode()
    assert sum(one.awaiting == "code" for one in sim.verifications()) == 1


def test_a_resend_of_a_finished_verification_returns_its_status() -> None:
    sim = Simulation()
    requested = request_and_cancel(sim)
    expired = sim.request()
    sim.wait(MINUTE_MS)
    assert sim.resend(requested.id) == AlreadyFinished("canceled")
    sim.wait(14 * MINUTE_MS)
    assert sim.resend(expired.id) == AlreadyFinished("expired")


def test_another_web_apps_verification_can_be_neither_resent_nor_canceled() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    sim.wait(MINUTE_MS)
    for id, client in ((requested.id, OTHER_APP), ("ver_unknown", SHOP), ("ver_unknown", None)):
        assert sim.resend(id, client) == NotFound()
        assert sim.cancel(id, client) == NotFound()

    assert sim.verification(requested.id) == requested


def test_a_client_address_gets_a_limited_number_of_codes_an_hour() -> None:
    sim = Simulation(codes_per_ip_hour=2, resend_cooldown_ms=0)
    requested = request_sms(sim, address=ADDRESS)
    assert isinstance(sim.resend(requested.id, None, ADDRESS), Found)
    first = sim.now
    sim.wait(MINUTE_MS)

    limited = Limited("codes_per_ip_hour", first + HOUR_MS, sim.now)
    assert sim.resend(requested.id, None, ADDRESS) == limited
    assert sim.try_request("sms", OTHER_PHONE, address=ADDRESS) == limited
    assert isinstance(sim.resend(requested.id, None, OTHER_ADDRESS), Found)
    assert isinstance(sim.try_request("sms", OTHER_PHONE), Found)
    sim.wait(HOUR_MS)
    assert isinstance(sim.try_request("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_code_that_the_phones_limits_refuse_is_not_counted_on_the_address() -> None:
    sim = Simulation(codes_per_ip_hour=2)
    request_sms(sim, address=ADDRESS)
    for _ in range(5):
        assert isinstance(sim.try_request("sms", PHONE, address=ADDRESS), Limited)

    assert isinstance(sim.try_request("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_request_by_text_is_not_counted_on_the_address() -> None:
    sim = Simulation(codes_per_ip_hour=1)
    for _ in range(3):
        sim.request(address=ADDRESS)

    assert sim.store.addresses == {}
