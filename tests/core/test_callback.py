"""What web apps are told of, when a callback is tried again, and what they ask for themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import json

from bot.callback import LEASE
from bot.commands import (
    Access,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    ResendRequested,
)
from bot.lifetime import FINAL
from bot.policy import CALLBACKS_EACH
from bot.records import LONGEST_LIFE, Callback, Verification
from bot.snapshot import Found, Limited, Mismatch, NoCode, NotFound, Over, Replayed
from tests.core.world import (
    DAY,
    HOUR,
    MINUTE,
    OTHER_PHONE,
    PHONE,
    SECOND,
    SHOP,
    World,
    changes,
    code_in,
    wrong,
)

URL, OTHER_URL = "https://shop.example/hook", "https://shop.example/other"
ADDRESS = "203.0.113.9"
#: Standard Webhooks 1.0, between one try and the next.
WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE] + [hours * HOUR for hours in (2, 5, 10, 14, 20, 24)]


def sms(world: World, **members: Any) -> Verification:
    return world.request("sms", PHONE, callback_url=URL, **members)


def claimed(world: World, **members: Any) -> Verification:
    opened = world.request(callback_url=URL, **members)
    world.text(f"LOGIN {opened.ref}")
    return world.verification(opened.id)


def told(world: World) -> list[str]:
    """The events so far, in order."""
    return [one.type.removeprefix("verification.") for one in world.tables.callbacks.values()]


def only(world: World) -> Callback:
    (callback,) = world.tables.callbacks.values()
    return callback


def told_of(callback: Callback) -> Verification:
    return json.decode(callback.snapshot, type=Verification)


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
    world.wait(15 * MINUTE)
    world.sweep_callbacks()
    return asked


def _tried_too_often(world: World) -> Verification:
    asked = sms(world)
    for _ in range(5):
        world.check(asked.id, wrong(world.code_of(asked)))
    return asked


def _canceled(world: World) -> Verification:
    asked = sms(world)
    world.cancel(asked.id)
    return asked


def _superseded(world: World) -> Verification:
    asked = claimed(world)
    world.wait(MINUTE)
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
        (_canceled, "canceled", None),
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


@pytest.mark.parametrize("end", [_approved_by_code, _approved_by_reply, _canceled, _expired])
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
    world.wait(MINUTE)
    world.resend(asked.id)
    world.wait(5 * MINUTE)
    world.sweep_callbacks()
    assert told(world) == []

    world.wait(MINUTE)
    world.resend(asked.id)
    world.check(asked.id, world.code_of(asked))
    world.redeem(asked.id)
    assert told(world) == ["approved"]


def test_what_no_web_app_asked_for_is_not_announced() -> None:
    world = World()
    world.approved()
    world.text("NO")
    world.login(OTHER_PHONE)
    world.wait(HOUR)
    world.sweep_callbacks()

    assert told(world) == []


def test_without_a_url_nothing_is_announced() -> None:
    world = World()
    asked = world.request("sms", PHONE)
    world.check(asked.id, world.code_of(asked))
    world.request()
    world.wait(HOUR)
    world.sweep_callbacks()

    assert told(world) == []


def test_an_expiry_that_nobody_reads_is_announced_by_the_sweep_at_its_own_time() -> None:
    world = World()
    asked = world.request(callback_url=URL)
    world.wait(15 * MINUTE - 1)
    world.sweep_callbacks()
    assert told(world) == []

    world.wait(HOUR)
    world.sweep_callbacks()
    world.wait(HOUR)
    world.sweep_callbacks()
    assert told(world) == ["expired"]
    assert told_of(only(world)).completed_at == asked.created_at + 15 * MINUTE


def test_an_expiry_that_a_text_has_met_is_announced_once() -> None:
    world = World()
    claimed(world)
    world.wait(15 * MINUTE)
    world.text("STATUS")
    world.sweep_callbacks()
    world.login()

    assert told(world) == ["expired"]


def test_a_sweep_announces_no_more_expiries_than_it_has_room_for() -> None:
    world = World()
    for _ in range(5):
        world.request(callback_url=URL)
    world.wait(15 * MINUTE)

    for seen in (2, 4, 5, 5):
        world.sweep_callbacks(room=2)
        assert len(told(world)) == seen


# -- the schedule ----------------------------------------------------------------------------------


def test_tries_follow_the_standards_schedule_and_end() -> None:
    world = World()
    _canceled(world)

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

    world.wait(30 * DAY)
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
    [(0, 5 * SECOND), (SECOND, 5 * SECOND), (HOUR, HOUR), (DAY, DAY), (400 * DAY, DAY)],
)
def test_retry_after_is_kept_up_to_a_day_and_never_hastens(asked: int, waited: int) -> None:
    world = World()
    _canceled(world)
    (due,) = world.sweep_callbacks()

    after = world.answer(due.id, "retry", "503", retry_after=asked)

    assert waited <= after.not_before - world.now <= max(1.2 * 5 * SECOND, waited)


def test_retry_after_gains_no_further_try() -> None:
    world = World()
    _canceled(world)
    for _ in range(10):
        (due,) = world.sweep_callbacks()
        world.answer(due.id, "retry", "503", retry_after=DAY)
        world.wait(2 * DAY)

    assert only(world).state == "failed"


def test_what_was_delivered_is_over() -> None:
    world = World()
    _canceled(world)
    (due,) = world.sweep_callbacks()

    assert world.answer(due.id, "delivered", "204").state == "delivered"
    for outcome in ("retry", "gone", "delivered"):
        assert world.answer(due.id, outcome, "late") == only(world)
        assert (only(world).tries, only(world).answer) == (1, "204")
    world.wait(DAY)
    assert world.sweep_callbacks() == []
    assert world.tables.endpoints == {}


def test_a_report_on_nothing_changes_nothing() -> None:
    world = World()
    (decision,) = world.decide(CallbackSettled("evt_of_nobody", "gone", "410"))

    assert changes(decision) == []


def test_gone_keeps_later_callbacks_from_that_url_and_from_no_other() -> None:
    world = World()
    _canceled(world)
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
    world.wait(DAY)
    assert {one.url for one in world.sweep_callbacks()} == {URL, OTHER_URL}


def test_gone_counts_for_what_ends_in_the_same_batch() -> None:
    world = World()
    _canceled(world)
    asked = world.request(callback_url=URL)
    (due,) = world.sweep_callbacks()

    world.carry_out(CallbackSettled(due.id, "gone", "410"), CancelRequested(asked.id, Access(SHOP)))

    assert [one.state for one in world.tables.callbacks.values()] == ["disabled", "disabled"]


# -- leases ----------------------------------------------------------------------------------------


def test_a_callback_is_one_process_to_send_until_its_lease_ends() -> None:
    world = World()
    _canceled(world)
    (mine,) = world.sweep_callbacks("one")
    assert (mine.lease_owner, mine.lease_until) == ("one", world.now + LEASE)

    world.wait(LEASE - 1)
    assert world.sweep_callbacks("another") == []
    world.wait(1)
    (taken,) = world.sweep_callbacks("another")
    assert (taken.id, taken.lease_owner) == (mine.id, "another")


def test_a_report_gives_the_lease_back() -> None:
    world = World()
    _canceled(world)
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
def test_a_late_report_and_a_sweep_in_one_batch_send_it_no_second_time(outcome: str) -> None:
    world = World()
    _canceled(world)
    (due,) = world.sweep_callbacks()
    world.wait(LEASE)

    world.carry_out(CallbackSettled(due.id, outcome, "-"), CallbacksSwept("another", 9))

    assert only(world).lease_owner is None
    assert world.sweep_callbacks() == []


# -- another code, asked for in the browser --------------------------------------------------------


def test_a_resend_makes_a_new_code_and_keeps_the_tries() -> None:
    world = World()
    asked = sms(world)
    old = world.code_of(asked)
    world.check(asked.id, wrong(old))
    world.wait(MINUTE)

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
    world.wait(MINUTE - 1)

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
    world.wait(5 * MINUTE)
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
        world.wait(MINUTE)
        assert isinstance(world.resend(asked.id), Found)
    assert world.verification(asked.id).expires_at == asked.created_at + LONGEST_LIFE
    world.wait(MINUTE)
    assert world.resend(asked.id) == Over("expired")


def test_a_reply_is_not_taken_back_from_a_newer_request() -> None:
    """A phone awaits one reply; a plain login has taken the place of one whose code was dead."""
    world = World()
    older = claimed(world)
    world.wait(6 * MINUTE)
    world.login()
    world.wait(MINUTE)

    assert world.resend(older.id) == NoCode()
    assert sum(one.awaiting == "code" for one in world.of()) == 1


def test_a_resend_after_the_end_says_how_it_ended() -> None:
    world = World()
    asked = _canceled(world)
    expired = world.request()
    world.wait(MINUTE)
    assert world.resend(asked.id) == Over("canceled")
    world.wait(14 * MINUTE)
    assert world.resend(expired.id) == Over("expired")


def test_what_is_anothers_can_be_neither_sent_again_nor_canceled() -> None:
    world = World()
    asked = sms(world)
    world.wait(MINUTE)
    for id, client in ((asked.id, "other"), ("ver_of_nobody", SHOP), ("ver_of_nobody", None)):
        assert world.resend(id, client) == NotFound()
        assert world.cancel(id, client) == NotFound()

    assert world.verification(asked.id) == asked


def test_an_address_may_ask_for_its_share_of_codes_and_no_more() -> None:
    world = World(codes_per_ip_hour=2, resend_cooldown=0)
    asked = sms(world, address=ADDRESS)
    assert isinstance(world.resend(asked.id, None, ADDRESS), Found)
    first = world.now
    world.wait(MINUTE)

    limited = Limited("codes_per_ip_hour", first + HOUR, world.now)
    assert world.resend(asked.id, None, ADDRESS) == limited
    assert world.ask("sms", OTHER_PHONE, address=ADDRESS) == limited
    assert isinstance(world.resend(asked.id, None, "198.51.100.7"), Found)
    assert isinstance(world.ask("sms", OTHER_PHONE), Found)
    world.wait(HOUR)
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


# -- canceled --------------------------------------------------------------------------------------


def test_cancel_ends_it_and_its_code_and_sends_nothing() -> None:
    world = World()
    asked = claimed(world)
    code, sent = world.code_of(asked), len(world.sent)

    outcome = world.cancel(asked.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.awaiting) == ("canceled", None)
    assert outcome.verification.completed_at == world.now
    assert len(world.sent) == sent
    world.text(code)
    assert world.check(asked.id, code) == Over("canceled")
    assert world.verification(asked.id).status == "canceled"


def test_a_canceled_code_that_is_not_out_yet_stays_here() -> None:
    world = World()
    world.paused = True
    asked = sms(world)
    world.cancel(asked.id, client=None)

    assert world.message_of(asked).state == "withdrawn"


def test_canceling_twice_or_too_late_says_how_it_ended() -> None:
    world = World()
    assert world.cancel(_canceled(world).id) == Over("canceled")
    asked = world.request()
    world.wait(15 * MINUTE)
    assert world.cancel(asked.id) == Over("expired")
    assert world.cancel(world.approved(OTHER_PHONE).id) == Over("approved")


def test_an_approval_and_a_cancellation_at_once_make_one_end() -> None:
    for first, second in ((0, 1), (1, 0)):
        world = World()
        asked = sms(world)
        commands: list[CodeChecked | CancelRequested] = [
            CodeChecked(asked.id, Access(SHOP), world.code_of(asked)),
            CancelRequested(asked.id, Access(SHOP)),
        ]
        outcomes = world.carry_out(commands[first], commands[second])
        ended = world.verification(asked.id).status
        assert outcomes[1] == Over(ended)
        assert told(world) == [ended]


# -- the same request again ------------------------------------------------------------------------

KEY: dict[str, Any] = {"idempotency_key": "shop k", "fingerprint": "f"}


def test_the_same_key_gives_what_it_opened_as_it_is_now() -> None:
    world = World()
    asked = sms(world, **KEY)
    world.check(asked.id, world.code_of(asked))

    again = world.ask("sms", PHONE, **KEY)

    assert again == Replayed(world.verification(asked.id))
    assert isinstance(again, Replayed)
    assert again.verification.status == "approved"
    assert (len(world.sent), len(world.of())) == (1, 1)


def test_two_at_once_with_one_key_make_one() -> None:
    world = World()
    first, second = world.carry_out(
        world.wanted("sms", PHONE, **KEY), world.wanted("sms", PHONE, **KEY)
    )

    assert isinstance(first, Found)
    assert second == Replayed(first.verification)
    assert (len(world.sent), len(world.of())) == (1, 1)


def test_the_same_key_for_another_request_is_refused_and_changes_nothing() -> None:
    world = World()
    sms(world, **KEY)
    other = world.wanted("sms", OTHER_PHONE, **(KEY | {"fingerprint": "g"}))

    (decision,) = world.decide(other)

    assert decision.outcome == Mismatch()
    assert changes(decision) == []


def test_a_key_is_good_for_a_day() -> None:
    world = World()
    asked = world.request(**KEY)
    world.wait(DAY - 1)
    assert world.ask(**KEY) == Replayed(world.verification(asked.id))
    world.wait(1)
    again = world.ask(**KEY)
    assert isinstance(again, Found)
    assert again.verification.id != asked.id
    world.wait(DAY - 1)
    assert world.ask(**KEY) == Replayed(world.verification(again.verification.id))


def test_a_refused_request_leaves_its_key_free() -> None:
    world = World()
    sms(world)
    assert isinstance(world.ask("sms", PHONE, **KEY), Limited)
    assert world.tables.requests == {}
    world.wait(MINUTE)
    assert isinstance(world.ask("sms", PHONE, **KEY), Found)


def test_what_has_failed_at_once_is_what_its_key_has_opened() -> None:
    world = World()
    failed = world.request("sms", "+447400123456", **KEY)

    assert failed.status == "failed"
    assert world.ask("sms", "+447400123456", **KEY) == Replayed(failed)


# -- at random -------------------------------------------------------------------------------------

picks = st.integers(0, 10_000)
urls = st.sampled_from([URL, URL, OTHER_URL, None])


class Walk(RuleBasedStateMachine):
    """Web apps that ask, resend, cancel and answer callbacks as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(codes_per_ip_hour=4)
        self.tries: dict[str, int] = {}

    @rule(
        method=st.sampled_from(["text", "sms"]),
        phone=st.sampled_from([PHONE, OTHER_PHONE, "+447400123456"]),
        url=urls,
        key=st.sampled_from([None, "shop a", "shop b"]),
        address=st.sampled_from([None, ADDRESS]),
    )
    def ask(
        self, method: str, phone: str, url: str | None, key: str | None, address: str | None
    ) -> None:
        known = len(self.world.tables.verifications)
        before = self.world.tables.requests.get(key or "")
        outcome = self.world.ask(
            method,
            phone if method == "sms" else None,
            callback_url=url,
            idempotency_key=key,
            fingerprint=method,
            address=address,
        )
        if before is not None and before.created_at > self.world.now - DAY:
            assert isinstance(outcome, Replayed | Mismatch)
        if not isinstance(outcome, Found):
            assert len(self.world.tables.verifications) == known

    @rule(pick=picks, words=st.sampled_from(["LOGIN", "NO", "STOP", "START", "RESEND"]))
    def text(self, pick: int, words: str) -> None:
        shown = [one.ref for one in self.world.tables.verifications.values() if one.ref]
        if words == "LOGIN" and shown:
            words = f"LOGIN {shown[-1 - pick % min(len(shown), 3)]}"
        self.world.text(words, (PHONE, OTHER_PHONE)[pick % 2])

    @rule(pick=picks, right=st.booleans(), token=st.booleans())
    def check(self, pick: int, right: bool, token: bool) -> None:
        found = [one for one in self.world.tables.verifications.values() if one.seed]
        if found:
            one = found[pick % len(found)]
            code = self.world.code_of(one)
            typed = code if right else wrong(code)
            self.world.carry_out(CodeChecked(one.id, Access(None if token else SHOP), typed))

    @rule(pick=picks, token=st.booleans())
    def resend(self, pick: int, token: bool) -> None:
        id = self._any(pick)
        if id:
            self.world.resend(id, None if token else SHOP, ADDRESS if token else None)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        if id := self._any(pick):
            self.world.cancel(id)

    @rule(
        owner=st.sampled_from(["one", "another"]),
        room=st.integers(1, 4),
        outcomes=st.lists(st.sampled_from(["delivered", "retry", "retry", "gone", "lost"])),
    )
    def sweep(self, owner: str, room: int, outcomes: list[str]) -> None:
        taken = self.world.sweep_callbacks(owner, room)
        assert len(taken) <= room
        for callback, outcome in zip(taken, outcomes, strict=False):
            self.tries[callback.id] = self.tries.get(callback.id, 0) + (outcome != "lost")
            if outcome != "lost":
                self.world.answer(callback.id, outcome)

    @rule(wait=st.sampled_from([SECOND, 10 * SECOND, MINUTE, 6 * MINUTE, HOUR, 25 * HOUR]))
    def wait(self, wait: int) -> None:
        self.world.wait(wait)

    @invariant()
    def each_end_is_announced_once(self) -> None:
        announced: dict[str, list[str]] = {}
        for callback in self.world.tables.callbacks.values():
            announced.setdefault(callback.verification_id, []).append(callback.type)
        for one in self.world.tables.verifications.values():
            events = [event.removeprefix("verification.") for event in announced.pop(one.id, [])]
            if one.client is None or one.callback_url is None or one.status not in FINAL:
                assert events == []
            elif one.reason == "repudiated":
                assert events == ["approved", "repudiated"]
            else:
                assert events == [one.status]
        assert announced == {}

    @invariant()
    def each_try_is_counted_and_there_are_ten(self) -> None:
        for id, callback in self.world.tables.callbacks.items():
            assert callback.tries == self.tries.get(id, 0) <= 10

    @invariant()
    def an_address_has_its_share(self) -> None:
        for address in self.world.tables.addresses.values():
            at = [int(one) for one in address.codes_at.split(",")]
            assert sum(one > self.world.now - HOUR for one in at) <= 4

    def _any(self, pick: int) -> str | None:
        every = list(self.world.tables.verifications)
        return every[-1 - pick % min(len(every), 4)] if every else None


TestWalk: Any = Walk.TestCase
TestWalk.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=80,
    stateful_step_count=50,
    suppress_health_check=list(HealthCheck),
)
