"""The OpenAPI document, taken apart."""

from copy import deepcopy
from typing import Any

from webhooks.api.openapi import document

DOCUMENT = document()
#: (method in lower case, path, operation) each.
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]

#: One server-sent event. OpenAPI 3.1 has no words for a stream of them, so the document says text.
_EVENT = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"const": "verification"},
        "id": {"type": "string"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/Verification"},
        },
    },
}


def checkable() -> dict[str, Any]:
    """The document with a schema for each event of the stream, which schemathesis checks."""
    document = deepcopy(DOCUMENT)
    stream = document["paths"]["/v1/verifications/{id}/events"]["get"]["responses"]["200"]
    stream["content"]["text/event-stream"]["schema"] = _EVENT
    return document


def resolve(reference: str) -> Any:
    """What a JSON pointer in the document refers to."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def resolved(value: Any) -> Any:
    """A member, or what it refers to."""
    return resolve(value["$ref"]) if "$ref" in value else value
