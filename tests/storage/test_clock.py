"""The service's time: it keeps its pace while the wall clock is stepped."""

from dataclasses import dataclass

import pytest

from storage.clock import SteadyClock
from tests.harness.clock import HOUR_MS, MINUTE_MS, SECOND_MS

NS_PER_MS = 1_000_000
START = 1_800_000_000_000


@dataclass
class Machine:
    """A machine whose wall clock can be stepped; ms."""

    now: int = START
    uptime: int = 5_000

    def steady_clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.now * NS_PER_MS, lambda: self.uptime * NS_PER_MS)

    def pass_time(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.uptime += milliseconds


@pytest.mark.parametrize("step", [0, -120 * SECOND_MS, -HOUR_MS, HOUR_MS, 24 * HOUR_MS])
@pytest.mark.parametrize("reads", [1, 7, 1000])
def test_durations_keep_their_length_through_any_step(step: int, reads: int) -> None:
    machine = Machine()
    clock = machine.steady_clock()
    began = clock()
    machine.now += step
    for _ in range(reads):
        machine.pass_time(5 * MINUTE_MS // reads)
        clock()
    lasted, real = clock() - began, machine.uptime - 5_000
    assert abs(lasted - real) <= real / 20 + 1


@pytest.mark.parametrize("step", [-120 * SECOND_MS, 120 * SECOND_MS])
def test_the_time_approaches_the_wall_clock_and_then_keeps_to_it(step: int) -> None:
    machine = Machine()
    clock = machine.steady_clock()
    machine.now += step
    machine.pass_time(HOUR_MS)  # a twentieth of it is more than the step
    assert clock() == clock.wall()
    machine.pass_time(MINUTE_MS)
    assert clock() == clock.wall()


def test_the_time_never_goes_back() -> None:
    machine = Machine()
    clock = machine.steady_clock()
    last = clock()
    for step in (-HOUR_MS, HOUR_MS, -1, -30 * MINUTE_MS):
        machine.now += step
        for _ in range(50):
            machine.pass_time(1)
            assert last <= clock()
            last = clock()


def test_the_wall_clock_is_what_the_machine_says() -> None:
    machine = Machine()
    clock = machine.steady_clock()
    machine.now -= HOUR_MS
    assert clock.wall() == START - HOUR_MS
    assert clock() == START


def test_the_time_starts_at_the_last_commit_if_that_is_later() -> None:
    machine = Machine()
    clock = machine.steady_clock()
    assert clock.not_before(START - 1) == START
    assert clock.not_before(START + HOUR_MS) == START + HOUR_MS
    machine.pass_time(1000)
    assert START + HOUR_MS < clock() < START + HOUR_MS + 1000  # it runs on, a little slower
