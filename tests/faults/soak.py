"""`make soak`: a steady load for minutes. What grows, and what slows down?"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tests.benchmarks.databases import Kind
from tests.faults.fault import Bar, Plan
from tests.faults.options import Options
from tests.faults.outcome import settle
from tests.faults.served_process import Use
from tests.faults.testbed import Testbed

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BROKEN = 1
_INTERVAL_S = 30.0
_MB = 1e6


class Sample(NamedTuple):
    """The webhooks since the sample before, and the state at its end; sizes in bytes, summed over
    the processes."""

    seconds: float
    logins: int
    answered: int
    refused: int
    p99_s: float
    use: Use
    log_bytes: int
    database_bytes: int

    @property
    def line(self) -> str:
        """For people."""
        return (
            f"{self.seconds:5.0f} s  {self.logins:7,} logins  p99 {self.p99_s * 1000:5.0f} ms  "
            f"503: {self.refused:,}  RSS {self.use.memory_bytes / _MB:4.0f} MB  "
            f"descriptors {self.use.files:4}  WAL {self.log_bytes / _MB:5.1f} MB  "
            f"database {self.database_bytes / _MB:6.1f} MB"
        )


@app.command()
def main(
    seconds: Annotated[int, typer.Option(min=1, help="How long.")] = 600,
    rate: Annotated[float, typer.Option(min=0.1, help="Logins per second.")] = 100,
    database: Annotated[Kind, typer.Option(help="The database.")] = Kind.SQLITE,
) -> None:
    """Log phones in at a steady rate, and print what that takes every 30 seconds.

    A login is six webhooks and two texts. p99 is of the webhooks' answers, RSS and descriptors are
    sums over the processes (one on SQLite, two on PostgreSQL). `make soak` takes the same options
    as variables: SECONDS, RATE, DATABASE.

    Exits 1 if anything is lost, doubled or unconfirmed.
    """
    samples = []
    with (
        tempfile.TemporaryDirectory(prefix="textlogin-soak-") as folder,
        Testbed(database, Plan(rate=rate, opens_connections=False), Options(), Path(folder)) as bed,
    ):
        bed.begin_load()
        for sample in _samples(bed, seconds):
            samples.append(sample)
            print(sample.line, flush=True)
        bed.end_load()
        outcome = settle(bed.ledger, bed.database.approvals(), 0, Bar())
    print(f"\n{_summary(samples)}\n{outcome.verdict}")
    raise typer.Exit(0 if outcome.passes else EXIT_BROKEN)


def _samples(bed: Testbed, seconds: float) -> Iterator[Sample]:
    """One at the start, one every 30 s, one at the end."""
    began_at = time.monotonic()
    seen = 0
    while True:
        answered_s = sorted(bed.ledger.answered_s[seen:])
        seen += len(answered_s)
        passed = time.monotonic() - began_at
        yield _sample(bed, passed, answered_s)
        if passed >= seconds:
            return
        time.sleep(min(_INTERVAL_S, max(seconds - passed, 0)))


def _sample(bed: Testbed, passed: float, answered_s: list[float]) -> Sample:
    uses = [process.use() for process in bed.processes]
    return Sample(
        seconds=passed,
        logins=len(bed.ledger.acknowledged),
        answered=len(answered_s),
        refused=bed.ledger.answers[503],
        p99_s=answered_s[int(len(answered_s) * 0.99)] if answered_s else 0,
        use=Use(*map(sum, zip(*uses, strict=True))),
        log_bytes=bed.database.log_bytes(),
        database_bytes=bed.database.bytes(),
    )


def _summary(samples: list[Sample]) -> str:
    """From the second sample on: the first one is taken while processes still warm up."""
    first, last = samples[0], samples[-1]
    logins = max(last.logins - first.logins, 1)
    grown = last.database_bytes - first.database_bytes
    return "\n".join(
        [
            f"logins per second    {logins / max(last.seconds - first.seconds, 1):.1f}",
            f"highest p99          {max(one.p99_s for one in samples[1:]) * 1000:.0f} ms",
            f"RSS                  {samples[1].use.memory_bytes / _MB:.0f} MB, "
            f"at the end {last.use.memory_bytes / _MB:.0f} MB",
            f"descriptors          {samples[1].use.files}, at the end {last.use.files}",
            f"largest WAL          {max(one.log_bytes for one in samples) / _MB:.1f} MB",
            f"database per login   {grown / logins:.0f} bytes",
        ]
    )


if __name__ == "__main__":
    app()
