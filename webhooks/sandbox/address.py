"""What `from`, `to` and URLs may contain: a phone number, a short code, a sender's name."""

import re
from urllib.parse import urlsplit

# More digits than a short code has are a phone number without its plus: invalid, rather than a
# name whose texts never arrive.
_E164 = r"\+[1-9][0-9]{6,14}"
_SHORT_CODE = r"[0-9]{3,8}"
_NAME = r"(?=[A-Za-z0-9 ]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,14}"
_NUMBER = re.compile(_E164)
_SENDER = re.compile(f"{_E164}|{_SHORT_CODE}|{_NAME}")


def is_number(value: str) -> bool:
    """Whether `value` looks like E.164: a phone that can be texted."""
    return _NUMBER.fullmatch(value) is not None


def is_sender(value: str) -> bool:
    """Whether `value` is anything that texts can come from."""
    return _SENDER.fullmatch(value) is not None


def is_url(value: str) -> bool:
    """Whether `value` is an http or https URL that can be called."""
    try:
        url = urlsplit(value)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
