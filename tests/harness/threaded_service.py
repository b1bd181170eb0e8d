"""The service under uvicorn in a thread, for real HTTP requests from synchronous tests."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from nacl.signing import SigningKey

from tests.harness.eventually import PATIENCE_S, wait_for
from tests.harness.phone import code_in
from tests.harness.process import free_port
from tests.harness.settings import SHOP, make_settings
from tests.harness.web_app import expect
from webhooks.app import create_app
from webhooks.ops.server import OPTIONS

#: A limit on codes that no test reaches.
_NO_LIMIT = 100


@dataclass
class ThreadedService:
    """Its URL, and a web app that uses it."""

    url: str
    http: httpx.Client
    codes: dict[str, str]

    def code(self, phone: str) -> str:
        """Wait for the code of this phone; each is returned once."""
        return wait_for(lambda: self.codes.pop(phone, None)) or ""

    def create(self, **members: Any) -> dict[str, Any]:
        return expect(self.http.post("/v1/verifications", json=members), 201)

    def act(self, id: str, action: str, **members: Any) -> dict[str, Any]:
        return expect(self.http.post(f"/v1/verifications/{id}/{action}", json=members), 200)


@contextmanager
def threaded_service(database_url: str) -> Iterator[ThreadedService]:
    """Polls are answered at once, no test reaches a limit on codes, Telnyx accepts everything."""
    public_key = base64.b64encode(bytes(SigningKey.generate().verify_key)).decode()
    limits = dict.fromkeys(("codes_per_10_min", "codes_per_hour", "codes_per_day"), _NO_LIMIT)
    codes: dict[str, str] = {}

    def accept(request: httpx.Request) -> httpx.Response:
        message = json.loads(request.content)
        codes[message["to"]] = code_in(message["text"])
        return httpx.Response(200, json={"data": {"id": str(uuid4())}})

    app = create_app(
        make_settings(
            database_url,
            public_key,
            max_wait=0,
            resend_cooldown=0,
            fraud_guard="off",
            **limits,
        ),
        http_client=httpx.AsyncClient(transport=httpx.MockTransport(accept)),
        answer_timeout_s=PATIENCE_S,
        catches_up=False,
    )
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, **OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: server.started or not thread.is_alive())
        assert thread.is_alive()
        headers = {"Authorization": f"Bearer {SHOP}"}
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S) as http:
            yield ThreadedService(url, http, codes)
    finally:
        server.should_exit = True
        thread.join()
