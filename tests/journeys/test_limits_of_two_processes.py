"""Limits over many phones are exact when two processes share a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from bot.policy import DAILY_UNUSED
from tests.harness.postgres import Postgres
from tests.harness.service_pair import Pair, service_pair

_MANY = 200
_CODES_A_DAY = 100


@pytest.fixture
def pair(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with service_pair(postgres, folder, codes_a_day=_CODES_A_DAY) as two:
        yield two


def test_two_processes_keep_the_budgets_of_a_prefix_and_of_a_region_and_of_the_day(
    pair: Pair,
) -> None:
    of_a_prefix = pair.send_codes([f"+1650555{number:04}" for number in range(_MANY)])
    assert Counter(of_a_prefix) == {201: DAILY_UNUSED, 429: _MANY - DAILY_UNUSED}

    of_canada = pair.send_codes([f"+1416{220 + number}0123" for number in range(_MANY)])
    assert Counter(of_canada) == {201: DAILY_UNUSED, 429: _MANY - DAILY_UNUSED}

    phones = [f"+1503555{number:04}" for number in range(_MANY)]
    assert pair.text(*[("LOGIN", phone) for phone in phones]) == [200] * _MANY
    asked = [verification for phone in phones for verification in pair.find(phone)]
    assert len(asked) == _CODES_A_DAY - 2 * DAILY_UNUSED
