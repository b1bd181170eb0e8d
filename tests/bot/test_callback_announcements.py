"""Which changes of a verification are announced to its web app."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.records import Verification
from tests.harness.callbacks import callback_types, only_callback, verification_in
from tests.harness.constants import BRITISH_PHONE, HOUR_MS, MINUTE_MS, OTHER_PHONE, PHONE, SHOP
from tests.harness.requests import URL, request_and_cancel, request_and_claim, request_sms
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation
from tests.harness.verifications import status_and_reason


def _approve_on_the_page(sim: Simulation) -> Verification:
    requested = request_sms(sim)
    sim.check(requested.id, sim.code_of(requested))
    return requested


def _approve_by_reply(sim: Simulation) -> Verification:
    requested = request_and_claim(sim)
    sim.text(sim.code_of(requested))
    return requested


def _deny(sim: Simulation) -> Verification:
    requested = request_and_claim(sim)
    sim.text("NO")
    return requested


def _expire(sim: Simulation) -> Verification:
    requested = sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS)
    sim.sweep_callbacks()
    return requested


def _use_up_attempts(sim: Simulation) -> Verification:
    requested = request_sms(sim)
    for _ in range(5):
        sim.check(requested.id, wrong_code(sim.code_of(requested)))
    return requested


def _supersede(sim: Simulation) -> Verification:
    requested = request_and_claim(sim)
    sim.wait(MINUTE_MS)
    sim.text(f"LOGIN {sim.request().ref}")
    return requested


def _opt_out(sim: Simulation) -> Verification:
    requested = request_sms(sim)
    sim.text("STOP")
    return requested


def _refuse_code(sim: Simulation) -> Verification:
    sim.sending_paused = True
    requested = request_sms(sim)
    sim.settle_message(sim.message_of(requested).id, "refused", "40001")
    return requested


def _request_for_another_region(sim: Simulation) -> Verification:
    return sim.request("sms", BRITISH_PHONE, callback_url=URL)


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (_approve_on_the_page, "approved", None),
        (_approve_by_reply, "approved", None),
        (_deny, "denied", None),
        (_expire, "expired", None),
        (_use_up_attempts, "max_attempts_reached", None),
        (request_and_cancel, "canceled", None),
        (_supersede, "canceled", "superseded"),
        (_opt_out, "failed", "opted_out"),
        (_refuse_code, "failed", "undeliverable"),
        (_request_for_another_region, "failed", "region_not_allowed"),
    ],
)
def test_each_final_status_is_announced_once_with_the_verification_as_it_ended(
    end: Callable[[Simulation], Verification], status: str, reason: str | None
) -> None:
    sim = Simulation()
    requested = end(sim)

    callback = only_callback(sim)
    assert (callback.type, callback.client, callback.url) == (f"verification.{status}", SHOP, URL)
    assert (callback.state, callback.tries, callback.created_at) == ("queued", 0, sim.now)
    now = sim.verification(requested.id)
    assert (now.status, now.reason) == (status, reason)
    snapshot = verification_in(callback)
    assert (snapshot.id, snapshot.status, snapshot.reason) == (requested.id, status, reason)
    assert (snapshot.completed_at, snapshot.phone) == (now.completed_at, now.phone)


@pytest.mark.parametrize(
    "end", [_approve_on_the_page, _approve_by_reply, request_and_cancel, _expire]
)
def test_a_callback_contains_neither_the_seed_nor_the_spent_code(
    end: Callable[[Simulation], Verification],
) -> None:
    sim = Simulation()
    end(sim)

    snapshot = verification_in(only_callback(sim))
    assert (snapshot.seed, snapshot.spent) == (None, None)


def test_a_repudiation_is_announced_after_the_approval() -> None:
    sim = Simulation()
    requested = _approve_by_reply(sim)
    sim.redeem(requested.id)
    sim.text("NO")
    sim.text("NO")

    assert callback_types(sim) == ["approved", "repudiated"]
    last = list(sim.store.callbacks.values())[-1]
    assert status_and_reason(verification_in(last)) == "denied:repudiated"


def test_an_approval_and_its_repudiation_in_one_batch_are_both_announced_in_order() -> None:
    sim = Simulation()
    requested = request_and_claim(sim)

    sim.carry_out(sim.text_command(sim.code_of(requested)), sim.text_command("NO"))

    assert callback_types(sim) == ["approved", "repudiated"]


def test_changes_that_do_not_end_a_verification_are_not_announced() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    sim.check(requested.id, wrong_code(sim.code_of(requested)))
    sim.wait(MINUTE_MS)
    sim.resend(requested.id)
    sim.wait(5 * MINUTE_MS)
    sim.sweep_callbacks()
    assert callback_types(sim) == []

    sim.wait(MINUTE_MS)
    sim.resend(requested.id)
    sim.check(requested.id, sim.code_of(requested))
    sim.redeem(requested.id)
    assert callback_types(sim) == ["approved"]


def test_a_stand_alone_login_is_not_announced() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.text("NO")
    sim.start_login(OTHER_PHONE)
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()

    assert callback_types(sim) == []


def test_nothing_is_announced_without_a_callback_url() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, sim.code_of(requested))
    sim.request()
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()

    assert callback_types(sim) == []


def test_the_sweep_announces_an_expiry_with_the_time_at_which_it_happened() -> None:
    sim = Simulation()
    requested = sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS - 1)
    sim.sweep_callbacks()
    assert callback_types(sim) == []

    sim.wait(HOUR_MS)
    sim.sweep_callbacks()
    sim.wait(HOUR_MS)
    sim.sweep_callbacks()
    assert callback_types(sim) == ["expired"]
    assert verification_in(only_callback(sim)).completed_at == requested.created_at + 15 * MINUTE_MS


def test_an_expiry_that_a_text_has_written_down_is_announced_once() -> None:
    sim = Simulation()
    request_and_claim(sim)
    sim.wait(15 * MINUTE_MS)
    sim.text("STATUS")
    sim.sweep_callbacks()
    sim.start_login()

    assert callback_types(sim) == ["expired"]


def test_a_sweep_announces_no_more_expiries_than_it_has_room_for() -> None:
    sim = Simulation()
    for _ in range(5):
        sim.request(callback_url=URL)
    sim.wait(15 * MINUTE_MS)

    for announced in (2, 4, 5, 5):
        sim.sweep_callbacks(room=2)
        assert len(callback_types(sim)) == announced
