"""How long a code and its verification are valid."""

from __future__ import annotations

from tests.harness.constants import DAY_MS, MINUTE_MS, START_MS
from tests.harness.simulation import Simulation


def test_each_code_extends_its_verification_up_to_thirty_minutes() -> None:
    sim = Simulation(codes_per_hour=10, codes_per_10_min=10)
    sim.start_login()
    assert sim.verifications()[0].expires_at == START_MS + 15 * MINUTE_MS
    for minutes, end in ((14, 19), (18, 23), (22, 27), (26, 30), (29, 30)):
        sim.now = START_MS + minutes * MINUTE_MS
        sim.start_login()
        assert len(sim.verifications()) == 1
        assert sim.verifications()[0].expires_at == START_MS + end * MINUTE_MS
        assert sim.verifications()[0].code_expires_at == START_MS + min(minutes + 5, 30) * MINUTE_MS


def test_login_in_the_last_minute_of_a_login_opens_a_new_one() -> None:
    sim = Simulation(codes_per_hour=10, codes_per_10_min=10)
    for minutes in (0, 14, 18, 22, 26):
        sim.now = START_MS + minutes * MINUTE_MS
        sim.start_login()
    sim.now = START_MS + 29 * MINUTE_MS + 1

    sim.start_login()

    assert sim.statuses() == ["canceled:superseded", "pending"]
    assert sim.verifications()[1].code_expires_at == sim.now + 5 * MINUTE_MS


def test_a_phone_whose_code_has_died_may_log_in_days_later() -> None:
    sim = Simulation()
    sim.start_login()
    sim.wait(3 * DAY_MS)

    sim.text(sim.start_login())

    assert sim.statuses() == ["expired", "approved"]
