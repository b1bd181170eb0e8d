"""The web app's side of a script: its pages, and the verifications behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.conversations.directions import (
    Direction,
    LogsIn,
    Reads,
    SendsAgain,
    SendsCode,
    Shows,
    Typed,
)
from tests.conversations.placeholders import fill
from tests.harness.web_app import WebApp, expect


@dataclass
class Pages:
    """Each page of a script has one verification. `values` are those of the placeholders."""

    web_app: WebApp
    values: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)

    async def carry_out(self, direction: Direction, phone: str | None) -> None:
        """What a page does; `phone` is that of the person it names. Raises AssertionError where
        the API answers otherwise than the script says."""
        match direction:
            case Shows():
                await self._show(direction)
            case SendsCode(page, _, label, locale):
                members = {"method": "sms", "phone_number": phone, "code_entry": "page"}
                self.ids[page] = (await self._create(members, label, locale))["id"]
            case Typed(page, words, answer):
                await self._type(page, fill(words, self.values), answer)
            case SendsAgain(page, _):
                expect(await self.web_app.resend(self.ids[page]), 200)
            case LogsIn(page, allowed):
                expect(await self.web_app.redeem(self.ids[page]), 200 if allowed else 409)
            case Reads(page, status):
                read = _status(await self.web_app.show(self.ids[page]))
                assert read == status, f"{page} reads: {read}"
            case _:
                raise AssertionError(f"no page does this: {direction}")

    async def _show(self, shows: Shows) -> None:
        members = {"method": "text", "code_entry": shows.code_entry}
        opened = await self._create(members, shows.label, shows.locale)
        self.ids[shows.page] = opened["id"]
        self.values[shows.ref] = opened["login"]["ref"]

    async def _create(
        self, members: dict[str, Any], label: str | None, locale: str | None
    ) -> dict[str, Any]:
        if label is not None:
            members["requester"] = {"label": label}
        if locale is not None:
            members["locale"] = locale
        return await self.web_app.create(**members)

    async def _type(self, page: str, code: str, answer: str) -> None:
        response = await self.web_app.check(self.ids[page], code)
        said = _said(response)
        assert said == answer, f"{page} says: {said}"


def _said(response: httpx.Response) -> str:
    """The status, the tries left while it is pending, or the name of the problem."""
    body = response.json()
    if response.status_code != 200:
        return str(body["type"]).rpartition(":")[2]
    if body["status"] == "pending":
        return f"{body['attempts_left']} tries left"
    return str(body["status"])


def _status(verification: dict[str, Any]) -> str:
    """Status and reason, and `repudiated later` where a NO came too late to undo it."""
    parts = [verification["status"], verification["reason"]]
    if verification["repudiated_at"] and verification["status"] == "approved":
        parts.append("repudiated later")
    return ", ".join(part for part in parts if part)
