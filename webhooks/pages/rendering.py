"""Turns a template and its values into a response with the headers that every page has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct
from starlette.responses import Response

from webhooks.pages.languages import Sentences
from webhooks.pages.theme import Theme

#: Loaded at start, so that no request opens a file.
_TEMPLATES = (
    *("base", "parts", "phone", "code", "code_expired"),
    *("text", "reply", "confirm", "done", "end"),
)


class Brand(Struct, frozen=True):
    """What the operator's settings put on every page."""

    app: str
    support: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None


class Renderer:
    """Renders pages. `framed_by_self` lets pages of the own origin show them in a frame."""

    def __init__(self, brand: Brand, theme: Theme, *, framed_by_self: bool = False) -> None:
        ancestors = "'self'" if framed_by_self else "'none'"
        self._policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            f"img-src data:; base-uri 'none'; frame-ancestors {ancestors}; form-action 'self'"
        )
        self._frame = "SAMEORIGIN" if framed_by_self else "DENY"
        environment = Environment(
            loader=PackageLoader("webhooks.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals |= {"brand": brand, "theme": theme}
        self._templates = {name: environment.get_template(f"{name}.html") for name in _TEMPLATES}

    def page(
        self, template: str, sentences: Sentences, status: int, values: Mapping[str, Any]
    ) -> Response:
        """One page. `values["return_origin"]` may be where a form leads to in the end."""
        return self.response(self.render(template, sentences, values), status, values)

    def render(self, template: str, sentences: Sentences, values: Mapping[str, Any]) -> str:
        """The page's HTML."""
        return self._templates[template].render(t=sentences, **values)

    def response(self, body: str, status: int, values: Mapping[str, Any]) -> Response:
        """Rendered HTML with its headers."""
        return Response(body, status, self.headers(values.get("return_origin")), "text/html")

    def headers(self, return_origin: str | None = None) -> dict[str, str]:
        """Of every page. Browsers apply `form-action` to redirects after a form, too."""
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"{self._policy} {return_origin or ''}".strip(),
            "Referrer-Policy": "same-origin",  # with no-referrer, forms would send Origin: null
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": self._frame,
        }


def origin_of(url: str) -> str:
    """Scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
