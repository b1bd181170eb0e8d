"""What the service has decided, in plain words."""

import re
from collections.abc import Mapping
from typing import Any

from webhooks.sandbox.times import iso

_DOORS = {"text": "by text", "page": "on a page"}
_BINDINGS = {
    "sms_reply": "replied with the code",
    "sms_reply_ref": "texted the letters and replied with the code",
    "browser_code": "the code was typed in the browser",
}

_CLOSED = {"wrong_in_a_row": ": too many wrong codes", "no": ", for 24 hours: it answered NO"}
_IGNORED = {
    "flood": "too many in a short time",
    "late": "it was received longer ago than a code lives",
    "number_not_allowed": "no codes are sent to this kind of number",
    "region_not_allowed": "no codes are sent to its region",
}


def describe(name: str, fields: Mapping[str, Any]) -> str:
    """A decision event in words, from its type's name and its fields; times in ms."""
    try:
        return _sentence(name, fields)
    except (KeyError, TypeError):  # an event of another shape
        return _in_general(name, fields)


def _sentence(name: str, fields: Mapping[str, Any]) -> str:
    phone = fields["phone"]
    match name:
        case "WrongCode":
            door, left = _DOORS[fields["door"]], fields["attempts_left"]
            return f"Wrong code from {phone} {door}: {left} {'try' if left == 1 else 'tries'} left"
        case "Locked":
            return f"{phone} is locked until {iso(fields['until'])}: too many wrong codes by text"
        case "Approved":
            how, seconds = _BINDINGS[fields["binding"]], fields["after"] // 1000
            return f"{phone} is verified after {seconds} s: {how}"
        case "Denied":
            if fields["reason"] == "repudiated":
                return f"{phone} answered NO: its approval is taken back"
            return f"{phone} answered NO: its verification is denied"
        case "Refused":
            door, until = _DOORS[fields["door"]], iso(fields["until"])
            return f"No code for {phone} {door} until {until}: the limit is {fields['limit']}"
        case "RequestFailed":
            return f"No code for {phone} on a page: {fields['reason']}"
        case "PageDoorClosed":
            why = _CLOSED[fields["by"]]
            return f"Pages get no more codes for {phone} until it logs in by text{why}"
        case "TextIgnored":
            return f"A text from {phone} is ignored: {_IGNORED[fields['why']]}"
        case _:
            return _in_general(name, fields)


def _in_general(name: str, fields: Mapping[str, Any]) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    values = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in fields.items())
    return f"{words}: {values}" if values else words
