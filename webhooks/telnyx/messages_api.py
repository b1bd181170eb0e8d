"""Telnyx's messages API: one POST by the SDK for each try to send a message, and its lists.

The SDK takes seconds to import, so `MessagesApi.open` imports it in a thread.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import sys
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from bot.commands import MessageSettled
from bot.records import Message
from bot.telnyx_cures import explain
from bot.telnyx_errors import classify

if TYPE_CHECKING:
    import httpx
    from telnyx import AsyncTelnyx

log = logging.getLogger("textlogin.sender")

#: The longest that one try may take.
SEND_TIMEOUT_S = 5.0
#: The longest that one page of a list may take.
_LIST_TIMEOUT_S = 15.0
_LONGEST_PROVIDER_ID = 128
_LONGEST_ERROR_CODE = 16


class Account(NamedTuple):
    """A Telnyx account. `base_url` and `http_client` replace the SDK's own."""

    api_key: str
    base_url: str | None
    http_client: httpx.AsyncClient | None = None


class ApiError(Exception):
    """A list cannot be read. The message says why, without a key or a number."""


class _Sent(msgspec.Struct):
    id: str


class _Accepted(msgspec.Struct):
    data: _Sent


class MessagesApi:
    """The messages API of one account."""

    def __init__(self, sdk: AsyncTelnyx) -> None:
        self._sdk = sdk

    @classmethod
    async def open(cls, account: Account) -> Self:
        """Import the SDK and make its client, in a thread."""
        return cls(await asyncio.to_thread(_make_sdk, account))

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    async def send(self, message: Message, text: str, timeout_s: float) -> MessageSettled:
        """Try once to send a message with this text, and say how it ended."""
        import httpx
        import telnyx

        try:
            async with asyncio.timeout(timeout_s):
                response = await self._post(message, text)
            accepted = msgspec.json.decode(response.content, type=_Accepted)
        except telnyx.APIStatusError as error:
            return _refused(message, error.status_code, _error_code(error.body))
        except (telnyx.APIConnectionError, httpx.HTTPError, TimeoutError, OSError) as error:
            log.debug("Telnyx is unreachable: %s", type(error).__name__)
            return MessageSettled(message.id, "retry", error="unreachable")
        except (msgspec.MsgspecError, UnicodeError):
            return MessageSettled(message.id, "retry", error="unreadable")
        provider_id = accepted.data.id[:_LONGEST_PROVIDER_ID]
        return MessageSettled(message.id, "sent", provider_id=provider_id)

    async def get(self, path: str, query: Mapping[str, str]) -> bytes:
        """One page of a list, as JSON. Raises ApiError."""
        import httpx
        import telnyx

        try:
            async with asyncio.timeout(_LIST_TIMEOUT_S):
                response = await self._sdk.get(
                    path,
                    cast_to=httpx.Response,
                    options={"params": query, "timeout": _LIST_TIMEOUT_S},
                )
        except telnyx.APIStatusError as error:
            code = _error_code(error.body)
            words = f", {explain(code)}" if code else ""
            raise ApiError(f"Telnyx refused GET {path}: HTTP {error.status_code}{words}") from None
        except (telnyx.APIConnectionError, httpx.HTTPError, TimeoutError, OSError) as error:
            raise ApiError(f"Telnyx is unreachable: {type(error).__name__}") from None
        return response.content

    async def _post(self, message: Message, text: str) -> httpx.Response:
        import httpx

        return await self._sdk.post(
            "/messages",
            cast_to=httpx.Response,
            body={"from": message.number, "to": message.phone, "text": text},
            options={"headers": {"Idempotency-Key": idempotency_key(message)}},
        )


def idempotency_key(message: Message) -> str:
    """The same for each try of a round, so that Telnyx sends a retried message once."""
    return f"{message.id}-{message.round}"


def _refused(message: Message, status: int, code: str | None) -> MessageSettled:
    outcome = classify(status, code, message.error)
    return MessageSettled(message.id, outcome, error=code or str(status))


def _error_code(body: Any) -> str | None:
    """Telnyx's error code. The error's message is not used: it holds both phone numbers."""
    try:
        return str(body["errors"][0]["code"])[:_LONGEST_ERROR_CODE]
    except (KeyError, IndexError, TypeError):
        return None


def import_sdk() -> None:
    """Import the SDK. It takes about 2 s of CPU time, some seconds more without bytecode."""
    if "telnyx" not in sys.modules:
        importlib.import_module("telnyx")

        gc.freeze()  # its 100,000 objects stay: exclude them from garbage collection


def _make_sdk(account: Account) -> AsyncTelnyx:
    import_sdk()
    from telnyx import AsyncTelnyx, DefaultAioHttpClient

    return AsyncTelnyx(
        api_key=account.api_key,
        base_url=account.base_url,
        max_retries=0,  # the SDK's own retries do not carry our idempotency key
        timeout=SEND_TIMEOUT_S,
        http_client=account.http_client or DefaultAioHttpClient(cookies=_NoCookies()),
    )


class _NoCookies(CookieJar):
    """Keeps no cookies. Looking for them in each response takes 10 % of the time of a send."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""

    def add_cookie_header(self, request: object) -> None:
        """Add no cookies to a request."""
