"""What may stand in `from` and `to`: a number, a short code, a sender's name."""

import re

# Digits alone are a short code only while they are too few for a phone number: a number that
# lost its plus would otherwise pass as a name and its texts go nowhere.
_E164 = r"\+[1-9][0-9]{6,14}"
_SHORT_CODE = r"[0-9]{3,8}"
_NAME = r"(?=[A-Za-z0-9 ]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,14}"
_NUMBER = re.compile(_E164)
_SENDER = re.compile(f"{_E164}|{_SHORT_CODE}|{_NAME}")


def is_number(value: str) -> bool:
    """Say whether `value` looks like E.164: a phone that can be texted."""
    return _NUMBER.fullmatch(value) is not None


def is_sender(value: str) -> bool:
    """Say whether `value` is anything that texts can come from."""
    return _SENDER.fullmatch(value) is not None
