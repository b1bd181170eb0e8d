"""Verifications for tests of single functions; status and reason as one string."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from bot.records import Verification
from tests.harness.constants import MINUTE_MS, NUMBER, PHONE, START_MS
from tests.harness.policy import policy

_OPEN = Verification(
    id="ver_1",
    revision=1,
    client=None,
    method="text",
    code_entry="reply",
    status="pending",
    awaiting="code",
    phone=PHONE,
    number=NUMBER,
    created_at=START_MS,
    expires_at=START_MS + 15 * MINUTE_MS,
    attempts_left=5,
    seed="5" * 32,
    secret_id=policy().secrets.current,
    codes=1,
    code_expires_at=START_MS + 5 * MINUTE_MS,
)


def open_verification(**changes: Any) -> Verification:
    """A stand-alone login with a live code, with changes."""
    return replace(_OPEN, **changes)


def status_and_reason(verification: Verification) -> str:
    """`status`, or `status:reason` where it has a reason."""
    reason = f":{verification.reason}" if verification.reason else ""
    return f"{verification.status}{reason}"
