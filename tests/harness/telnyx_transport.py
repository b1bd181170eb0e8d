"""The connection between the service and the sandbox: requests to Telnyx, webhooks from it."""

import asyncio
import json
from dataclasses import dataclass, field

import httpx

#: `message.sent` and `message.finalized`.
_RECEIPTS_OF_A_MESSAGE = 2


class TelnyxTransport(httpx.AsyncBaseTransport):
    """Requests to Telnyx. It can fail, and withhold the answers to what it delivered."""

    def __init__(self, sandbox: httpx.AsyncBaseTransport) -> None:
        self._sandbox = sandbox
        self.idempotency_keys: list[str] = []
        self.failure: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.under_way = 0
        self.accepted: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._look(request)
        self.idempotency_keys.append(request.headers["idempotency-key"])
        if self.failure is not None:
            raise self.failure
        request.headers["host"] = "127.0.0.1"  # the only kind that the sandbox answers to
        self.under_way += 1
        try:
            response = await self._sandbox.handle_async_request(request)
            if response.status_code == 200:
                self.accepted.add(json.loads(await response.aread())["data"]["id"])
            await self.answers.wait()
        finally:
            self.under_way -= 1
        return response

    async def _look(self, request: httpx.Request) -> httpx.Response:
        """A list of the account."""
        if self.failure is not None:
            raise self.failure
        request.headers["host"] = "127.0.0.1"
        return await self._sandbox.handle_async_request(request)


@dataclass
class SandboxWebhooks:
    """The webhooks that the sandbox posted, byte for byte, and how the service answered them."""

    posted: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    #: While it is not set, webhooks wait on their way to the service.
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: dict[str, asyncio.Future[int]] = field(default_factory=dict)
    _accepted: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.released.set()

    def answer_to(self, message_id: str) -> asyncio.Future[int]:
        """The first answer to a webhook about this message."""
        return self._answers.setdefault(message_id, asyncio.get_running_loop().create_future())

    def add(self, body: bytes, headers: dict[str, str], status: int) -> None:
        self.posted.append((body, headers))
        data = json.loads(body)["data"]
        answer = self.answer_to(data["payload"]["id"])
        if not answer.done():
            answer.set_result(status)
        if status == 200:
            self._accepted.setdefault(data["payload"]["id"], set()).add(data["id"])

    def has_receipts(self, message_id: str) -> bool:
        """Whether the service has accepted all receipts of this message."""
        return len(self._accepted.get(message_id, ())) >= _RECEIPTS_OF_A_MESSAGE
