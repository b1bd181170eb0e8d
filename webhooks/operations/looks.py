"""How the operator pages look: templates, and the stylesheet of the login pages with more of it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.pages.theme import STYLE_PATH, Theme
from webhooks.support.times import clock_time, day_name

_TEMPLATES = ("overview", "history", "sign_in", "message")
_MORE_PATH = "/operations.css"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "same-origin",  # with no-referrer, forms would send Origin: null
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Looks:
    """Renders pages. They have no script."""

    def __init__(self, app_name: str, accent: str) -> None:
        self._theme = Theme(accent)
        self._more = files("webhooks").joinpath("operations", "operations.css").read_bytes()
        environment = Environment(
            loader=PackageLoader("webhooks.operations"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals |= {"app": app_name, "theme": self._theme, "more": _MORE_PATH}
        environment.filters |= {"time": clock_time, "day": day_name}
        self._templates = {name: environment.get_template(f"{name}.html") for name in _TEMPLATES}

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        body = self._templates[template].render(**values)
        return Response(body, status, _HEADERS, "text/html")

    def redirect(self, to: str) -> Response:
        """303."""
        return Response(status_code=303, headers=_HEADERS | {"Location": to})

    def routes(self) -> list[Route]:
        """The stylesheets."""
        return [Route(STYLE_PATH, self._theme.style), Route(_MORE_PATH, self._style)]

    async def _style(self, request: Request) -> Response:
        headers = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
        return Response(self._more, headers=headers, media_type="text/css")
