"""`/openapi.json`, `/docs` (the same as a web page), `/client.js` and its types: all public, each
built once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.api.docs_page import render
from webhooks.api.openapi import document, release

_CACHE = {"Cache-Control": "public, max-age=300"}
_ANY_PAGE = _CACHE | {"Access-Control-Allow-Origin": "*"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Docs:
    """What developers of web apps need: the API's documentation and the browser module.

    `public_url` is where the service is reached, if that is known.
    """

    def __init__(self, public_url: str | None = None) -> None:
        self._public_url = public_url
        release()  # at start, so that no request reads files
        watch = files("webhooks").joinpath("watch")
        self._client = watch.joinpath("client.js").read_bytes()
        self._types = watch.joinpath("client.d.ts").read_bytes()

    def routes(self) -> list[Route]:
        """The routes. None needs a credential."""
        return [
            Route("/openapi.json", self.openapi),
            Route("/docs", self.page),
            Route("/client.js", self.client),
            Route("/client.d.ts", self.types),
        ]

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        return Response(_openapi(self._public_url), headers=_CACHE, media_type="application/json")

    async def page(self, request: Request) -> Response:
        """The document as a page."""
        headers = _CACHE | {"Content-Security-Policy": _POLICY}
        return Response(_page(self._public_url), headers=headers, media_type="text/html")

    async def client(self, request: Request) -> Response:
        """The browser module. Any page may import it: it does nothing without a token."""
        headers = _ANY_PAGE | {"X-TypeScript-Types": "/client.d.ts"}
        return Response(self._client, headers=headers, media_type="text/javascript")

    async def types(self, request: Request) -> Response:
        """What TypeScript knows about the browser module."""
        return Response(self._types, headers=_ANY_PAGE, media_type="text/plain")


@cache
def _openapi(public_url: str | None) -> bytes:
    return msgspec.json.encode(document(public_url))


@cache
def _page(public_url: str | None) -> str:
    return render(document(public_url))
