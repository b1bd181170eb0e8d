"""Whether a page of this port sent a form."""

from __future__ import annotations

from starlette.requests import Request

from webhooks.pages.refusal import Refusal


def check_origin(request: Request) -> None:
    """Raises Refusal (403) for a POST without the Origin of the Host that it was sent to. `Access`
    has checked the Host."""
    if request.method != "POST":
        return
    host = request.headers.get("host", "")
    if request.headers.get("origin") not in (f"http://{host}", f"https://{host}"):
        raise Refusal("cross_origin", 403)
