"""What web apps are told of, when it is tried again, and who holds it meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.commands import (
    Access,
    CallbackOutcome,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
)
from bot.policy import CALLBACK_LEASE_MS, CALLBACKS_PER_CLIENT
from bot.records import Verification
from tests.harness.requests import (
    OTHER_URL,
    URL,
    WAITS,
    canceled,
    claimed,
    only,
    sms,
    told,
    told_of,
)
from tests.harness.simulation import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    SHOP,
    Simulation,
    written,
    wrong,
)

# -- which changes are announced -------------------------------------------------------------------


def _approved_by_code(sim: Simulation) -> Verification:
    asked = sms(sim)
    sim.check(asked.id, sim.code_of(asked))
    return asked


def _approved_by_reply(sim: Simulation) -> Verification:
    asked = claimed(sim)
    sim.text(sim.code_of(asked))
    return asked


def _denied(sim: Simulation) -> Verification:
    asked = claimed(sim)
    sim.text("NO")
    return asked


def _expired(sim: Simulation) -> Verification:
    asked = sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS)
    sim.sweep_callbacks()
    return asked


def _tried_too_often(sim: Simulation) -> Verification:
    asked = sms(sim)
    for _ in range(5):
        sim.check(asked.id, wrong(sim.code_of(asked)))
    return asked


def _superseded(sim: Simulation) -> Verification:
    asked = claimed(sim)
    sim.wait(MINUTE_MS)
    sim.text(f"LOGIN {sim.request().ref}")
    return asked


def _opted_out(sim: Simulation) -> Verification:
    asked = sms(sim)
    sim.text("STOP")
    return asked


def _undeliverable(sim: Simulation) -> Verification:
    sim.paused = True
    asked = sms(sim)
    sim.settle(sim.message_of(asked).id, "refused", "40001")
    return asked


def _failed_from_the_start(sim: Simulation) -> Verification:
    return sim.request("sms", "+447400123456", callback_url=URL)


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (_approved_by_code, "approved", None),
        (_approved_by_reply, "approved", None),
        (_denied, "denied", None),
        (_expired, "expired", None),
        (_tried_too_often, "max_attempts_reached", None),
        (canceled, "canceled", None),
        (_superseded, "canceled", "superseded"),
        (_opted_out, "failed", "opted_out"),
        (_undeliverable, "failed", "undeliverable"),
        (_failed_from_the_start, "failed", "region_not_allowed"),
    ],
)
def test_each_end_is_announced_once_as_it_was(
    end: Callable[[Simulation], Verification], status: str, reason: str | None
) -> None:
    sim = Simulation()
    asked = end(sim)

    callback = only(sim)
    assert (callback.type, callback.client, callback.url) == (f"verification.{status}", SHOP, URL)
    assert (callback.state, callback.tries, callback.created_at) == ("queued", 0, sim.now)
    now = sim.verification(asked.id)
    assert (now.status, now.reason) == (status, reason)
    snapshot = told_of(callback)
    assert (snapshot.id, snapshot.status, snapshot.reason) == (asked.id, status, reason)
    assert (snapshot.completed_at, snapshot.phone) == (now.completed_at, now.phone)


@pytest.mark.parametrize("end", [_approved_by_code, _approved_by_reply, canceled, _expired])
def test_what_codes_are_made_from_is_in_no_callback(
    end: Callable[[Simulation], Verification],
) -> None:
    sim = Simulation()
    end(sim)

    snapshot = told_of(only(sim))
    assert (snapshot.seed, snapshot.spent) == (None, None)


def test_an_approval_taken_back_is_announced_after_it() -> None:
    sim = Simulation()
    asked = _approved_by_reply(sim)
    sim.redeem(asked.id)
    sim.text("NO")
    sim.text("NO")

    assert told(sim) == ["approved", "repudiated"]
    last = list(sim.store.callbacks.values())[-1]
    assert (told_of(last).status, told_of(last).reason) == ("denied", "repudiated")


def test_an_approval_and_its_denial_in_one_batch_are_both_announced_in_order() -> None:
    sim = Simulation()
    asked = claimed(sim)

    sim.carry_out(sim.texted(sim.code_of(asked)), sim.texted("NO"))

    assert told(sim) == ["approved", "repudiated"]


def test_what_is_no_end_is_not_announced() -> None:
    sim = Simulation()
    asked = sms(sim)
    sim.check(asked.id, wrong(sim.code_of(asked)))
    sim.wait(MINUTE_MS)
    sim.resend(asked.id)
    sim.wait(5 * MINUTE_MS)
    sim.sweep_callbacks()
    assert told(sim) == []

    sim.wait(MINUTE_MS)
    sim.resend(asked.id)
    sim.check(asked.id, sim.code_of(asked))
    sim.redeem(asked.id)
    assert told(sim) == ["approved"]


def test_what_no_web_app_asked_for_is_not_announced() -> None:
    sim = Simulation()
    sim.approved()
    sim.text("NO")
    sim.login(OTHER_PHONE)
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()

    assert told(sim) == []


def test_without_a_url_nothing_is_announced() -> None:
    sim = Simulation()
    asked = sim.request("sms", PHONE)
    sim.check(asked.id, sim.code_of(asked))
    sim.request()
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()

    assert told(sim) == []


def test_an_expiry_that_nobody_reads_is_announced_by_the_sweep_at_its_own_time() -> None:
    sim = Simulation()
    asked = sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS - 1)
    sim.sweep_callbacks()
    assert told(sim) == []

    sim.wait(HOUR_MS)
    sim.sweep_callbacks()
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()
    assert told(sim) == ["expired"]
    assert told_of(only(sim)).completed_at == asked.created_at + 15 * MINUTE_MS


def test_an_expiry_that_a_text_has_met_is_announced_once() -> None:
    sim = Simulation()
    claimed(sim)
    sim.wait(15 * MINUTE_MS)
    sim.text("STATUS")
    sim.sweep_callbacks()
    sim.login()

    assert told(sim) == ["expired"]


def test_a_sweep_announces_no_more_expiries_than_it_has_room_for() -> None:
    sim = Simulation()
    for _ in range(5):
        sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS)

    for seen in (2, 4, 5, 5):
        sim.sweep_callbacks(room=2)
        assert len(told(sim)) == seen


# -- the schedule ----------------------------------------------------------------------------------


def test_tries_follow_the_standards_schedule_and_end() -> None:
    sim = Simulation()
    canceled(sim)

    for tries, wait in enumerate(WAITS, start=1):
        (due,) = sim.sweep_callbacks()
        after = sim.answer(due.id, "retry", "500")
        assert (after.state, after.tries, after.answer) == ("queued", tries, "500")
        assert wait <= after.not_before - sim.now <= 1.2 * wait
        sim.now = after.not_before - 1
        assert sim.sweep_callbacks() == []
        sim.wait(1)
    (due,) = sim.sweep_callbacks()
    assert sim.answer(due.id, "retry", "500").state == "failed"

    sim.wait(30 * DAY_MS)
    assert sim.sweep_callbacks() == []
    assert only(sim).tries == 10


def test_callbacks_of_one_moment_are_not_all_tried_again_at_one_moment() -> None:
    sim = Simulation()
    for _ in range(CALLBACKS_PER_CLIENT):
        sim.cancel(sim.request(callback_url=URL).id)
    waits = {sim.answer(one.id, "retry").not_before for one in sim.sweep_callbacks()}

    assert len(waits) > CALLBACKS_PER_CLIENT / 2


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (0, 5 * SECOND_MS),
        (SECOND_MS, 5 * SECOND_MS),
        (HOUR_MS, HOUR_MS),
        (DAY_MS, DAY_MS),
        (400 * DAY_MS, DAY_MS),
    ],
)
def test_retry_after_is_kept_up_to_a_day_and_never_hastens(asked: int, waited: int) -> None:
    sim = Simulation()
    canceled(sim)
    (due,) = sim.sweep_callbacks()

    after = sim.answer(due.id, "retry", "503", retry_after=asked)

    assert waited <= after.not_before - sim.now <= max(1.2 * 5 * SECOND_MS, waited)


def test_retry_after_gains_no_further_try() -> None:
    sim = Simulation()
    canceled(sim)
    for _ in range(10):
        (due,) = sim.sweep_callbacks()
        sim.answer(due.id, "retry", "503", retry_after=DAY_MS)
        sim.wait(2 * DAY_MS)

    assert only(sim).state == "failed"


def test_what_was_delivered_is_over() -> None:
    sim = Simulation()
    canceled(sim)
    (due,) = sim.sweep_callbacks()

    assert sim.answer(due.id, "delivered", "204").state == "delivered"
    for outcome in ("retry", "gone", "delivered"):
        assert sim.answer(due.id, outcome, "late") == only(sim)
        assert (only(sim).tries, only(sim).answer) == (1, "204")
    sim.wait(DAY_MS)
    assert sim.sweep_callbacks() == []
    assert sim.store.endpoints == {}


def test_a_report_on_nothing_changes_nothing() -> None:
    sim = Simulation()
    (decision,) = sim.decide(CallbackSettled("evt_of_nobody", "gone", "410"))

    assert written(decision) == []


def test_gone_keeps_later_callbacks_from_that_url_and_from_no_other() -> None:
    sim = Simulation()
    canceled(sim)
    (due,) = sim.sweep_callbacks()
    assert sim.answer(due.id, "gone", "410").state == "disabled"

    sim.cancel(sim.request(callback_url=URL).id)
    sim.cancel(sim.request(callback_url=OTHER_URL).id)
    sim.cancel(sim.request(callback_url=URL, client="other").id, client="other")

    later = [(one.client, one.url, one.state) for one in sim.store.callbacks.values()][1:]
    assert later == [
        (SHOP, URL, "disabled"),
        (SHOP, OTHER_URL, "queued"),
        ("other", URL, "queued"),
    ]
    sim.wait(DAY_MS)
    assert {one.url for one in sim.sweep_callbacks()} == {URL, OTHER_URL}


def test_gone_counts_for_what_ends_in_the_same_batch() -> None:
    sim = Simulation()
    canceled(sim)
    asked = sim.request(callback_url=URL)
    (due,) = sim.sweep_callbacks()

    sim.carry_out(CallbackSettled(due.id, "gone", "410"), CancelRequested(asked.id, Access(SHOP)))

    assert [one.state for one in sim.store.callbacks.values()] == ["disabled", "disabled"]


# -- leases ----------------------------------------------------------------------------------------


def test_a_callback_is_one_process_to_send_until_its_lease_ends() -> None:
    sim = Simulation()
    canceled(sim)
    (mine,) = sim.sweep_callbacks("one")
    assert (mine.lease_owner, mine.lease_until) == ("one", sim.now + CALLBACK_LEASE_MS)

    sim.wait(CALLBACK_LEASE_MS - 1)
    assert sim.sweep_callbacks("another") == []
    sim.wait(1)
    (taken,) = sim.sweep_callbacks("another")
    assert (taken.id, taken.lease_owner) == (mine.id, "another")


def test_a_report_gives_the_lease_back() -> None:
    sim = Simulation()
    canceled(sim)
    (due,) = sim.sweep_callbacks("one")
    after = sim.answer(due.id, "retry")

    assert (after.lease_owner, after.lease_until) == (None, 0)
    sim.now = after.not_before
    assert [one.id for one in sim.sweep_callbacks("another")] == [due.id]


def test_a_sweep_takes_the_oldest_it_has_room_for() -> None:
    sim = Simulation()
    for _ in range(5):
        sim.cancel(sim.request(callback_url=URL).id)
        sim.wait(1)
    ids = list(sim.store.callbacks)

    assert [one.id for one in sim.sweep_callbacks(room=2)] == ids[:2]
    assert [one.id for one in sim.sweep_callbacks(room=9)] == ids[2:]


@pytest.mark.parametrize("outcome", ["delivered", "gone", "retry"])
def test_a_late_report_and_a_sweep_in_one_batch_send_it_no_second_time(
    outcome: CallbackOutcome,
) -> None:
    sim = Simulation()
    canceled(sim)
    (due,) = sim.sweep_callbacks()
    sim.wait(CALLBACK_LEASE_MS)

    sim.carry_out(CallbackSettled(due.id, outcome, "-"), CallbacksSwept("another", 9))

    assert only(sim).lease_owner is None
    assert sim.sweep_callbacks() == []


def test_what_is_still_queued_for_a_url_that_is_gone_is_sent_there_no_more() -> None:
    sim = Simulation()
    for _ in range(2):
        sim.cancel(sim.request(callback_url=URL).id)
    first, second = sim.sweep_callbacks()
    sim.answer(second.id, "retry", "500")
    sim.answer(first.id, "gone", "410")
    sim.wait(DAY_MS)

    assert sim.sweep_callbacks() == []
    assert [one.state for one in sim.store.callbacks.values()] == ["disabled", "disabled"]
