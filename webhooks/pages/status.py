"""`GET /verify/status`: the step of this browser's login, held until it changes."""

from __future__ import annotations

import asyncio
import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from webhooks.http.problems import Problem
from webhooks.pages.cookie import Visit
from webhooks.pages.site import HOLDER, Site
from webhooks.pages.steps import step_of
from webhooks.watch.live import Entry

_JSON = "application/json"
#: Bounded: Python refuses to read numbers of thousands of digits.
_SECONDS = re.compile(r"[0-9]{1,64}", re.ASCII)


class Status:
    """Answers by the cookie. `max_wait` is the longest wait in seconds."""

    def __init__(self, site: Site, *, max_wait: int) -> None:
        self._site = site
        self._max_wait = max_wait

    async def show(self, request: Request) -> Response:
        """`{"step": …}` with an ETag; 304 if it is still the one in `If-None-Match`. With `wait`
        it is held for at most so many seconds. Raises Refusal without a login, Problem."""
        visit = self._site.visit(request)
        entry = await self._site.entry(visit)
        known = request.headers.get("if-none-match")
        seconds = self._seconds(request)
        if seconds and known == self._etag(entry, visit):
            entry = await self._changed(request, visit, entry, known, seconds)
        etag = self._etag(entry, visit)
        headers = {
            "ETag": etag,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if known == etag:
            return Response(status_code=304, headers=headers)
        body = msgspec.json.encode({"step": self._step(entry, visit)})
        return Response(body, headers=headers, media_type=_JSON)

    async def _changed(
        self, request: Request, visit: Visit, entry: Entry, known: str, seconds: float
    ) -> Entry:
        """The verification may change without the page having to: then wait on."""
        now = asyncio.get_running_loop().time
        deadline = now() + seconds
        while (
            self._etag(entry, visit) == known
            and not self._site.watch.is_closed
            and (left := deadline - now()) > 0
        ):
            try:
                entry = await self._site.watch.change(
                    entry, HOLDER, entry.etag, left, request.receive
                )
            except Problem:
                return entry  # too many wait, or the database is down: the page asks again
        return entry

    def _step(self, entry: Entry, visit: Visit) -> str:
        return step_of(entry.verification, visit, self._site.clock())

    def _etag(self, entry: Entry, visit: Visit) -> str:
        return f'"{self._site.jar.form_tag(entry.verification.id)}-{self._step(entry, visit)}"'

    def _seconds(self, request: Request) -> int:
        wait = request.query_params.get("wait", "")
        return min(int(wait), self._max_wait) if _SECONDS.fullmatch(wait) else 0
