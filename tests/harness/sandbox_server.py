"""The stand-in for Telnyx as a server on loopback, for commands."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from storage.clock import SteadyClock
from tests.harness.eventually import wait_for
from tests.harness.process import free_port
from tests.harness.settings import NUMBER
from webhooks.sandbox import DemoClock, Sandbox

WEBHOOK_URL = "https://login.example/webhooks/telnyx"


@dataclass
class SandboxServer:
    """`status` is what the service answers webhooks with; `http` calls as operators and phones."""

    url: str
    http: httpx.Client
    status: int = 200

    @property
    def base_url(self) -> str:
        """The value of TELNYX_BASE_URL."""
        return f"{self.url}/sandbox/v2"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer that must be 2xx, of a path below `/sandbox`."""
        response = self.http.request(method, f"/sandbox{path}", json=body)
        assert response.is_success, response.text
        return response.json()

    def profile(self, **members: Any) -> dict[str, Any]:
        """The messaging profile, after these changes."""
        (found,) = self.call("GET", "/v2/messaging_profiles")["data"]
        path = f"/v2/messaging_profiles/{found['id']}"
        profile: dict[str, Any] = self.call("PATCH", path, members)["data"]
        return profile

    def text(self, words: str, phone: str) -> None:
        """A phone texts; returns once the webhook is delivered or given up."""
        before = self._deliveries()
        self.call("POST", "/texts", {"from": phone, "text": words})
        wait_for(lambda: self._deliveries() > before)

    def _deliveries(self) -> int:
        meta = self.call("GET", "/v2/webhook_deliveries")["meta"]
        return int(meta["total_results"])


@contextmanager
def sandbox_server() -> Iterator[SandboxServer]:
    """A running stand-in; its webhooks reach nobody but count as answered."""

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        return server.status

    sandbox = Sandbox(
        number=NUMBER,
        post=post,
        webhook_url=WEBHOOK_URL,
        clock=DemoClock(SteadyClock()),
        retry_after=(0.0, 0.0),
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sandbox.start()
        yield
        await sandbox.stop()

    port = free_port()
    app = Starlette(routes=sandbox.routes, lifespan=lifespan)
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=running.run)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": "Bearer x"}
    try:
        wait_for(lambda: running.started or not thread.is_alive())
        with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
            server = SandboxServer(url, http)
            yield server
    finally:
        running.should_exit = True
        thread.join()
