"""What web apps are told of, when it is tried again, and who holds it meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.callbacks import LEASE
from bot.commands import (
    Access,
    CallbackOutcome,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
)
from bot.policy import CALLBACKS_EACH
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
    World,
    changes,
    wrong,
)

# -- which changes are announced -------------------------------------------------------------------


def _approved_by_code(world: World) -> Verification:
    asked = sms(world)
    world.check(asked.id, world.code_of(asked))
    return asked


def _approved_by_reply(world: World) -> Verification:
    asked = claimed(world)
    world.text(world.code_of(asked))
    return asked


def _denied(world: World) -> Verification:
    asked = claimed(world)
    world.text("NO")
    return asked


def _expired(world: World) -> Verification:
    asked = world.request(callback_url=URL)
    world.wait(15 * MINUTE_MS)
    world.sweep_callbacks()
    return asked


def _tried_too_often(world: World) -> Verification:
    asked = sms(world)
    for _ in range(5):
        world.check(asked.id, wrong(world.code_of(asked)))
    return asked


def _superseded(world: World) -> Verification:
    asked = claimed(world)
    world.wait(MINUTE_MS)
    world.text(f"LOGIN {world.request().ref}")
    return asked


def _opted_out(world: World) -> Verification:
    asked = sms(world)
    world.text("STOP")
    return asked


def _undeliverable(world: World) -> Verification:
    world.paused = True
    asked = sms(world)
    world.settle(world.message_of(asked).id, "refused", "40001")
    return asked


def _failed_from_the_start(world: World) -> Verification:
    return world.request("sms", "+447400123456", callback_url=URL)


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
    end: Callable[[World], Verification], status: str, reason: str | None
) -> None:
    world = World()
    asked = end(world)

    callback = only(world)
    assert (callback.type, callback.client, callback.url) == (f"verification.{status}", SHOP, URL)
    assert (callback.state, callback.tries, callback.created_at) == ("queued", 0, world.now)
    now = world.verification(asked.id)
    assert (now.status, now.reason) == (status, reason)
    snapshot = told_of(callback)
    assert (snapshot.id, snapshot.status, snapshot.reason) == (asked.id, status, reason)
    assert (snapshot.completed_at, snapshot.phone) == (now.completed_at, now.phone)


@pytest.mark.parametrize("end", [_approved_by_code, _approved_by_reply, canceled, _expired])
def test_what_codes_are_made_from_is_in_no_callback(end: Callable[[World], Verification]) -> None:
    world = World()
    end(world)

    snapshot = told_of(only(world))
    assert (snapshot.seed, snapshot.spent) == (None, None)


def test_an_approval_taken_back_is_announced_after_it() -> None:
    world = World()
    asked = _approved_by_reply(world)
    world.redeem(asked.id)
    world.text("NO")
    world.text("NO")

    assert told(world) == ["approved", "repudiated"]
    last = list(world.tables.callbacks.values())[-1]
    assert (told_of(last).status, told_of(last).reason) == ("denied", "repudiated")


def test_an_approval_and_its_denial_in_one_batch_are_both_announced_in_order() -> None:
    world = World()
    asked = claimed(world)

    world.carry_out(world.texted(world.code_of(asked)), world.texted("NO"))

    assert told(world) == ["approved", "repudiated"]


def test_what_is_no_end_is_not_announced() -> None:
    world = World()
    asked = sms(world)
    world.check(asked.id, wrong(world.code_of(asked)))
    world.wait(MINUTE_MS)
    world.resend(asked.id)
    world.wait(5 * MINUTE_MS)
    world.sweep_callbacks()
    assert told(world) == []

    world.wait(MINUTE_MS)
    world.resend(asked.id)
    world.check(asked.id, world.code_of(asked))
    world.redeem(asked.id)
    assert told(world) == ["approved"]


def test_what_no_web_app_asked_for_is_not_announced() -> None:
    world = World()
    world.approved()
    world.text("NO")
    world.login(OTHER_PHONE)
    world.wait(HOUR_MS)
    world.sweep_callbacks()

    assert told(world) == []


def test_without_a_url_nothing_is_announced() -> None:
    world = World()
    asked = world.request("sms", PHONE)
    world.check(asked.id, world.code_of(asked))
    world.request()
    world.wait(HOUR_MS)
    world.sweep_callbacks()

    assert told(world) == []


def test_an_expiry_that_nobody_reads_is_announced_by_the_sweep_at_its_own_time() -> None:
    world = World()
    asked = world.request(callback_url=URL)
    world.wait(15 * MINUTE_MS - 1)
    world.sweep_callbacks()
    assert told(world) == []

    world.wait(HOUR_MS)
    world.sweep_callbacks()
    world.wait(HOUR_MS)
    world.sweep_callbacks()
    assert told(world) == ["expired"]
    assert told_of(only(world)).completed_at == asked.created_at + 15 * MINUTE_MS


def test_an_expiry_that_a_text_has_met_is_announced_once() -> None:
    world = World()
    claimed(world)
    world.wait(15 * MINUTE_MS)
    world.text("STATUS")
    world.sweep_callbacks()
    world.login()

    assert told(world) == ["expired"]


def test_a_sweep_announces_no_more_expiries_than_it_has_room_for() -> None:
    world = World()
    for _ in range(5):
        world.request(callback_url=URL)
    world.wait(15 * MINUTE_MS)

    for seen in (2, 4, 5, 5):
        world.sweep_callbacks(room=2)
        assert len(told(world)) == seen


# -- the schedule ----------------------------------------------------------------------------------


def test_tries_follow_the_standards_schedule_and_end() -> None:
    world = World()
    canceled(world)

    for tries, wait in enumerate(WAITS, start=1):
        (due,) = world.sweep_callbacks()
        after = world.answer(due.id, "retry", "500")
        assert (after.state, after.tries, after.answer) == ("queued", tries, "500")
        assert wait <= after.not_before - world.now <= 1.2 * wait
        world.now = after.not_before - 1
        assert world.sweep_callbacks() == []
        world.wait(1)
    (due,) = world.sweep_callbacks()
    assert world.answer(due.id, "retry", "500").state == "failed"

    world.wait(30 * DAY_MS)
    assert world.sweep_callbacks() == []
    assert only(world).tries == 10


def test_callbacks_of_one_moment_are_not_all_tried_again_at_one_moment() -> None:
    world = World()
    for _ in range(CALLBACKS_EACH):
        world.cancel(world.request(callback_url=URL).id)
    waits = {world.answer(one.id, "retry").not_before for one in world.sweep_callbacks()}

    assert len(waits) > CALLBACKS_EACH / 2


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
    world = World()
    canceled(world)
    (due,) = world.sweep_callbacks()

    after = world.answer(due.id, "retry", "503", retry_after=asked)

    assert waited <= after.not_before - world.now <= max(1.2 * 5 * SECOND_MS, waited)


def test_retry_after_gains_no_further_try() -> None:
    world = World()
    canceled(world)
    for _ in range(10):
        (due,) = world.sweep_callbacks()
        world.answer(due.id, "retry", "503", retry_after=DAY_MS)
        world.wait(2 * DAY_MS)

    assert only(world).state == "failed"


def test_what_was_delivered_is_over() -> None:
    world = World()
    canceled(world)
    (due,) = world.sweep_callbacks()

    assert world.answer(due.id, "delivered", "204").state == "delivered"
    for outcome in ("retry", "gone", "delivered"):
        assert world.answer(due.id, outcome, "late") == only(world)
        assert (only(world).tries, only(world).answer) == (1, "204")
    world.wait(DAY_MS)
    assert world.sweep_callbacks() == []
    assert world.tables.endpoints == {}


def test_a_report_on_nothing_changes_nothing() -> None:
    world = World()
    (decision,) = world.decide(CallbackSettled("evt_of_nobody", "gone", "410"))

    assert changes(decision) == []


def test_gone_keeps_later_callbacks_from_that_url_and_from_no_other() -> None:
    world = World()
    canceled(world)
    (due,) = world.sweep_callbacks()
    assert world.answer(due.id, "gone", "410").state == "disabled"

    world.cancel(world.request(callback_url=URL).id)
    world.cancel(world.request(callback_url=OTHER_URL).id)
    world.cancel(world.request(callback_url=URL, client="other").id, client="other")

    later = [(one.client, one.url, one.state) for one in world.tables.callbacks.values()][1:]
    assert later == [
        (SHOP, URL, "disabled"),
        (SHOP, OTHER_URL, "queued"),
        ("other", URL, "queued"),
    ]
    world.wait(DAY_MS)
    assert {one.url for one in world.sweep_callbacks()} == {URL, OTHER_URL}


def test_gone_counts_for_what_ends_in_the_same_batch() -> None:
    world = World()
    canceled(world)
    asked = world.request(callback_url=URL)
    (due,) = world.sweep_callbacks()

    world.carry_out(CallbackSettled(due.id, "gone", "410"), CancelRequested(asked.id, Access(SHOP)))

    assert [one.state for one in world.tables.callbacks.values()] == ["disabled", "disabled"]


# -- leases ----------------------------------------------------------------------------------------


def test_a_callback_is_one_process_to_send_until_its_lease_ends() -> None:
    world = World()
    canceled(world)
    (mine,) = world.sweep_callbacks("one")
    assert (mine.lease_owner, mine.lease_until) == ("one", world.now + LEASE)

    world.wait(LEASE - 1)
    assert world.sweep_callbacks("another") == []
    world.wait(1)
    (taken,) = world.sweep_callbacks("another")
    assert (taken.id, taken.lease_owner) == (mine.id, "another")


def test_a_report_gives_the_lease_back() -> None:
    world = World()
    canceled(world)
    (due,) = world.sweep_callbacks("one")
    after = world.answer(due.id, "retry")

    assert (after.lease_owner, after.lease_until) == (None, 0)
    world.now = after.not_before
    assert [one.id for one in world.sweep_callbacks("another")] == [due.id]


def test_a_sweep_takes_the_oldest_it_has_room_for() -> None:
    world = World()
    for _ in range(5):
        world.cancel(world.request(callback_url=URL).id)
        world.wait(1)
    ids = list(world.tables.callbacks)

    assert [one.id for one in world.sweep_callbacks(room=2)] == ids[:2]
    assert [one.id for one in world.sweep_callbacks(room=9)] == ids[2:]


@pytest.mark.parametrize("outcome", ["delivered", "gone", "retry"])
def test_a_late_report_and_a_sweep_in_one_batch_send_it_no_second_time(
    outcome: CallbackOutcome,
) -> None:
    world = World()
    canceled(world)
    (due,) = world.sweep_callbacks()
    world.wait(LEASE)

    world.carry_out(CallbackSettled(due.id, outcome, "-"), CallbacksSwept("another", 9))

    assert only(world).lease_owner is None
    assert world.sweep_callbacks() == []


def test_what_is_still_queued_for_a_url_that_is_gone_is_sent_there_no_more() -> None:
    world = World()
    for _ in range(2):
        world.cancel(world.request(callback_url=URL).id)
    first, second = world.sweep_callbacks()
    world.answer(second.id, "retry", "500")
    world.answer(first.id, "gone", "410")
    world.wait(DAY_MS)

    assert world.sweep_callbacks() == []
    assert [one.state for one in world.tables.callbacks.values()] == ["disabled", "disabled"]
