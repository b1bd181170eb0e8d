"""Problem documents (RFC 9457), checked whenever a test expects one."""

from typing import Any

import httpx
import jsonschema_rs

from tests.harness.web_app import expect
from webhooks.api.openapi import document
from webhooks.http.problems import PROBLEMS

_SCHEMA = jsonschema_rs.Draft202012Validator(
    {"$ref": "#/components/schemas/Problem", "components": document()["components"]}
)
_MEMBERS_OF_ALL = {"type", "title", "status", "detail"}


def problem(response: httpx.Response, name: str) -> dict[str, Any]:
    """Check the response; return the members beside `type`, `title`, `status`, `detail`."""
    status, title = PROBLEMS[name]
    assert response.headers["content-type"] == "application/problem+json"
    body = expect(response, status)
    _SCHEMA.validate(body)
    assert body["type"] == f"urn:textlogin:problem:{name}"
    assert (body["title"], body["status"]) == (title, status)
    assert body["detail"].endswith(".") or name == "invalid"
    return {member: value for member, value in body.items() if member not in _MEMBERS_OF_ALL}


def invalid_members(response: httpx.Response) -> set[str]:
    """The members that a 422 names."""
    (errors,) = problem(response, "invalid").values()
    assert all(set(error) == {"member", "detail"} and error["detail"] for error in errors)
    return {error["member"] for error in errors}
