"""What one web app's key can have sent for nothing."""

from __future__ import annotations

from bot.commands import PAGES_CLIENT
from bot.events import GuardRefused
from bot.outcomes import Found, Limited
from bot.policy import APP_DAILY_UNUSED, APP_HOURLY_UNUSED
from bot.records import HOUR_MS
from tests.harness.constants import SHOP
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


def phone(number: int) -> str:
    """Each has a prefix of its own."""
    return f"+1202{200 + number:03}5555"


def ask(sim: Simulation, number: int, client: str = SHOP) -> object:
    return sim.try_request("sms", phone(number), client=client)


def asked(sim: Simulation, many: int, first: int = 0, client: str = SHOP) -> int:
    """How many of so many requests of a web app get a code."""
    return sum(isinstance(ask(sim, first + n, client), Found) for n in range(many))


def test_a_key_has_at_most_a_hundred_unused_codes_sent_in_an_hour() -> None:
    sim = Simulation()

    assert asked(sim, 300) == APP_HOURLY_UNUSED
    assert sim.try_request("sms", phone(301)) == Limited(
        "fraud_guard", (sim.now // HOUR_MS + 1) * HOUR_MS, sim.now
    )


def test_a_key_has_at_most_four_hundred_unused_codes_sent_in_a_day() -> None:
    sim, sent = Simulation(), 0
    for hour in range(24):
        sent += asked(sim, 30, first=30 * hour)
        sim.wait(HOUR_MS)

    assert sent == APP_DAILY_UNUSED


def test_the_refusal_names_the_web_app() -> None:
    sim = Simulation()
    asked(sim, APP_HOURLY_UNUSED)
    (decision,) = sim.decide(sim.request_command("sms", phone(500)))

    until = (sim.now // HOUR_MS + 1) * HOUR_MS
    assert decision.events == (GuardRefused(phone(500), "web_app", until, enforced=True),)


def test_another_web_app_and_texts_from_phones_are_not_refused() -> None:
    sim = Simulation()
    asked(sim, APP_HOURLY_UNUSED + 1)

    assert isinstance(ask(sim, 500, "other"), Found)
    assert kinds(sim.text("LOGIN", phone(501))) == ["code"]


def test_approvals_raise_the_budget() -> None:
    sim = Simulation()
    for number in range(60):
        requested = sim.request("sms", phone(number))
        sim.check(requested.id, sim.code_of(requested))

    assert asked(sim, 300, first=100) == 2 * 60


def test_the_codes_of_the_hour_before_count_and_those_before_it_do_not() -> None:
    sim = Simulation()
    asked(sim, APP_HOURLY_UNUSED)
    sim.wait(HOUR_MS)
    assert asked(sim, 1, first=200) == 0
    sim.wait(HOUR_MS)

    assert asked(sim, 300, first=300) == APP_HOURLY_UNUSED


def test_the_hosted_pages_have_no_such_budget() -> None:
    sim = Simulation()

    assert asked(sim, APP_HOURLY_UNUSED + 50, client=PAGES_CLIENT) == APP_HOURLY_UNUSED + 50


def test_a_busy_web_apps_row_stays_small() -> None:
    sim = Simulation(fraud_guard="off")
    for hour in range(60):
        asked(sim, 20, first=20 * (hour % 30))
        sim.wait(HOUR_MS)

    assert len(sim.store.guards[f"web_app {SHOP}"].hours) < 25 * 20
