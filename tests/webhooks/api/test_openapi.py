"""The OpenAPI document by itself: valid, complete, with examples that match."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from tests.harness.openapi_document import DOCUMENT, OPERATIONS, resolve, resolved
from webhooks.http.problems import MEDIA_TYPE, PROBLEMS

#: The names in the contract, and `internal` for errors of the service itself.
NAMES = {
    "malformed": 400, "unauthorized": 401, "forbidden": 403, "signature": 403, "not_found": 404,
    "method_not_allowed": 405, "timeout": 408, "over": 409, "no_code": 409, "too_large": 413,
    "unsupported_media_type": 415, "invalid": 422, "idempotency_mismatch": 422, "limited": 429,
    "headers_too_large": 431, "internal": 500, "unavailable": 503,
}  # fmt: skip
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def nodes(value: Any, pointer: str = "#") -> Iterator[tuple[str, Any]]:
    """Every value of the document and its JSON pointer (RFC 6901)."""
    yield pointer, value
    children = value.items() if isinstance(value, dict) else ()
    for key, child in enumerate(value) if isinstance(value, list) else children:
        yield from nodes(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    root = {"components": DOCUMENT["components"], **schema}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


def problems_of(operation: dict[str, Any]) -> set[str]:
    """The names that its answers announce."""
    return {
        name
        for answer in operation["responses"].values()
        for name in resolved(answer).get("content", {}).get(MEDIA_TYPE, {}).get("examples", ())
    }


def test_it_is_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.\d", DOCUMENT["openapi"])
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_reference_resolves_and_every_component_is_used() -> None:
    used = {
        value["$ref"] for _, value in nodes(DOCUMENT) if isinstance(value, dict) and "$ref" in value
    }
    assert all(resolve(reference) for reference in used)
    for kind in ("schemas", "parameters", "headers"):
        assert set(DOCUMENT["components"][kind]) == {
            one.rpartition("/")[2] for one in used if one.startswith(f"#/components/{kind}/")
        }


def test_every_schema_is_valid() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": _DIALECT})


def test_every_example_matches_its_schema() -> None:
    fitted = 0
    for pointer, value in nodes(DOCUMENT["components"]["schemas"], "#/components/schemas"):
        if isinstance(value, dict) and isinstance(value.get("examples"), list):
            for example in value["examples"]:
                validator({"$ref": pointer}).validate(example)
                fitted += 1
    for _, value in nodes(DOCUMENT):
        if isinstance(value, dict) and isinstance(value.get("examples"), dict):
            for example in value["examples"].values():
                validator(value["schema"]).validate(example["value"])
                fitted += 1
    assert fitted > 20


def test_a_wrong_object_matches_no_schema() -> None:
    """The checks above can fail: what lacks a member, or has one too many, fits no schema."""
    (example,) = DOCUMENT["components"]["schemas"]["Verification"]["examples"]
    fits = validator({"$ref": "#/components/schemas/Verification"})
    assert fits.is_valid(example)
    for bad in (
        example | {"status": "lost"},
        example | {"surprise": 1},
        example | {"created_at": "yesterday"},
        {name: value for name, value in example.items() if name != "expires_at"},
    ):
        assert not fits.is_valid(bad)
    wanted = validator({"$ref": "#/components/schemas/NewVerification"})
    assert wanted.is_valid({"method": "text"})
    assert not wanted.is_valid({"method": "text", "surprise": 1})


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_is_documented(name: str) -> None:
    status, title = PROBLEMS[name]
    assert status == NAMES[name]
    answer = DOCUMENT["components"]["responses"][name]
    example = answer["content"][MEDIA_TYPE]["examples"][name]["value"]
    assert (example["type"], example["status"]) == (f"urn:textlogin:problem:{name}", status)
    assert example["title"] == title
    if name != "signature":  # only Telnyx meets this one
        assert any(name in problems_of(operation) for _, _, operation in OPERATIONS)


def test_only_existing_problems_are_documented() -> None:
    assert set(PROBLEMS) == set(NAMES) == set(DOCUMENT["components"]["responses"])


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_answer_has_a_request_id_and_every_parameter_a_description(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    for answer in map(resolved, operation["responses"].values()):
        assert "X-Request-ID" in answer["headers"]
        assert answer["description"]
    names = [resolved(parameter)["name"] for parameter in operation["parameters"]]
    assert all(resolved(parameter)["description"] for parameter in operation["parameters"])
    assert re.findall(r"{(\w+)}", path) == [
        name for name in names if resolve(f"#/components/parameters/{name}")["in"] == "path"
    ]
    assert operation["summary"]
    assert ("401" in operation["responses"]) == bool(operation["security"])


def test_every_operation_has_its_own_id() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids) == 9


def test_every_member_is_described_and_has_no_default_null() -> None:
    undescribed = []
    for pointer, value in nodes(DOCUMENT["components"]["schemas"]):
        if isinstance(value, dict) and isinstance(properties := value.get("properties"), dict):
            undescribed += [
                f"{pointer}/{name}" for name, one in properties.items() if not one["description"]
            ]
            assert not any(one.get("default", "") is None for one in properties.values())
    assert undescribed == []


def test_every_choice_has_a_name_and_what_may_be_null_is_either_or() -> None:
    components = DOCUMENT["components"]["schemas"]
    for pointer, value in nodes(components):
        if isinstance(value, dict) and "enum" in value:
            assert pointer.count("/") == 1, pointer
            assert None not in value["enum"]
        if isinstance(value, dict) and isinstance(value.get("type"), list):
            raise AssertionError(pointer)
    awaiting = components["Verification"]["properties"]["awaiting"]
    assert awaiting["anyOf"] == [{"$ref": "#/components/schemas/Awaiting"}, {"type": "null"}]


def test_the_stream_is_text_and_callbacks_are_webhooks() -> None:
    stream = DOCUMENT["paths"]["/v1/verifications/{id}/events"]["get"]["responses"]["200"]
    assert stream["content"]["text/event-stream"]["schema"]["type"] == "string"
    assert DOCUMENT["servers"]
    body = DOCUMENT["webhooks"]["verification"]["post"]["requestBody"]["content"]
    assert body["application/json"]["schema"] == {"$ref": "#/components/schemas/CallbackEvent"}
    statuses = set(DOCUMENT["components"]["schemas"]["Status"]["enum"]) - {"pending"}
    assert set(DOCUMENT["components"]["schemas"]["CallbackType"]["enum"]) == {
        f"verification.{name}" for name in statuses | {"repudiated"}
    }
