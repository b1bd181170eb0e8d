"""The opt-out words that Telnyx answers itself; only a text that is nothing else counts."""

_WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"), "STOP"
    ),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    "HELP": "HELP",
}


def autoresponse(text: str) -> str | None:
    """STOP, START or HELP where Telnyx would answer the text by itself, else None."""
    return _WORDS.get(" ".join(text.upper().split()))
