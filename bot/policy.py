"""The numbers that decisions use: the operator's settings, and constants that nobody sets.

Durations are in milliseconds.
"""

from __future__ import annotations

from msgspec import Struct

from bot.codes import Secrets
from bot.phone import region_and_kind
from bot.records import DAY_MS, HOUR_MS, MINUTE_MS, Forbidden

# -- verifications ---------------------------------------------------------------------------------

#: The longest a verification stays open, however often a code is sent again.
LONGEST_LIFE_MS = 30 * MINUTE_MS
#: How long after an approval a NO takes it back and a second code is answered "already verified".
REPUDIATION_WINDOW_MS = 10 * MINUTE_MS
#: How long after an approval a NO is still passed on to the web app.
LATE_REPUDIATION_MS = DAY_MS
#: A text that arrives up to this long after Telnyx received it is judged as of when it did.
LATE_DELIVERY_MS = MINUTE_MS
#: How long after its approval a verification can be redeemed.
REDEEM_WINDOW_MS = 15 * MINUTE_MS
#: A verification that was opened longer ago than this changes no decision about its phone.
RECENT_MS = LONGEST_LIFE_MS + REPUDIATION_WINDOW_MS
#: A poll token works until this long after the end of its verification.
POLL_TOKEN_GRACE_MS = HOUR_MS
#: How long an `Idempotency-Key` is remembered.
IDEMPOTENCY_MS = DAY_MS

# -- limits ----------------------------------------------------------------------------------------

#: Replies to a phone. Codes, final words and `UNCOUNTED_WRONG_PER_DAY` are not counted.
REPLIES_PER_HOUR = 20
REPLIES_PER_DAY = 40
HELP_PER_HOUR = 3
#: So many wrong codes of 24 hours are answered whatever else was sent. Each further answer counts
#: as a reply.
UNCOUNTED_WRONG_PER_DAY = 10
#: How often each code that is sent in other words is answered with how to send it.
CODE_ALONE_PER_CODE = 3
#: An own stop is confirmed, and START asked for, once in this time.
STOP_QUIET_MS = DAY_MS
WRONG_REFS_PER_HOUR = 5
#: Wrong codes without an approval that close the page door (NIST SP 800-63B-4, section 3.2.2).
WRONG_IN_A_ROW = 100
#: How long a NO to a code that a page asked for closes the page door.
CLOSED_BY_NO_MS = DAY_MS
#: `max_attempts` wrong codes by text within this time lock the phone's replies.
WRONG_TEXT_WINDOW_MS = 15 * MINUTE_MS
#: Digits of a code once the day's wrong codes are used up, or while codes are sprayed.
STRONG_DIGITS = 8
#: Codes are sprayed in an hour in which so many codes of all phones were wrong, and this share of
#: those that were compared. Of honest codes about one in twenty is mistyped.
SPRAYED_WRONG, SPRAYED_SHARE = 50, 0.2
#: The operator is told of an hour with so many codes of which less than this share approved.
JUDGED_CODES, LEAST_CONVERSION = 20, 0.2
#: Unclaimed requests of one client address at the hosted pages, and of all web apps together. The
#: latter keeps the odds that a mistyped ref is somebody's below 1e-4.
OPEN_PER_ADDRESS, OPEN_IN_ALL = 20, 6_000
#: Of the ceilings on cost: what pages and web apps may use, and when the operator is told.
PAGE_SHARE = ALARM_SHARE = 0.8
#: How many hours before the current one are counted.
USAGE_HOURS = 24
#: Codes that may die unused of one prefix, address or region in an hour and a day: so many, or this
#: share of the approvals of that time.
HOURLY_UNUSED, HOURLY_SHARE_UNUSED = 5, 0.2
DAILY_UNUSED, DAILY_SHARE_UNUSED = 20, 0.3
#: Codes of one web app that may be unused in two hours and in a day: so many, or so many times the
#: approvals of that time. More than others, because strangers who use its form can use this up.
APP_HOURLY_UNUSED, APP_DAILY_UNUSED, APP_UNUSED_PER_APPROVAL = 100, 400, 2
#: Regions that one address may ask for in 24 hours.
REGIONS_PER_ADDRESS = 3
#: Bounds a row. More approvals do not raise a budget further.
MOST_APPROVALS_REMEMBERED = 1_000
#: The same notice or hint is not repeated within this time.
QUIET_MS = 10 * MINUTE_MS
#: A signed webhook is accepted for this long.
SIGNATURE_TOLERANCE_MS = 5 * MINUTE_MS
#: A text is remembered for this much longer than its signature or its code is accepted, because
#: clocks differ.
REMEMBERED_MARGIN_MS = MINUTE_MS
#: Further texts of a phone within that time are ignored, except STOP, START and NO.
MOST_TEXTS = 100
#: Bounds a phone's row. Of more texts, which can only be STOP, START and NO, the oldest are
#: forgotten.
MOST_TEXTS_REMEMBERED = 400

