"""The OpenAPI document against the running service."""

from typing import Any

import httpx
import pytest
import schemathesis
from starlette.applications import Starlette
from starlette.routing import Route

from tests.harness.openapi_document import DOCUMENT, OPERATIONS, checkable
from tests.harness.settings import PUBLIC_KEY, make_settings
from tests.harness.threaded_service import ThreadedService
from webhooks.app import create_app
from webhooks.http.problems import MEDIA_TYPE

_ID = "ver_" + "0" * 47


def routes(app: object) -> list[Route]:
    """Of the Starlette application inside."""
    while not isinstance(app, Starlette):
        inside = vars(app)
        app = inside["_rest"] if "_rest" in inside else inside["_app"]
    return [route for route in app.routes if isinstance(route, Route)]


def test_the_documented_routes_are_the_routes_of_the_api(
    sqlite_url: str,
) -> None:
    app = create_app(make_settings(sqlite_url, PUBLIC_KEY))
    routed = {
        (method.lower(), route.path)
        for route in routes(app)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path.startswith("/v1/")
    }
    assert routed == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_call_requires_the_documented_credential(
    service: ThreadedService, method: str, path: str, operation: dict[str, Any]
) -> None:
    url = service.url + path.format(id=_ID)
    answer = httpx.request(method, url)
    schemes = {scheme for way in operation["security"] for scheme in way}
    assert answer.status_code == (401 if schemes else 404)
    token = httpx.request(method, url, headers={"Authorization": "Bearer poll_" + "0" * 64})
    assert token.status_code == (404 if "pollToken" in schemes or not schemes else 403)


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_other_methods_are_refused_with_the_documented_ones(
    service: ThreadedService, path: str
) -> None:
    methods = {method.upper() for method in DOCUMENT["paths"][path]}
    allowed = methods | ({"HEAD"} if "GET" in methods else set())
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        if method in allowed:
            continue
        answer = service.http.request(method, path.format(id=_ID))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].replace(" ", "").split(",")) == allowed
        assert answer.headers["content-type"] == MEDIA_TYPE


def test_head_answers_like_get_without_a_body(service: ThreadedService) -> None:
    opened = service.create(method="text")
    one = f"/v1/verifications/{opened['id']}"
    for path in (
        one, f"{one}/qr.svg?ref={opened['login']['ref']}", f"{one}/qr.svg", "/v1/verifications/x",
        "/v1/verifications?phone_number=%2B14155550123", "/openapi.json", "/docs", "/client.js",
    ):  # fmt: skip
        full, head = service.http.get(path), service.http.head(path)
        assert (head.status_code, head.content) == (full.status_code, b"")
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == full.headers.get(name), (path, name)


def test_head_of_a_stream_has_no_event(service: ThreadedService) -> None:
    opened = service.create(method="text")
    service.act(opened["id"], "cancel")
    head = service.http.head(f"/v1/verifications/{opened['id']}/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/event-stream"


def test_every_documented_success_occurs_as_documented(service: ThreadedService) -> None:
    schema = schemathesis.openapi.from_dict(checkable())
    given: set[tuple[str, str, int]] = set()

    def ask(method: str, path: str, url: str, **arguments: Any) -> httpx.Response:
        response = service.http.request(method, url, **arguments)
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
    this = f"{every}/{service.create(method='sms', phone_number=phone)['id']}"
    service.code(phone)
    ask("post", f"{one}/resend", f"{this}/resend")
    ask("post", f"{one}/check", f"{this}/check", json={"code": service.code(phone)})
    ask("post", f"{one}/redeem", f"{this}/redeem")
    ask("get", every, every, params={"phone_number": phone})

    assert given == {
        (method, path, int(status))
        for method, path, operation in OPERATIONS
        for status in operation["responses"]
        if int(status) < 400
    }
