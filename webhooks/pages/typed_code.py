"""The code in what was typed or pasted into the field: perhaps the whole text message."""

from __future__ import annotations

import re
import unicodedata

#: In characters: a text message, and some.
_LONGEST = 500
_NUMBER = re.compile(r"(?<![0-9])[0-9]+(?![0-9])")


def code_in(typed: str, digits: int) -> str | None:
    """The code of so many digits; None if there is none, or more than one."""
    if len(typed) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", typed)
    every = "".join(str(unicodedata.decimal(one)) for one in plain if one.isdecimal())
    if len(every) == digits:
        return every
    found = {one for one in _NUMBER.findall(plain) if len(one) == digits}
    return found.pop() if len(found) == 1 else None
