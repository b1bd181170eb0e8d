"""A trial callback: a signed `textlogin.test` event, posted at once and not repeated."""

from __future__ import annotations

import time
from typing import NamedTuple

import aiohttp
import msgspec

from storage.ids import Ids
from webhooks import verification_json
from webhooks.clients.callbacks import open_session
from webhooks.clients.public_hosts import may_call
from webhooks.clients.signing import sign

_SHOWN_BYTES = 500


class Answer(NamedTuple):
    """How the web app answered: the HTTP status, and how its body begins."""

    status: int
    reason: str
    beginning: str


class NotCalled(Exception):
    """The URL is not allowed or not reachable; the message says which."""


async def try_callback(
    url: str, name: str, secrets: list[str], *, anywhere: bool = False
) -> Answer:
    """Post the event to `url`, as the web app `name`. `anywhere` also allows http and private
    hosts. Raises NotCalled."""
    if not (anywhere or may_call(url)):
        raise NotCalled("it is not a public https URL")
    now = int(time.time() * 1000)
    event = {"type": "textlogin.test", "timestamp": verification_json.iso(now)}
    body = msgspec.json.encode(event | {"data": {"client": name}})
    headers = sign(secrets, Ids().id("evt", now), now // 1000, body)
    try:
        async with (
            await open_session(anywhere) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            beginning = await response.content.read(_SHOWN_BYTES)
            return Answer(response.status, response.reason or "", _printable(beginning))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise NotCalled(f"{type(error).__name__}: {error}") from error


def _printable(body: bytes) -> str:
    """What a terminal can show, in one line."""
    words = " ".join(body.decode(errors="replace").split())
    return "".join(one for one in words if one.isprintable())
