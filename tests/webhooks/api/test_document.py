"""The document says what the service does: valid, complete, and shown as it is good to read."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from starlette.applications import Starlette
from starlette.routing import Route

from tests.harness.running_service import running_service
from tests.harness.settings import SHOP, make_settings
from tests.harness.threaded_service import ThreadedService
from webhooks.api.openapi import document
from webhooks.app import create_app
from webhooks.http.problems import MEDIA_TYPE, PROBLEMS

DOCUMENT = document()
ROOT = Path(__file__).parents[3]
#: The contract's names, and ours for our own mistakes.
NAMES = {
    "malformed": 400, "unauthorized": 401, "forbidden": 403, "signature": 403, "not_found": 404,
    "method_not_allowed": 405, "over": 409, "no_code": 409, "too_large": 413,
    "unsupported_media_type": 415, "invalid": 422, "idempotency_mismatch": 422, "limited": 429,
    "internal": 500, "unavailable": 503,
}  # fmt: skip
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
_ID = "ver_" + "0" * 47


def nodes(value: Any, at: str = "#") -> Iterator[tuple[str, Any]]:
    """Every value of the document and where it is."""
    yield at, value
    children = value.items() if isinstance(value, dict) else ()
    for key, child in enumerate(value) if isinstance(value, list) else children:
        yield from nodes(child, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def resolved(value: Any) -> Any:
    return resolve(value["$ref"]) if "$ref" in value else value


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


# -- the document ----------------------------------------------------------------------------------


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


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_every_example_matches_its_schema() -> None:
    fitted = 0
    for at, value in nodes(DOCUMENT["components"]["schemas"], "#/components/schemas"):
        if isinstance(value, dict) and isinstance(value.get("examples"), list):
            for example in value["examples"]:
                validator({"$ref": at}).validate(example)
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
    if name != "signature":  # Telnyx's door, which is no web app's
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


# -- the document and the service ------------------------------------------------------------------


def routes(app: object) -> list[Route]:
    """Of the Starlette application inside."""
    while not isinstance(app, Starlette):
        inside = vars(app)
        app = inside["_rest"] if "_rest" in inside else inside["_app"]
    return [route for route in app.routes if isinstance(route, Route)]


def test_the_documented_routes_are_the_routes_of_the_api(
    sqlite_url: str,
) -> None:
    app = create_app(make_settings(sqlite_url, "A" * 43 + "="))
    routed = {
        (method.lower(), route.path)
        for route in routes(app)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path.startswith("/v1/")
    }
    assert routed == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_call_requires_the_documented_credential(
    threaded: ThreadedService, method: str, path: str, operation: dict[str, Any]
) -> None:
    url = threaded.url + path.format(id=_ID)
    answer = httpx.request(method, url)
    schemes = {scheme for way in operation["security"] for scheme in way}
    assert answer.status_code == (401 if schemes else 404)
    token = httpx.request(method, url, headers={"Authorization": "Bearer poll_" + "0" * 64})
    assert token.status_code == (404 if "pollToken" in schemes or not schemes else 403)


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_other_methods_are_refused_with_the_documented_ones(
    threaded: ThreadedService, path: str
) -> None:
    methods = {method.upper() for method in DOCUMENT["paths"][path]}
    allowed = methods | ({"HEAD"} if "GET" in methods else set())
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        if method in allowed:
            continue
        answer = threaded.http.request(method, path.format(id=_ID))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].replace(" ", "").split(",")) == allowed
        assert answer.headers["content-type"] == MEDIA_TYPE


def test_head_answers_like_get_without_a_body(threaded: ThreadedService) -> None:
    opened = threaded.create(method="text")
    one = f"/v1/verifications/{opened['id']}"
    for path in (
        one, f"{one}/qr.svg?ref={opened['login']['ref']}", f"{one}/qr.svg", "/v1/verifications/x",
        "/v1/verifications?phone_number=%2B14155550123", "/openapi.json", "/docs", "/client.js",
    ):  # fmt: skip
        full, head = threaded.http.get(path), threaded.http.head(path)
        assert (head.status_code, head.content) == (full.status_code, b"")
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == full.headers.get(name), (path, name)


def test_head_of_a_stream_has_no_event(threaded: ThreadedService) -> None:
    opened = threaded.create(method="text")
    threaded.act(opened["id"], "cancel")
    head = threaded.http.head(f"/v1/verifications/{opened['id']}/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/event-stream"


def test_every_documented_success_occurs_as_documented(threaded: ThreadedService) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    given: set[tuple[str, str, int]] = set()

    def ask(method: str, path: str, url: str, **arguments: Any) -> httpx.Response:
        response = threaded.http.request(method, url, **arguments)
        schema[path][method].validate_response(response)
        given.add((method, path, response.status_code))
        return response

    every, one = "/v1/verifications", "/v1/verifications/{id}"
    again = {"json": {"method": "text"}, "headers": {"Idempotency-Key": "k"}}
    opened = ask("post", every, every, **again).json()
    replayed = ask("post", every, every, **again)
    assert replayed.headers["idempotency-replayed"] == "true"
    this = f"{every}/{opened['id']}"
    read = ask("get", one, this)
    ask("get", one, this, headers={"If-None-Match": read.headers["etag"]})
    ask("get", f"{one}/qr.svg", f"{this}/qr.svg", params={"ref": opened["login"]["ref"]})
    ended = ask("post", f"{one}/cancel", f"{this}/cancel")
    last = {"Last-Event-ID": ended.headers["etag"]}
    ask("get", f"{one}/events", f"{this}/events")
    ask("get", f"{one}/events", f"{this}/events", headers=last)
    phone = "+14155559876"
    this = f"{every}/{threaded.create(method='sms', phone_number=phone)['id']}"
    threaded.code(phone)
    ask("post", f"{one}/resend", f"{this}/resend")
    ask("post", f"{one}/check", f"{this}/check", json={"code": threaded.code(phone)})
    ask("post", f"{one}/redeem", f"{this}/redeem")
    ask("get", every, every, params={"phone_number": phone})

    assert given == {
        (method, path, int(status))
        for method, path, operation in OPERATIONS
        for status in operation["responses"]
        if int(status) < 400
    }


# -- as it is read ---------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page refers to, names and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.references.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            assert not name.startswith("on")

    def handle_data(self, data: str) -> None:
        self.words += data


async def test_the_docs_show_every_call_and_object(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as at:
        answer = await at.http.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    words = " ".join(page.words.split())
    for method, path, operation in OPERATIONS:
        assert operation["operationId"] in page.ids
        assert f"{method.upper()} {path}" in words
        assert operation["summary"] in words
        for answered in map(resolved, operation["responses"].values()):
            assert " ".join(answered["description"].split()) in words
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert name in page.ids
        assert all(member in words for member in schema.get("properties", {}))
    assert len(set(page.ids)) == len(page.ids)


async def test_the_docs_load_nothing_from_other_origins(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as at:
        answer = await at.http.get("/docs")
        page = Page(answer.text)
        assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
        for reference in page.references:
            if reference.startswith("#"):
                assert reference[1:] in page.ids
            else:
                assert reference.startswith("/")
                assert not reference.startswith("//")
                assert (await at.http.get(reference)).status_code == 200
        assert "@import" not in answer.text
        assert "url(" not in answer.text
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert set(policy) <= {"default-src", "frame-ancestors", "style-src", "base-uri", "form-action"}


async def test_the_document_is_served_unchanged(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as at:
        answer = await at.http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    assert "max-age" in answer.headers["cache-control"]


async def test_the_client_is_served_as_a_module_for_any_page(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as at:
        answer = await at.http.get("/client.js", headers={"Origin": "https://any.example"})
    assert answer.headers["content-type"].partition(";")[0] == "text/javascript"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content == (ROOT / "webhooks" / "watch" / "client.js").read_bytes()
    assert "export " in answer.text
    assert not re.search(r"https?://", answer.text)


async def test_document_docs_and_client_are_public(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as at:
        for path in ("/openapi.json", "/docs", "/client.js"):
            answer = await at.http.get(path)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert SHOP.partition(":")[2] not in answer.text
