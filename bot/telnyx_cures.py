"""Telnyx's error codes in words: what each one means, and what the operator can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_NOTHING = "Nothing to do: it concerns this phone only."
_WAIT = "Nothing to do: the text is tried again."
_KEY = "Put a valid key of this account into TELNYX_API_KEY and restart."
_NUMBER = "In Telnyx's portal, open the number and check its messaging settings."
_PROFILE = "In Telnyx's portal, open the messaging profile and mend this."


class Cure(NamedTuple):
    """Two sentences each at most."""

    meaning: str
    cure: str


_UNKNOWN = Cure(
    "Telnyx reports an error that this version does not know.",
    "Look the code up in Telnyx's documentation, under messaging error codes.",
)
_CURES: Mapping[str, Cure] = {
    "10002": Cure("The phone number does not exist.", _NOTHING),
    "10016": Cure("The phone number is not in the form E.164.", _NOTHING),
    "40001": Cure("The phone cannot receive texts, as a landline cannot.", _NOTHING),
    "40012": Cure("The phone number is not valid.", _NOTHING),
    "40300": Cure("The phone has texted STOP to this number.", "Its owner must text START to it."),
    "40301": Cure("Telnyx cannot send this type of message to the phone.", _NOTHING),
    "40302": Cure("The text is too large for the phone's network.", _NOTHING),
    "40309": Cure(
        "The messaging profile does not allow the phone's country.",
        "In Telnyx's portal, add the country to the profile's allowed destinations.",
    ),
    "40310": Cure("The phone number is not a valid receiver.", _NOTHING),
    "40316": Cure("The text was empty.", "Report it as a defect of this service."),
    "40319": Cure("The number and the phone do not share a type of message.", _NUMBER),
    "40322": Cure(
        "Telnyx or a carrier blocked the text for its content.",
        "Check APP_NAME and the registered sample texts; ask Telnyx's support.",
    ),
    "40328": Cure("The text is larger than carriers recommend.", _NOTHING),
    "10007": Cure("Telnyx had an unexpected error.", _WAIT),
    "10008": Cure("Telnyx took too long.", _WAIT),
    "10011": Cure("Too many requests in a short time.", "Ask Telnyx for a higher rate."),
    "10037": Cure("Telnyx is temporarily unavailable.", _WAIT),
    "40006": Cure("The phone's network is not available.", _WAIT),
    "40008": Cure("The carrier did not deliver the text.", _WAIT),
    "10009": Cure("Telnyx does not accept the API key.", _KEY),
    "10039": Cure("The account is restricted.", "Ask Telnyx's support why."),
    "20002": Cure("The API key was revoked.", _KEY),
    "20012": Cure("The account is not active.", "Ask Telnyx's support why."),
    "20100": Cure("The account has no funds.", "Add funds in Telnyx's portal."),
    "40010": Cure(
        "Your number is not registered for 10DLC, so US carriers refuse its texts.",
        "Register a brand and a campaign, and assign the number to the campaign.",
    ),
    "40011": Cure(
        "The carrier's rate for your campaign is used up.", "Ask for a higher class or send less."
    ),
    "40020": Cure(
        "The carrier's daily limit for your campaign is used up.",
        "It ends at midnight. Raise the brand's trust score to get a higher one.",
    ),
    "40100": Cure("The number is not enabled for messaging.", _NUMBER),
    "40305": Cure("Telnyx may not send from this number.", "Check TELNYX_PHONE_NUMBER."),
    "40312": Cure("The messaging profile is disabled.", _PROFILE),
    "40314": Cure("Messaging is disabled for the account.", "Ask Telnyx's support why."),
    "40315": Cure("Carriers block the number: its health is bad.", "Use another number."),
    "40318": Cure("Telnyx's queue for the number is full.", "Send less or add numbers."),
    "40320": Cure("The number cannot send at the moment.", _WAIT),
    "40321": Cure("The messaging profile has no number that can send.", _PROFILE),
    "40329": Cure("The toll-free number is not verified.", "Submit its verification to Telnyx."),
    "40330": Cure(
        "The verification of the toll-free number is pending.", "Wait for it: a week or two."
    ),
    "40331": Cure(
        "The sender is not registered with the carriers.", "Register it in Telnyx's portal."
    ),
    "40333": Cure(
        "The messaging profile's daily spend limit is reached.",
        "Raise the limit in Telnyx's portal, if this is not fraud.",
    ),
    "401": Cure("Telnyx does not accept the API key.", _KEY),
    "403": Cure("The API key may not send texts.", "Give it the right, or use another key."),
    "unreachable": Cure("Telnyx did not answer.", _WAIT),
    "unreadable": Cure("Telnyx's answer had no message id.", _WAIT),
    "unforeseen": Cure("This service had an unexpected error.", "See the error in the log."),
    "code_gone": Cure(
        "The key of the code is not in SECRET_KEY any more.",
        "Keep old keys in SECRET_KEY for two hours.",
    ),
}


def cure(code: str | None) -> Cure:
    """What an error of a message means: Telnyx's code, an HTTP status, or a word of the sender."""
    return _CURES.get(code or "", _UNKNOWN)


def explain(code: str) -> str:
    """A code with its meaning and its cure, for a person."""
    return f"Telnyx's error {code}: {' '.join(cure(code))}"
