"""The keywords that Telnyx answers itself, where they are the whole text."""

_WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"), "STOP"
    ),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    "HELP": "HELP",
}


def autoresponse(text: str) -> str | None:
    """STOP, START or HELP if Telnyx answers the text itself, else None."""
    return _WORDS.get(" ".join(text.upper().split()))
