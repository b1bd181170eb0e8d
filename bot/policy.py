"""The numbers that decisions go by. `webhooks.settings` fills them in; durations in ms."""

from __future__ import annotations

from msgspec import Struct

from bot.codes import Secrets
from bot.records import DAY_MS, HOUR_MS, MINUTE_MS

#: Not settings: nobody needs to turn these.
REPLIES_PER_HOUR = 20
REF_MISSES_PER_HOUR = 5
QUIET_MS = 10 * MINUTE_MS
REPLY_LIFE_MS = MINUTE_MS
STRONG_DIGITS = 8
SEND_ROUNDS = 3
CALLBACKS_EACH = 8
#: How long a process holds a message of its own to send. A try must end before it does.
SEND_LEASE_MS = 6_000


class Policy(Struct, frozen=True):
    """What the operator has set."""

    secrets: Secrets
    numbers: tuple[str, ...]
    app_name: str = "Textlogin"
    allowed_regions: frozenset[str] | None = frozenset({"US", "CA"})
    code_length: int = 6
    code_ttl: int = 5 * MINUTE_MS
    verification_ttl: int = 15 * MINUTE_MS
    max_attempts: int = 5
    lockout: int = 15 * MINUTE_MS
    wrong_per_day: int = 24
    resend_cooldown: int = MINUTE_MS
    codes_per_10_min: int = 3
    codes_per_hour: int = 5
    codes_per_day: int = 10
    codes_per_ip_hour: int = 10

    def windows(self) -> tuple[tuple[str, int, int], ...]:
        """Name, length and size of each window on codes to one phone."""
        return (
            ("codes_per_10_min", 10 * MINUTE_MS, self.codes_per_10_min),
            ("codes_per_hour", HOUR_MS, self.codes_per_hour),
            ("codes_per_day", DAY_MS, self.codes_per_day),
        )

    def allows(self, region: str | None) -> bool:
        """Whether codes may be sent to a region."""
        return self.allowed_regions is None or region in self.allowed_regions
