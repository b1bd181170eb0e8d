"""Discreet requests: what a page shows does not tell whether the phone may have a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.commands import PAGES_CLIENT, Access, CodeChecked, ResendRequested
from bot.decoy import as_shown
from bot.outcomes import AlreadyFinished, Found, Limited, Outcome, Replayed
from bot.records import Verification
from tests.harness.constants import ADDRESS, BRITISH_PHONE, MINUTE_MS, PHONE, SECOND_MS
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation
from webhooks.setting_types import CLIENT_NAME

HOLDER = Access(None)


def ask(sim: Simulation, **members: Any) -> Outcome:
    return sim.try_request(
        "sms", PHONE, client=PAGES_CLIENT, address=ADDRESS, discreet=True, **members
    )


def opened(sim: Simulation) -> Verification:
    outcome = ask(sim)
    assert isinstance(outcome, Found), outcome
    return shown(sim, outcome.verification.id)


def shown(sim: Simulation, id: str) -> Verification:
    return as_shown(sim.store.verifications[id], sim.now)


def check(sim: Simulation, id: str, code: str) -> Outcome:
    return sim.carry_out(CodeChecked(id, HOLDER, code, discreet=True))[0]


def resend(sim: Simulation, id: str) -> Outcome:
    return sim.carry_out(ResendRequested(id, HOLDER, ADDRESS, discreet=True))[0]


def free(sim: Simulation) -> None:
    """Nothing refuses the phone."""


def opted_out(sim: Simulation) -> None:
    sim.text("STOP")


def locked(sim: Simulation) -> None:
    sim.start_login()
    sim.reply_wrong(5)
    sim.wait(2 * MINUTE_MS)


def cooling_down(sim: Simulation) -> None:
    sim.request("sms", PHONE)


REFUSED = [opted_out, locked, cooling_down]
everyone = pytest.mark.parametrize("state", [free, *REFUSED])
refused = pytest.mark.parametrize("state", REFUSED)


def looks(sim: Simulation, known: Verification) -> tuple[object, ...]:
    """What a page can show of it."""
    return (
        *(known.status, known.awaiting, known.reason, known.attempts_left, known.digits),
        *(at and at - sim.now for at in (known.code_expires_at, known.resend_at)),
        known.expires_at - sim.now,
    )


def in_state(state: Callable[[Simulation], None]) -> Simulation:
    sim = Simulation()
    state(sim)
    return sim


@refused
def test_a_refused_phone_looks_like_one_that_gets_a_code(
    state: Callable[[Simulation], None],
) -> None:
    real, sim = Simulation(), in_state(state)

    assert looks(sim, opened(sim)) == looks(real, opened(real))


@pytest.mark.parametrize("state", [opted_out, cooling_down])
def test_a_decoy_sends_nothing(state: Callable[[Simulation], None]) -> None:
    sim = in_state(state)
    texts = len(sim.sent)

    opened(sim)

    assert len(sim.sent) == texts


@everyone
def test_each_wrong_code_uses_up_a_try_and_the_last_one_ends_it(
    state: Callable[[Simulation], None],
) -> None:
    sim = in_state(state)
    id = opened(sim).id
    code = sim.code_of(sim.verification(id)) if state is free else "000000"

    for left in (4, 3, 2, 1, 0):
        assert isinstance(check(sim, id, wrong_code(code)), Found)
        assert shown(sim, id).attempts_left == left
    assert shown(sim, id).status == "max_attempts_reached"
    assert check(sim, id, code) == AlreadyFinished("max_attempts_reached")


@everyone
def test_another_code_can_be_asked_for_after_the_cooldown_and_three_times(
    state: Callable[[Simulation], None],
) -> None:
    sim = in_state(state)
    id = opened(sim).id

    assert isinstance(resend(sim, id), Limited)
    for _ in range(2):
        sim.wait(61 * SECOND_MS)
        outcome = resend(sim, id)
        assert isinstance(outcome, Found)
        assert outcome.verification.resend_at == sim.now + MINUTE_MS
    sim.wait(61 * SECOND_MS)
    last = resend(sim, id)
    assert isinstance(last, Limited)
    assert last.limit == "codes_per_10_min"


@everyone
def test_it_expires_like_any_other(state: Callable[[Simulation], None]) -> None:
    sim = in_state(state)
    id = opened(sim).id

    sim.wait(5 * MINUTE_MS)
    assert (shown(sim, id).status, shown(sim, id).awaiting) == ("pending", "login")
    sim.wait(10 * MINUTE_MS)
    assert shown(sim, id).status == "expired"


@everyone
def test_an_address_may_ask_ten_times_an_hour_whatever_the_phone(
    state: Callable[[Simulation], None],
) -> None:
    sim = in_state(state)

    for _ in range(10):
        assert isinstance(ask(sim), Found)
    last = ask(sim)
    assert isinstance(last, Limited)
    assert last.limit == "codes_per_ip_hour"


def test_a_request_that_is_refused_by_a_phone_later_reads_as_if_its_code_were_out() -> None:
    sim = Simulation()
    before = opened(sim)

    sim.text("NO")

    assert sim.verification(before.id).status == "denied"
    assert looks(sim, shown(sim, before.id)) == looks(sim, before)
    for left in (4, 3, 2, 1, 0):
        check(sim, before.id, "000000")
        assert shown(sim, before.id).attempts_left == left
    assert shown(sim, before.id).status == "max_attempts_reached"
    assert sim.verification(before.id).status == "denied"


def test_wrong_codes_on_a_decoy_do_not_count_for_the_phone() -> None:
    sim = Simulation()
    opted_out(sim)
    before = sim.phone()

    check(sim, opened(sim).id, "000000")

    assert sim.phone() == before


def test_a_code_that_is_live_stays_good_when_the_phones_limit_hides_a_resend() -> None:
    sim = Simulation(codes_per_hour=1)
    id = opened(sim).id
    code = sim.code_of(sim.verification(id))
    sim.wait(61 * SECOND_MS)

    assert isinstance(resend(sim, id), Found)
    assert len(sim.sent) == 1
    assert isinstance(check(sim, id, code), Found)
    assert sim.verification(id).status == "approved"


def test_an_approval_that_was_taken_back_is_shown() -> None:
    sim = Simulation()
    id = opened(sim).id
    check(sim, id, sim.code_of(sim.verification(id)))

    sim.text("NO")

    assert (shown(sim, id).status, shown(sim, id).reason) == ("denied", "repudiated")


def test_the_same_request_twice_opens_one_decoy() -> None:
    sim = Simulation()
    cooling_down(sim)

    first, again = ask(sim, idempotency_key="k"), ask(sim, idempotency_key="k")

    assert isinstance(first, Found)
    assert again == Replayed(first.verification)


def test_a_region_that_is_not_allowed_is_told() -> None:
    outcome = Simulation().try_request("sms", BRITISH_PHONE, discreet=True)

    assert isinstance(outcome, Found)
    assert outcome.verification.reason == "region_not_allowed"


def test_no_web_app_can_have_the_name_of_the_pages() -> None:
    assert not CLIENT_NAME.fullmatch(PAGES_CLIENT)
