"""A web app, or a browser, that uses the API."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.harness.phone import PHONE


@dataclass
class WebApp:
    """The API with one credential: a web app's key, or a browser's poll token."""

    http: httpx.AsyncClient
    bearer: str

    async def ask(self, method: str, path: str = "", **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.bearer}"} | arguments.pop("headers", {})
        url = f"/v1/verifications{path}"
        return await self.http.request(method, url, headers=headers, **arguments)

    async def create(self, **members: Any) -> dict[str, Any]:
        return expect(await self.ask("POST", json=members), 201)

    async def open(self, **members: Any) -> dict[str, Any]:
        """Text-to-login whose code is replied, unless `members` say otherwise."""
        return await self.create(**{"method": "text", "code_entry": "reply", **members})

    async def show(self, id: str) -> dict[str, Any]:
        return expect(await self.ask("GET", f"/{id}"), 200)

    async def find(self, phone: str = PHONE) -> list[dict[str, Any]]:
        found = expect(await self.ask("GET", params={"phone_number": phone}), 200)
        data: list[dict[str, Any]] = found["data"]
        return data

    async def check(self, id: str, code: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/check", json={"code": code})

    async def resend(self, id: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/resend")

    async def cancel(self, id: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/cancel")

    async def redeem(self, id: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/redeem")


def expect(response: httpx.Response, status: int) -> dict[str, Any]:
    """The JSON body of a response, which must have this status."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body
