"""Settings in words: what is wrong with them, and what they are, without a secret."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

#: Secrets, URLs that may contain one, and the key of webhooks: only `demo` has to print it.
_NOT_SHOWN = frozenset(
    {
        "telnyx_api_key",
        "telnyx_public_key",
        "secret_key",
        "database_url",
        "telnyx_base_url",
        "operations_token",
    }
)


def explain(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """One message: every missing or invalid variable and what it should be, but no value."""
    lines = ["Textlogin cannot start. These settings are missing or invalid:"]
    for bad in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(bad["loc"][0]) if bad["loc"] else ""
        known = fields.get(name)
        problem = "is missing" if bad["type"] == "missing" else _problem(bad["msg"])
        lines.append(f"  {name.upper()} {problem} ({known.description if known else ''})")
    return "\n".join(lines)


def shown(settings: BaseSettings) -> str:
    """The settings that differ from their defaults, without secrets, for the log."""
    found = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name in _NOT_SHOWN or value == field.get_default(call_default_factory=True):
            continue
        text = ",".join(map(str, value)) if isinstance(value, tuple | dict) else str(value)
        found.append(f"{name.upper()}={text}")
    return " ".join(found)


def _problem(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message if message.startswith("must") else f"is invalid: {message}"