# -- messages --------------------------------------------------------------------------------------

#: A reply that is not sent within this time is not sent at all. The final words of a login live as
#: long as a code.
REPLY_LIFE_MS = MINUTE_MS
#: The lease under which a process sends a message. A try must end before the lease does.
SEND_LEASE_MS = 6_000
#: The most rounds in which a text is sent. A receipt with a transient failure begins the next
#: round, which has a new idempotency key.
SEND_ROUNDS = 3
#: The first wait between two tries, which doubles, and the longest one.
FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS = 500, 8_000
#: The wait between two tries while the operator has to fix the account.
HELD_BACKOFF_MS = 15_000

#: Expiries without a callback that a sweep stores at most.
EXPIRIES_PER_SWEEP = 500

# -- callbacks (Standard Webhooks 1.0) -------------------------------------------------------------

#: The waits between tries. If the try after the last wait fails, so does the callback.
CALLBACK_SCHEDULE_MS = (
    5_000,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    *(hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)),
)
#: Longer than a try may take, so that no second process sends the callback meanwhile.
CALLBACK_LEASE_MS = 20_000
#: The longest `Retry-After` that is honoured.
LONGEST_RETRY_AFTER_MS = DAY_MS
#: Calls to one web app at a time, so that one that hangs delays no other.
CALLBACKS_PER_CLIENT = 8


class Policy(Struct, frozen=True):
    """What the operator has set. `webhooks.settings` fills it in."""

    secrets: Secrets
    numbers: tuple[str, ...]
    app_name: str = "Textlogin"
    support_contact: str | None = None
    allowed_regions: frozenset[str] | None = frozenset({"US", "CA"})
    code_length: int = 6
    code_ttl_ms: int = 5 * MINUTE_MS
    verification_ttl_ms: int = 15 * MINUTE_MS
    max_attempts: int = 5
    lockout_ms: int = 15 * MINUTE_MS
    wrong_per_day: int = 24
    resend_cooldown_ms: int = MINUTE_MS
    codes_per_10_min: int = 3
    codes_per_hour: int = 5
    codes_per_day: int = 10
    codes_per_ip_hour: int = 10
    open_per_app: int = 2_000
    codes_per_day_total: int | None = 10_000
    texts_per_day_total: int | None = 30_000
    default_region: str = "US"
    fraud_guard: str = "enforce"

    def windows(self) -> tuple[tuple[str, int, int], ...]:
        """Name, length (ms) and size of each window on the codes sent to one phone at the request
        of one door."""
        return (
            ("codes_per_10_min", 10 * MINUTE_MS, self.codes_per_10_min),
            ("codes_per_hour", HOUR_MS, self.codes_per_hour),
            ("codes_per_day", DAY_MS, self.codes_per_day),
        )

    def memory_ms(self) -> int:
        """How long a text is remembered, to recognise it when it is delivered again."""
        return max(SIGNATURE_TOLERANCE_MS, self.code_ttl_ms) + REMEMBERED_MARGIN_MS

    def reason_against(self, phone: str) -> Forbidden | None:
        """Why this number gets no codes, by text or on a page; None if it may have one."""
        region, is_refused = region_and_kind(phone)
        if is_refused:
            return "number_not_allowed"
        return None if self.allows(region) else "region_not_allowed"

    def allows(self, region: str | None) -> bool:
        """Whether codes may be sent to a region. `allowed_regions` of None allows all."""
        return self.allowed_regions is None or region in self.allowed_regions
