"""Runs rows, several at the same time, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection, wait

from tests.faults.options import Options
from tests.faults.outcome import Outcome
from tests.faults.row import Row

#: What is imported here need not be imported by each row. This process has no other threads.
_FORK = multiprocessing.get_context("fork")
_LOG_LINES = 12

#: Prints a line.
Report = Callable[[str], None]


def measure_all(
    rows: list[Row], options: Options, at_once: int, report: Report
) -> list[tuple[Row, Outcome]]:
    """The rows with their outcomes, in their order. Those that have to run alone run first."""
    alone = [row for row in rows if row.fault.plan.alone]
    others = [row for row in rows if not row.fault.plan.alone]
    outcomes = _measure_some(alone, options, 1, report)
    outcomes |= _measure_some(others, options, at_once, report)
    return [(row, outcomes[row.name]) for row in rows]


def _measure_some(
    rows: list[Row], options: Options, at_once: int, report: Report
) -> dict[str, Outcome]:
    waiting, running = deque(rows), dict[Connection, Row]()
    outcomes: dict[str, Outcome] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            row = waiting.popleft()
            report(f"{_time()} {row.name} …")
            running[_start(row, options)] = row
        for ended in wait(list(running)):
            assert isinstance(ended, Connection)
            row = running.pop(ended)
            outcome = outcomes[row.name] = _receive(ended)
            report(f"{_time()} {row.name}: {outcome.verdict}{_indented(outcome.log)}")
        _FORK.active_children()  # joins those that have ended
    return outcomes


def _start(row: Row, options: Options) -> Connection:
    """Where its outcome will come from."""
    receiver, sender = _FORK.Pipe(duplex=False)
    _FORK.Process(target=_measure, args=(row, options, sender), name=row.name).start()
    sender.close()
    return receiver


def _receive(receiver: Connection) -> Outcome:
    with receiver:
        try:
            outcome: Outcome = receiver.recv()
        except EOFError:
            outcome = Outcome(problems=["the row ended without an outcome"])
    return outcome


def _measure(row: Row, options: Options, sender: Connection) -> None:
    """In the process of the row."""
    try:
        outcome = row.measure(options)
    except Exception as error:
        log = "\n".join(traceback.format_exc().splitlines()[-_LOG_LINES:])
        outcome = Outcome(problems=[f"the row failed: {error}"], log=log)
    sender.send(outcome)


def _time() -> str:
    return time.strftime("%H:%M:%S")


def _indented(log: str) -> str:
    return "".join(f"\n    {line}" for line in log.splitlines())
