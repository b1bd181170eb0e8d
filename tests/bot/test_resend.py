"""Another code, asked for in the browser."""

from __future__ import annotations

from bot.commands import (
    Access,
    ResendRequested,
)
from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, NotFound
from bot.records import LONGEST_LIFE_MS
from tests.harness.requests import ADDRESS, canceled, claimed, sms
from tests.harness.simulation import (
    HOUR_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SHOP,
    World,
    changes,
    code_in,
    wrong,
)


def test_a_resend_makes_a_new_code_and_keeps_the_tries() -> None:
    world = World()
    asked = sms(world)
    old = world.code_of(asked)
    world.check(asked.id, wrong(old))
    world.wait(MINUTE_MS)

    outcome = world.resend(asked.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.attempts_left, outcome.verification.codes) == (4, 2)
    new = code_in(world.sent[-1].text)
    assert new == world.code_of(asked) != old
    world.check(asked.id, old)
    assert world.verification(asked.id).attempts_left == 3
    world.check(asked.id, new)
    assert world.verification(asked.id).status == "approved"


def test_a_resend_in_the_cooldown_says_until_when_and_changes_nothing() -> None:
    world = World()
    asked = sms(world)
    world.wait(MINUTE_MS - 1)

    (decision,) = world.decide(ResendRequested(asked.id, Access(SHOP), ADDRESS))
    assert decision.outcome == Limited("resend_cooldown", world.now + 1, world.now)
    assert changes(decision) == []
    world.wait(1)
    assert isinstance(world.resend(asked.id), Found)


def test_a_resend_needs_a_phone_that_has_claimed_it() -> None:
    world = World()
    for opened in (world.request(), world.request(phone=PHONE)):
        assert world.resend(opened.id) == NoCode()
        assert world.sent == []


def test_a_resend_revives_a_request_whose_code_is_dead() -> None:
    world = World()
    asked = sms(world)
    world.wait(5 * MINUTE_MS)
    assert world.verification(asked.id).awaiting == "login"

    world.resend(asked.id)

    again = world.verification(asked.id)
    assert again.awaiting == "code"
    world.check(asked.id, world.code_of(asked))
    assert world.verification(asked.id).status == "approved"


def test_resends_keep_a_request_open_for_thirty_minutes_at_most() -> None:
    world = World(codes_per_10_min=100, codes_per_hour=100, codes_per_day=100)
    asked = sms(world)
    for _ in range(29):
        world.wait(MINUTE_MS)
        assert isinstance(world.resend(asked.id), Found)
    assert world.verification(asked.id).expires_at == asked.created_at + LONGEST_LIFE_MS
    world.wait(MINUTE_MS)
    assert world.resend(asked.id) == AlreadyFinished("expired")


def test_a_reply_is_not_taken_back_from_a_newer_request() -> None:
    """A phone awaits one reply; a plain login has taken the place of one whose code was dead."""
    world = World()
    older = claimed(world)
    world.wait(6 * MINUTE_MS)
    world.login()
    world.wait(MINUTE_MS)

    assert world.resend(older.id) == NoCode()
    assert sum(one.awaiting == "code" for one in world.of()) == 1


def test_a_resend_after_the_end_says_how_it_ended() -> None:
    world = World()
    asked = canceled(world)
    expired = world.request()
    world.wait(MINUTE_MS)
    assert world.resend(asked.id) == AlreadyFinished("canceled")
    world.wait(14 * MINUTE_MS)
    assert world.resend(expired.id) == AlreadyFinished("expired")


def test_what_is_anothers_can_be_neither_sent_again_nor_canceled() -> None:
    world = World()
    asked = sms(world)
    world.wait(MINUTE_MS)
    for id, client in ((asked.id, "other"), ("ver_of_nobody", SHOP), ("ver_of_nobody", None)):
        assert world.resend(id, client) == NotFound()
        assert world.cancel(id, client) == NotFound()

    assert world.verification(asked.id) == asked


def test_an_address_may_ask_for_its_share_of_codes_and_no_more() -> None:
    world = World(codes_per_ip_hour=2, resend_cooldown=0)
    asked = sms(world, address=ADDRESS)
    assert isinstance(world.resend(asked.id, None, ADDRESS), Found)
    first = world.now
    world.wait(MINUTE_MS)

    limited = Limited("codes_per_ip_hour", first + HOUR_MS, world.now)
    assert world.resend(asked.id, None, ADDRESS) == limited
    assert world.ask("sms", OTHER_PHONE, address=ADDRESS) == limited
    assert isinstance(world.resend(asked.id, None, "198.51.100.7"), Found)
    assert isinstance(world.ask("sms", OTHER_PHONE), Found)
    world.wait(HOUR_MS)
    assert isinstance(world.ask("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_code_that_the_phone_may_not_have_is_not_counted_on_the_address() -> None:
    world = World(codes_per_ip_hour=2)
    sms(world, address=ADDRESS)
    for _ in range(5):
        assert isinstance(world.ask("sms", PHONE, address=ADDRESS), Limited)

    assert isinstance(world.ask("sms", OTHER_PHONE, address=ADDRESS), Found)


def test_a_text_request_costs_its_address_nothing() -> None:
    world = World(codes_per_ip_hour=1)
    for _ in range(3):
        world.request(address=ADDRESS)

    assert world.tables.addresses == {}
