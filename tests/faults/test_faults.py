"""Quick faults, one after the other: nothing acknowledged is lost, nothing is sent twice.

`make faults` injects all faults, for as long as they are meant to last, and measures recovery.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.benchmarks.databases import Kind
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Bar, Plan
from tests.faults.options import Options
from tests.faults.outcome import settle
from tests.faults.testbed import Testbed

#: Patient: other tests run at the same time.
_SHORT = Options(kills=1, longest_s=1, most_per_second=3, patience_s=60)
_SERIES = {
    Kind.SQLITE: ("telnyx-accepts-and-cuts", "telnyx-fails", "kill"),
    Kind.POSTGRESQL: ("connections-cut", "partition", "postgresql-killed", "kill"),
}


@pytest.mark.parametrize("kind", Kind)
def test_a_series_of_faults_loses_nothing_and_doubles_nothing(kind: Kind, tmp_path: Path) -> None:
    with Testbed(kind, Plan(processes=1), _SHORT, tmp_path) as bed:
        bed.begin_load()
        for name in _SERIES[kind]:
            inject = FAULTS[name].inject
            assert inject is not None
            inject(bed)
            recovery_s = bed.recovery_s(time.monotonic(), _SHORT.patience_s)
            assert recovery_s is not None, f"after {name}: {bed.processes[0].log_tail()}"
        bed.end_load()
        outcome = settle(bed.ledger, bed.database.approvals(), recovery_s, Bar(recovery_s=60))

    assert outcome.problems == []


def test_every_fault_says_what_it_proves() -> None:
    assert [name for name, fault in FAULTS.items() if not fault.proves] == []
