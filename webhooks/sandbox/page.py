"""`GET /sandbox`: the page with the phone, the web app and what passes between them.

Its files are in `static/`, read once. It needs nothing from outside.
"""

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
#: `frame-src`: the service's login page is shown in a frame. `img-src`: its QR codes.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Page:
    """The page and its files. `values` replace the names in double braces in the page."""

    def __init__(self, values: Mapping[str, str]) -> None:
        static = files(__package__).joinpath("static")
        self._files = {one.name: one.read_text("utf-8") for one in static.iterdir()}
        for name, value in values.items():
            html = self._files["page.html"]
            self._files["page.html"] = html.replace(f"{{{{{name}}}}}", escape(value))

    async def show(self, request: Request) -> Response:
        """The page itself."""
        return self._response("page.html")

    async def file(self, request: Request) -> Response:
        """A stylesheet or a script. Raises a 404."""
        name = request.path_params["name"]
        if name not in self._files or name == "page.html":
            raise HTTPException(404)
        return self._response(name)

    def _response(self, name: str) -> Response:
        media_type = _TYPES[name.rpartition(".")[2]]
        return Response(self._files[name], headers=_HEADERS, media_type=media_type)
