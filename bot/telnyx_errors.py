"""Telnyx's error codes, and what each one means for the message.

Names follow Telnyx's titles (developers.telnyx.com, "API error codes" and "Messaging error
codes"); a code without a published title has a name of ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands import SendOutcome

#: The phone or the text is refused for good: no second try changes that.
_PERMANENT = {
    "10002": "invalid_phone_number",
    "10016": "not_e164",
    "40001": "not_routable",
    "40012": "invalid_destination_number",
    "40300": "blocked_by_stop",
    "40301": "unsupported_message_type",
    "40302": "message_too_large",
    "40309": "destination_region_not_allowed",
    "40310": "invalid_to_address",
    "40316": "no_content",
    "40319": "incompatible_message_type",
    "40322": "blocked_by_content",
    "40328": "exceeds_recommended_size",
}
#: Likely to pass within the life of a code.
_TRANSIENT = {
    "10007": "unexpected_error",
    "10008": "request_timeout",
    "10011": "too_many_requests",
    "10037": "temporary_failure",
    "40006": "recipient_unavailable",
    "40008": "undeliverable",
}
#: The account or the sending number is at fault: the operator has to fix it; users get
#: no text about it.
_OPERATOR = {
    "10009": "authentication_failed",
    "10039": "account_restricted",
    "20002": "api_key_revoked",
    "20012": "account_inactive",
    "20100": "insufficient_funds",
    "40010": "not_10dlc_registered",
    "40011": "carrier_rate_limit",
    "40020": "carrier_daily_limit",
    "40100": "number_not_messaging_enabled",
    "40305": "invalid_from_address",
    "40312": "messaging_profile_disabled",
    "40314": "messaging_disabled",
    "40315": "unhealthy_from_address",
    "40318": "message_queue_full",
    "40320": "from_address_temporarily_unusable",
    "40321": "no_usable_numbers",
    "40329": "toll_free_not_verified",
    "40330": "toll_free_verification_pending",
    "40331": "sender_not_registered",
    "40333": "profile_spend_limit",
}

#: Every code that this service knows, by name.
NAMES: Mapping[str, str] = _PERMANENT | _TRANSIENT | _OPERATOR
BLOCKED_BY_STOP = "40300"
PERMANENT = frozenset(_PERMANENT)
TRANSIENT = frozenset(_TRANSIENT)
OPERATOR = frozenset(_OPERATOR)

#: What the sender records for a try that Telnyx may nevertheless have accepted: it got no answer,
#: or an answer without a message id.
UNANSWERED = frozenset({"unreachable", "unreadable"})


def classify(status: int, code: str | None, earlier: str | None) -> SendOutcome:
    """What an error answer means. `status` is the HTTP status, `earlier` the previous try's error.

    A 422 for a changed body under a known idempotency key means that the earlier try was
    accepted, if that try ended without an answer.
    """
    if code in PERMANENT:
        return "refused"
    if code in OPERATOR or status in (401, 403):
        return "held"
    if code in TRANSIENT or status in (408, 409, 425, 429) or status >= 500:
        return "retry"
    return "sent" if status == 422 and earlier in UNANSWERED else "refused"
