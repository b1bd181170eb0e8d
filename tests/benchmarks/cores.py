"""The two CPU cores: one for the service, one for its load and the databases."""

from __future__ import annotations

import os

from tests.benchmarks.errors import CannotMeasure


def cores() -> tuple[int, int]:
    """The service's core and the load's. Raises CannotMeasure."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise CannotMeasure("Two cores are needed: one for the service, one for its load.")
    return usable[0], usable[1]
