"""Named enums of the OpenAPI document, so that generated clients have one type for each."""

from __future__ import annotations

from typing import Any, get_args

from bot.outcomes import NotRedeemable
from bot.records import Awaiting, Binding, CodeEntry, Delivery, FinalStatus, Method, Reason, Status
from webhooks.http.problems import PROBLEMS, type_of

Schema = dict[str, Any]

#: What callbacks are named for: each final status, and a NO after an approval.
_CALLBACKS = [f"verification.{name}" for name in (*get_args(FinalStatus), "repudiated")]
#: Name → description and values.
_ENUMS: dict[str, tuple[str, list[str]]] = {
    "Status": ("`pending`, or how it ended.", list(get_args(Status))),
    "Awaiting": ("A LOGIN text, or the code.", list(get_args(Awaiting))),
    "Method": ("Who begins: the user by `text`, or the service by `sms`.", list(get_args(Method))),
    "CodeEntry": ("Where the code is entered: in a text, or on a page.", list(get_args(CodeEntry))),
    "Binding": ("What an approval rests on, the strongest last.", list(get_args(Binding))),
    "Reason": ("Why it ended.", list(get_args(Reason))),
    "Delivery": ("How far the text with the code has come.", list(get_args(Delivery))),
    "NotRedeemable": ("Why an approval cannot be redeemed.", list(get_args(NotRedeemable))),
    "ProblemType": ("The problem, as a URN.", [type_of(name) for name in PROBLEMS]),
    "CallbackType": ("How the verification ended, or `verification.repudiated`.", _CALLBACKS),
}
_NAMES = {frozenset(values): name for name, (_, values) in _ENUMS.items()}


def enums() -> dict[str, Schema]:
    """The components, by name."""
    return {
        name: {"type": "string", "description": description, "enum": values}
        for name, (description, values) in _ENUMS.items()
    }


def reference(name: str) -> Schema:
    """A schema that another one names."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema, description: str) -> Schema:
    """The schema or null."""
    return {"anyOf": [schema, {"type": "null"}], "description": description}


def tidy(schema: Any) -> Any:
    """A generated schema with its enums named, without default nulls and generated titles."""
    if isinstance(schema, list):
        return [tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if name := _NAMES.get(frozenset(map(str, kept.get("enum", ())))):
        others = {key: value for key, value in kept.items() if key not in ("enum", "type")}
        return reference(name) | others
    return {
        name: value if name in ("examples", "default") else tidy(value)
        for name, value in kept.items()
    }
