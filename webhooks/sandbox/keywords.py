"""The keywords that Telnyx answers itself, where they are the whole text, and its answers.

Words: developers.telnyx.com, "Advanced Opt-In/Out Management". Answers: the generic ones, as
Telnyx's support pages describe them.
"""

from collections.abc import Mapping

_WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"), "STOP"
    ),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}

#: What the phone gets, by the kind of keyword.
ANSWERS: Mapping[str, str] = {
    "STOP": "You have successfully been unsubscribed, you will not receive any more messages from "
    "this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. "
    "Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg & data rates may apply.",
}


def autoresponse(text: str) -> str | None:
    """STOP, START or HELP if Telnyx answers the text itself, else None."""
    word = text.strip()
    # Upper case would turn some other letters into these.
    return _WORDS.get(word.upper()) if word.isascii() else None
