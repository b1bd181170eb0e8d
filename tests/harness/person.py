"""A person's browser without JavaScript: keeps cookies, follows redirects, reads pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

import httpx

from tests.harness.running_service import RunningService, running_service

HOST = "login.test"


class Person:
    """One browser on https. `page` is the last page that it got."""

    def __init__(self, service: RunningService, **headers: str) -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(service.app, client=("203.0.113.9", 50_000)),
            base_url=f"https://{HOST}",
            headers={"Sec-Fetch-Site": "same-origin", **headers},
        )
        self.page = httpx.Response(0)

    async def get(self, path: str = "/", **params: str) -> httpx.Response:
        """A page, after at most three redirects on this host."""
        return await self._follow(await self.http.get(path, params=params or None))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """A form's answer, and the page that it redirects to."""
        return await self._follow(await self.http.post(path, data=fields))

    async def enter(self, phone: str, **fields: str) -> httpx.Response:
        return await self.post("/request", phone=phone, **fields)

    async def type(self, code: str, **fields: str) -> httpx.Response:
        return await self.post("/verify", token=code, **fields)

    @property
    def heading(self) -> str:
        return text_of(self.found("<h1>(.*?)</h1>"))

    @property
    def error(self) -> str | None:
        """What the summary on top says; None without one."""
        found = re.search(r'class="summary".*?<p>(.*?)</p>', self.page.text, re.DOTALL)
        return text_of(found[1]) if found else None

    @property
    def words(self) -> str:
        """The whole text of the page."""
        return text_of(self.found("<main.*?>(.*)</main>"))

    @property
    def login(self) -> str:
        """The words to text."""
        return text_of(self.found('class="words"[^>]*>(.*?)<'))

    def found(self, pattern: str) -> str:
        found = re.search(pattern, self.page.text, re.DOTALL)
        assert found is not None, self.page.text
        return found[1]

    async def _follow(self, response: httpx.Response) -> httpx.Response:
        first = response
        for _ in range(3):
            to = response.headers.get("location", "")
            if response.status_code != 303 or not to.startswith("/"):
                break
            response = await self.http.get(to)
        self.page = response
        return first


@asynccontextmanager
async def person(database_url: str, **changes: Any) -> AsyncIterator[tuple[RunningService, Person]]:
    """A service, and a browser on its pages."""
    async with running_service(database_url, **changes) as service:
        browser = Person(service)
        async with browser.http:
            yield service, browser


def text_of(markup: str) -> str:
    """The text of a piece of HTML, on one line."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())
