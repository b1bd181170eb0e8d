"""Another code, asked for in the browser."""

from __future__ import annotations

from bot.commands import (
    Access,
    ResendRequested,
)
from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, NotFound
from bot.policy import LONGEST_LIFE_MS
from tests.harness.requests import ADDRESS, canceled, claimed, sms
from tests.harness.simulation import (
    HOUR_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SHOP,
    Simulation,
    code_in,
    written,
    wrong,
)


def test_a_resend_makes_a_new_code_and_keeps_the_tries() -> None:
    sim = Simulation()
    asked = sms(sim)
    old = sim.code_of(asked)
    sim.check(asked.id, wrong(old))
    sim.wait(MINUTE_MS)

    outcome = sim.resend(asked.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.attempts_left, outcome.verification.codes) == (4, 2)
    new = code_in(sim.sent[-1].text)
    assert new == sim.code_of(asked) != old
    sim.check(asked.id, old)
    assert sim.verification(asked.id).attempts_left == 3
    sim.check(asked.id, new)
    assert sim.verification(asked.id).status == "approved"


def test_a_resend_in_the_cooldown_says_until_when_and_changes_nothing() -> None:
    sim = Simulation()
    asked = sms(sim)
    sim.wait(MINUTE_MS - 1)

    (decision,) = sim.decide(ResendRequested(asked.id, Access(SHOP), ADDRESS))
    assert decision.outcome == Limited("resend_cooldown", sim.now + 1, sim.now)
    assert written(decision) == []
    sim.wait(1)
    assert isinstance(sim.resend(asked.id), Found)


def test_a_resend_needs_a_phone_that_has_claimed_it() -> None:
    sim = Simulation()
    for opened in (sim.request(), sim.request(phone=PHONE)):
        assert sim.resend(opened.id) == NoCode()
        assert sim.sent == []


def test_a_resend_revives_a_request_whose_code_is_dead() -> None:
    sim = Simulation()
    asked = sms(sim)
    sim.wait(5 * MINUTE_MS)
    assert sim.verification(asked.id).awaiting == "login"

    sim.resend(asked.id)

    again = sim.verification(asked.id)
    assert again.awaiting == "code"
    sim.check(asked.id, sim.code_of(asked))
    assert sim.verification(asked.id).status == "approved"


def test_resends_keep_a_request_open_for_thirty_minutes_at_most() -> None:
    sim = Simulation(codes_per_10_min=100, codes_per_hour=100, codes_per_day=100)
    asked = sms(sim)
    for _ in range(29):
        sim.wait(MINUTE_MS)
        assert isinstance(sim.resend(asked.id), Found)
    assert sim.verification(asked.id).expires_at == asked.created_at + LONGEST_LIFE_MS
    sim.wait(MINUTE_MS)
    assert sim.resend(asked.id) == AlreadyFinished("expired")


def test_a_reply_is_not_taken_back_from_a_newer_request() -> None:
    """A phone awaits one reply; a plain login has taken the place of one whose code was dead."""
    sim = Simulation()
    older = claimed(sim)
    sim.wait(6 * MINUTE_MS)
    sim.login()
    sim.wait(MINUTE_MS)

    assert sim.resend(older.id) == NoCode()
    assert sum(one.awaiting == "code" for one in sim.of()) == 1


def test_a_resend_after_the_end_says_how_it_ended() -> None:
    sim = Simulation()
    asked = canceled(sim)
    expired = sim.request()
    sim.wait(MINUTE_MS)
    assert sim.resend(asked.id) == AlreadyFinished("canceled")
    sim.wait(14 * MINUTE_MS)
    assert sim.resend(expired.id) == AlreadyFinished("expired")


def test_what_is_anothers_can_be_neither_sent_again_nor_canceled() -> None:
    sim = Simulation()
    asked = sms(sim)
    sim.wait(MINUTE_MS)
    for id, client in ((asked.id, "other"), ("ver_of_nobody", SHOP), ("ver_of_nobody", None)):
        assert sim.resend(id, client) == NotFound()
        assert sim.cancel(id, client) == NotFound()

    assert sim.verification(asked.id) == asked


def test_an_address_may_ask_for_its_share_of_codes_and_no_more() -> None:
    sim = Simulation(codes_per_ip_hour=2, resend_cooldown_ms=0)
    asked = sms(sim, address=ADDRESS)
    assert isinstance(sim.resend(asked.id, None, ADDRESS), Found)
    first = sim.now
    sim.wait(MINUTE_MS)

    limited = Limited("codes_per_ip_hour", first + HOUR_MS, sim.now)
    assert sim.resend(asked.id, None, ADDRESS) == limited
    assert sim.ask("sms", OTHER_PHONE, address=ADDRESS) == limited
    assert isinstance(sim.resend(asked.id, None, "198.51.100.7"), Found)
    assert isinstance(sim.ask("sms", OTHER_PHONE), Found)
    sim.wait(HOUR_MS)
    assert isinstance(sim.ask("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_code_that_the_phone_may_not_have_is_not_counted_on_the_address() -> None:
    sim = Simulation(codes_per_ip_hour=2)
    sms(sim, address=ADDRESS)
    for _ in range(5):
        assert isinstance(sim.ask("sms", PHONE, address=ADDRESS), Limited)

    assert isinstance(sim.ask("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_text_request_costs_its_address_nothing() -> None:
    sim = Simulation(codes_per_ip_hour=1)
    for _ in range(3):
        sim.request(address=ADDRESS)

    assert sim.store.addresses == {}
