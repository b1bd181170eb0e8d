"""What the holder of a poll token does not learn about a phone."""

from __future__ import annotations

import pytest

from bot.records import Reason
from tests.harness.constants import START_MS
from tests.harness.verifications import open_verification
from webhooks.verification_json import present


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("opted_out", None),
        ("blocked", None),
        ("region_not_allowed", "region_not_allowed"),
        ("undeliverable", "undeliverable"),
    ],
)
def test_a_poll_token_reads_no_reason_that_concerns_the_phones_owner(
    reason: Reason, shown: str | None
) -> None:
    failed = open_verification(
        status="failed", reason=reason, awaiting=None, seed=None, completed_at=START_MS
    )

    assert present(failed, START_MS).reason == reason
    held = present(failed, START_MS, masked=True)
    assert (held.status, held.reason) == ("failed", shown)
