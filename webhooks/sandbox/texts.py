"""Texts from phones, and the body of `POST /texts`, which is validated strictly."""

from dataclasses import dataclass

from webhooks.sandbox.address import is_sender
from webhooks.sandbox.problems import InvalidError

MAX_CHARACTERS = 1600
_MEMBERS = ("from", "text", "to")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as a phone has sent it."""

    sender: str
    to: str
    text: str


def parse_text(body: object, *, number: str) -> Text:
    """Validate a body. Without a `to` the text goes to `number`. Raises InvalidError."""
    if not isinstance(body, dict):
        raise InvalidError({"": "must be a JSON object"})
    members = {"to": number} | body
    wrong = {member: detail for member in members if (detail := _wrong(member, members[member]))}
    wrong |= {member: "is missing" for member in _MEMBERS if member not in members}
    if wrong:
        raise InvalidError(wrong)
    return Text(sender=members["from"], to=members["to"], text=members["text"])


def _wrong(member: str, value: object) -> str | None:
    if member not in _MEMBERS:
        return "is unknown"
    if not isinstance(value, str):
        return "must be a string"
    if member == "text":
        too_long = len(value) > MAX_CHARACTERS
        return f"must have at most {MAX_CHARACTERS} characters" if too_long else None
    return None if is_sender(value) else "must be a number like +14155550123, or a short code"
