"""A callback URL that has answered 410 is disabled: nothing more is sent to it."""

from __future__ import annotations

from bot.commands import Access, CallbackSettled, CancelRequested
from tests.harness.constants import DAY_MS, OTHER_APP, SHOP
from tests.harness.requests import OTHER_URL, URL, request_and_cancel
from tests.harness.simulation import Simulation


def test_gone_disables_later_callbacks_of_that_web_app_to_that_url_only() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (due,) = sim.sweep_callbacks()
    assert sim.settle_callback(due.id, "gone", "410").state == "disabled"

    sim.cancel(sim.request(callback_url=URL).id)
    sim.cancel(sim.request(callback_url=OTHER_URL).id)
    sim.cancel(sim.request(callback_url=URL, client=OTHER_APP).id, client=OTHER_APP)

    later = [(one.client, one.url, one.state) for one in sim.store.callbacks.values()][1:]
    assert later == [
        (SHOP, URL, "disabled"),
        (SHOP, OTHER_URL, "queued"),
        (OTHER_APP, URL, "queued"),
    ]
    sim.wait(DAY_MS)
    assert {one.url for one in sim.sweep_callbacks()} == {URL, OTHER_URL}


def test_gone_disables_a_callback_that_the_same_batch_makes_after_it() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    requested = sim.request(callback_url=URL)
    (due,) = sim.sweep_callbacks()

    sim.carry_out(
        CallbackSettled(due.id, "gone", "410"), CancelRequested(requested.id, Access(SHOP))
    )

    assert [one.state for one in sim.store.callbacks.values()] == ["disabled", "disabled"]


def test_gone_disables_callbacks_that_are_already_queued_for_that_url() -> None:
    sim = Simulation()
    for _ in range(2):
        sim.cancel(sim.request(callback_url=URL).id)
    first, second = sim.sweep_callbacks()
    sim.settle_callback(second.id, "retry", "500")
    sim.settle_callback(first.id, "gone", "410")
    sim.wait(DAY_MS)

    assert sim.sweep_callbacks() == []
    assert [one.state for one in sim.store.callbacks.values()] == ["disabled", "disabled"]
