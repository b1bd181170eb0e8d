"""`/openapi.json`; `/docs`, which renders it without a file from elsewhere; `/client.js`."""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.api.openapi import document

_CACHE = {"Cache-Control": "public, max-age=300"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_CODE = re.compile(r"`([^`]+)`")
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { border-top: 1px solid #8888; padding-top: 1rem; margin-top: 2rem; overflow-wrap: anywhere }
h2 code { background: #0a7d5a; color: #fff; border-radius: .3rem; padding: .1rem .4rem }
table { display: block; overflow-x: auto; border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
pre { background: #8882; padding: .75rem; overflow-x: auto; border-radius: .3rem }
"""


class Docs:
    """What a web app's author reads."""

    def routes(self) -> list[Route]:
        """All of it is public, and made once."""
        return [
            Route("/openapi.json", self.openapi),
            Route("/docs", self.page),
            Route("/client.js", self.client),
        ]

    async def openapi(self, request: Request) -> Response:
        """The document."""
        return Response(_openapi(), headers=_CACHE, media_type="application/json")

    async def page(self, request: Request) -> Response:
        """The same for people."""
        headers = _CACHE | {"Content-Security-Policy": _POLICY}
        return Response(_page(), headers=headers, media_type="text/html")

    async def client(self, request: Request) -> Response:
        """An ES module: importable from any page, harmless without a token."""
        headers = _CACHE | {"Access-Control-Allow-Origin": "*"}
        return Response(_client(), headers=headers, media_type="text/javascript")


@cache
def _openapi() -> bytes:
    return msgspec.json.encode(document())


@cache
def _client() -> bytes:
    return files("webhooks").joinpath("watch", "client.js").read_bytes()


@cache
def _page() -> str:
    described = document()
    calls = "".join(
        _call(method.upper(), path, operation, described)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f"<h3 id='{escape(name)}'>{escape(name)}</h3>{_members(schema)}{_example(schema)}"
        for name, schema in described["components"]["schemas"].items()
    )
    info = described["info"]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])} "
        "The same for machines: <a href='/openapi.json'>openapi.json</a>. "
        "Send <code>Authorization: Bearer</code> and an API key, or a poll token.</p>"
        f"{calls}<h2>Objects</h2>{schemas}</main></body></html>"
    )


def _call(method: str, path: str, operation: dict[str, Any], described: dict[str, Any]) -> str:
    credentials = {name for scheme in operation["security"] for name in scheme}
    body = operation.get("requestBody")
    takes = f"<p>Body: {_link(body['content']['application/json']['schema'])}</p>" if body else ""
    parameters = "".join(
        _row(parameter["name"], parameter["in"], parameter["description"])
        for parameter in (_resolve(one, described) for one in operation["parameters"])
    )
    answers = "".join(
        _row(status, _content(answer), answer["description"])
        for status, answer in (
            (status, _resolve(one, described)) for status, one in operation["responses"].items()
        )
    )
    return (
        f"<h2 id='{operation['operationId']}'><code>{method}</code> {escape(path)}</h2>"
        f"<p><strong>{escape(operation['summary'])}.</strong> {_prose(operation['description'])} "
        f"Credential: {escape(' or '.join(sorted(credentials)) or 'none')}.</p>{takes}"
        + (f"<h3>Parameters</h3><table>{parameters}</table>" if parameters else "")
        + f"<h3>Answers</h3><table>{answers}</table>"
    )


def _prose(text: str) -> str:
    """With what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _row(*cells: str) -> str:
    first, *others = (_prose(cell) for cell in cells)
    return f"<tr><th scope='row'>{first}</th>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"


def _members(schema: dict[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = "".join(
        _row(name, _type(member) + (", required" if name in needed else ""), _words(member))
        for name, member in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _example(schema: dict[str, Any]) -> str:
    return "".join(
        f"<pre>{escape(json.dumps(example, indent=1, ensure_ascii=False))}</pre>"
        for example in schema.get("examples", ())
    )


def _words(member: dict[str, Any]) -> str:
    return str(member.get("description", ""))


def _type(member: dict[str, Any]) -> str:
    if "enum" in member:
        return " | ".join(json.dumps(value) for value in member["enum"])
    if "const" in member:
        return json.dumps(member["const"])
    if "$ref" in member:
        return str(member["$ref"]).rpartition("/")[2]
    if "anyOf" in member:
        return " | ".join(_type(one) for one in member["anyOf"])
    kind = member.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _link(schema: dict[str, Any]) -> str:
    name = str(schema["$ref"]).rpartition("/")[2]
    return f"<a href='#{escape(name)}'>{escape(name)}</a>"


def _content(answer: dict[str, Any]) -> str:
    return ", ".join(answer.get("content", {})) or "no body"


def _resolve(value: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = described
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved
