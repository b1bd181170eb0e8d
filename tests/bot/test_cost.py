"""What one attacker can make the operator pay in a day, with the default settings."""

from __future__ import annotations

import pytest

from bot.commands import PAGES_CLIENT
from bot.records import HOUR_MS, Usage
from tests.attacks.cost import ROWS, Row, phone
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.run.__name__))
def test_no_attack_causes_more_texts_than_its_ceiling(row: Row) -> None:
    assert 0 < row.run() <= row.most


def test_pages_never_use_up_what_texts_from_phones_may_have() -> None:
    """A fifth of the codes and of the texts is left, however many requests there are."""
    for texts in (8_000, 24_000):
        sim = Simulation()
        hour = sim.now // HOUR_MS
        sim.store.usage[hour] = Usage(hour, 8_000 - 1, 8_000 - 1, texts)
        for number in range(20):
            address = f"2001:db8:0:{number:x}::"
            sim.try_request("sms", phone(number), client=PAGES_CLIENT, address=address)
        used = sim.store.usage[hour]

        assert used.page_codes == 8_000
        assert kinds(sim.text("LOGIN", phone(100))) == ["code"]
        assert kinds(sim.text("HELP", phone(101))) == ["help"]
