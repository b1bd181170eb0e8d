"""The stylesheet and the script: read once, with the accent colour, cached by their content."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.pages.colour import shades

STYLE_PATH, SCRIPT_PATH = "/pages.css", "/pages.js"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_BRIEFLY = {"Cache-Control": "public, max-age=300"}


class Theme:
    """Two files. Their addresses name their content, so that browsers keep them."""

    def __init__(self, accent: str) -> None:
        self.accent = accent
        self._style = (_variables(accent) + _read("pages.css")).encode()
        self._script = _read("pages.js").encode()
        self.style_url = f"{STYLE_PATH}?v={_digest(self._style)}"
        self.script_url = f"{SCRIPT_PATH}?v={_digest(self._script)}"

    def routes(self) -> list[Route]:
        """The routes."""
        return [Route(STYLE_PATH, self.style), Route(SCRIPT_PATH, self.script)]

    async def style(self, request: Request) -> Response:
        """The stylesheet."""
        return _file(request, self.style_url, self._style, "text/css")

    async def script(self, request: Request) -> Response:
        """The script."""
        return _file(request, self.script_url, self._script, "text/javascript")


def _file(request: Request, url: str, body: bytes, media_type: str) -> Response:
    is_current = f"{request.url.path}?{request.url.query}" == url
    headers = {**(_FOREVER if is_current else _BRIEFLY), "X-Content-Type-Options": "nosniff"}
    return Response(body, headers=headers, media_type=media_type)


def _variables(accent: str) -> str:
    both = shades(accent)
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in both[theme].items())
        for theme in ("light", "dark")
    )
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _read(name: str) -> str:
    return files("webhooks").joinpath("pages", name).read_text("utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
