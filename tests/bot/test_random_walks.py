"""Random walks: the invariants hold after every sequence of commands and waits."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from tests.harness.callback_walk import CallbackWalk
from tests.harness.text_walk import TextWalk


def _settings(examples: int, steps: int) -> settings:
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )


TestTexts: Any = TextWalk.TestCase
TestTexts.settings = _settings(300, 60)

TestCallbacks: Any = CallbackWalk.TestCase
TestCallbacks.settings = _settings(80, 50)
