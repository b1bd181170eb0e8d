"""The OpenAPI document, taken apart."""

from typing import Any

from webhooks.api.openapi import document

DOCUMENT = document()
#: (method in lower case, path, operation) each.
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def resolve(reference: str) -> Any:
    """What a JSON pointer in the document refers to."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def resolved(value: Any) -> Any:
    """A member, or what it refers to."""
    return resolve(value["$ref"]) if "$ref" in value else value
