"""What Telnyx's error codes mean, and what the operator can do, in words."""

from __future__ import annotations

from collections.abc import Mapping

#: By code: what it means, and the cure.
_ADVICE: Mapping[str, tuple[str, str]] = {
    "10002": ("this is no phone number", "check the number"),
    "10009": ("Telnyx does not accept the API key", "set TELNYX_API_KEY to one that is active"),
    "10039": ("the account is restricted", "ask Telnyx's support why"),
    "20002": ("the API key is revoked", "make a new one and set TELNYX_API_KEY"),
    "20012": ("the account is inactive", "activate it in Telnyx's portal"),
    "20100": ("the account has too little money", "add money in Telnyx's portal: Billing"),
    "40001": ("the number cannot receive texts, for example a landline", "use a mobile number"),
    "40006": ("the recipient's network does not answer", "wait; the service tries again"),
    "40008": ("the network could not deliver it", "try another phone; if many fail, ask Telnyx"),
    "40010": (
        "your number is not registered for 10DLC",
        "assign it to an approved campaign in Telnyx's portal: Messaging, Compliance",
    ),
    "40011": ("too many texts a second for this number", "wait, or raise the campaign's rate"),
    "40012": ("the network does not know the number", "check the number"),
    "40020": ("the carrier's limit for a day is used up", "wait, or raise the brand's vetting"),
    "40100": ("your number cannot text", "put it on a messaging profile: textlogin setup"),
    "40300": (
        "the phone has texted STOP to your number",
        "its user must text START; nobody else can lift it",
    ),
    "40305": ("your account does not own the sender", "check TELNYX_PHONE_NUMBER"),
    "40309": ("the profile does not allow texts to this region", "run textlogin setup"),
    "40312": ("the messaging profile is disabled", "enable it in Telnyx's portal, or run setup"),
    "40314": ("messaging is disabled for the account", "ask Telnyx's support why"),
    "40315": ("your number is unhealthy: too many texts failed", "check who asks for codes"),
    "40318": ("too many texts wait at Telnyx", "wait; the service tries again"),
    "40322": ("a filter took the text for spam", "register the exact texts: texts --samples"),
    "40329": ("your toll-free number is not verified", "request its verification at Telnyx"),
    "40330": ("your toll-free number's verification is pending", "wait for Telnyx's review"),
    "40331": (
        "the sender is not registered in the recipient's country",
        "register it at Telnyx, or take the country out of ALLOWED_REGIONS",
    ),
    "40333": (
        "the messaging profile's daily spend limit is reached",
        "raise it in Telnyx's portal, or wait until midnight UTC",
    ),
}


def advice(code: str) -> tuple[str, str] | None:
    """What a code means and the cure, for a sentence; None if it is not known."""
    return _ADVICE.get(code)


def explain(code: str) -> str:
    """One sentence about a code: its meaning and its cure."""
    known = _ADVICE.get(code)
    if known is None:
        return (
            f"Telnyx's error {code}: see https://developers.telnyx.com/docs/overview/errors/{code}"
        )
    meaning, cure = known
    return f"Telnyx's error {code}: {meaning}. To mend it: {cure}."
