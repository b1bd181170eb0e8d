"""What the journal writes of events that come one by one."""

import io

from bot.commands import OutboxSwept
from bot.events import CeilingNear, ConversionLow, Event, SprayingNoticed
from bot.outcomes import Recorded
from bot.snapshot import Decision, Rows
from storage.commit import Commit, Decided, Steps
from storage.request import CURRENT, Request
from webhooks.ops.journal import QUIET_S, Journal
from webhooks.ops.logs import Lines
from webhooks.ops.metrics import Metrics


class Log:
    """A journal with a clock that the test moves, and its lines."""

    def __init__(self, level: str = "info") -> None:
        self.now = 1000.0
        self.metrics = Metrics()
        self._stream = io.StringIO()
        lines = Lines("text", level, self._stream)
        self.journal = Journal(
            lines, self.metrics, clock=lambda: self.now, later=lambda write: write()
        )

    def lines(self) -> list[str]:
        """Without their times."""
        return [line.partition(" ")[2] for line in self._stream.getvalue().splitlines()]

    def count(self, event: str) -> float:
        samples = self.metrics.events.family().samples
        return next(sample.value for sample in samples if sample.labels == (event,))


QUICK = Steps()


def commit_of(*events: Event, steps: Steps = QUICK) -> Commit:
    decision = Decision(Recorded(), Rows(), events)
    decided = [Decided(OutboxSwept(0), decision, None)] if events else []
    return Commit(0, (), (), (), (), events, decided, steps)


def test_a_ceiling_that_is_nearly_used_up_is_a_warning_in_the_log() -> None:
    log = Log()
    log.journal.committed(commit_of(CeilingNear("codes_per_day_total", 8000, 10_000)))
    log.journal.committed(commit_of())

    (line,) = log.lines()
    assert line == "warning ceiling near limit=codes_per_day_total used=8000 ceiling=10000"


def test_guessing_at_many_phones_is_a_warning_in_the_log() -> None:
    log = Log()
    log.journal.committed(commit_of(SprayingNoticed(wrong=50, compared=60)))

    assert log.lines() == ["warning spraying noticed wrong=50 compared=60"]


def test_an_hour_in_which_few_codes_approve_is_a_warning_in_the_log() -> None:
    log = Log()
    log.journal.committed(commit_of(ConversionLow(codes=20, approved=3)))

    assert log.lines() == ["warning conversion low approved=3 codes=20"]


def test_a_slow_batch_is_logged_with_its_steps() -> None:
    log = Log()
    log.journal.committed(commit_of(steps=Steps(gather=0.1, decide=0.1, commit=0.7)))
    log.journal.committed(commit_of(steps=Steps(gather=0.1, decide=0.2, commit=0.9)))

    assert log.lines() == ["warning slow batch commands=0 gather=0.1 decide=0.2 commit=0.9"]


def test_refusals_are_logged_once_a_minute_and_all_counted() -> None:
    log = Log()
    for _ in range(5):
        log.journal.refused("webhook_refused", "wrong_signature")
    log.now += QUIET_S - 1
    log.journal.refused("webhook_refused", "wrong_time")
    first = log.lines()
    log.now += 1
    log.journal.refused("webhook_refused", "wrong_signature")

    assert first == ["warning webhook refused reason=wrong_signature count=1"]
    (_, second) = log.lines()
    assert second.endswith("count=6 reasons=wrong_signature:5,wrong_time:1")
    assert log.count("webhook_refused") == 7


def test_a_refusal_of_another_kind_is_not_held_back() -> None:
    log = Log()
    log.journal.refused("webhook_refused", "wrong_signature")
    log.journal.refused("unauthorized", "unknown_key")

    assert len(log.lines()) == 2


def test_a_refusal_names_its_request() -> None:
    log = Log()
    before = CURRENT.set(Request("0123456789abcdef"))
    try:
        log.journal.refused("unauthorized", "unknown_key")
    finally:
        CURRENT.reset(before)

    (line,) = log.lines()
    assert "request_id=0123456789abcdef" in line


def test_what_is_below_the_level_is_counted_but_not_logged() -> None:
    log = Log("error")
    log.journal.report("ready", version="1", database="sqlite")

    assert log.lines() == []
    assert log.count("ready") == 1


def test_a_value_with_spaces_quotes_or_line_breaks_stays_one_value_on_one_line() -> None:
    log = Log()
    log.journal.report("database_lost", cause='a "b"\nc')

    assert log.lines() == [r'error database lost cause="a \"b\"\nc"']


class Broken(io.StringIO):
    """A full disk."""

    def write(self, text: str) -> int:
        raise OSError("No space left on device")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    journal = Journal(Lines("json", "info", Broken()), None)
    journal.report("stopped")
