"""Telnyx's messages API over HTTP, for services in other processes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

from storage.clock import wall_clock
from tests.harness.eventually import PROCESS_PATIENCE_S
from tests.harness.telnyx_events import Signer


class TelnyxServer:
    """`POST /v2/messages`: each idempotency key sends once; its answer is given again.

    While `reachable` is not set, requests are held unanswered.
    """

    def __init__(self) -> None:
        self.signer = Signer(wall_clock)
        self.arrived = 0
        self.idempotency_keys: list[str] = []
        self.reachable = threading.Event()
        self.reachable.set()
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[bytes, bytes]] = {}
        self._texts: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    def texts(self, phone: str) -> list[str]:
        """What this phone got, in order."""
        with self._lock:
            return [text["text"] for text in self._texts if text["to"] == phone]

    def close(self) -> None:
        self.reachable.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def send(self, key: str, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            self.idempotency_keys.append(key)
            known = self._answers.get(key)
            if known is not None:
                return (200, known[1]) if known[0] == body else (422, b'{"errors": []}')
            self._texts.append(json.loads(body))
            answer = json.dumps({"data": {"id": str(uuid4())}}).encode()
            self._answers[key] = (body, answer)
            return 200, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        telnyx = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                """What the service has missed: nothing."""
                self._answer(200, b'{"data": []}')

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with telnyx._lock:
                    telnyx.arrived += 1
                telnyx.reachable.wait(PROCESS_PATIENCE_S)
                self._answer(*telnyx.send(self.headers["idempotency-key"], body))

            def _answer(self, status: int, answer: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # the service has been killed

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextmanager
def telnyx_server() -> Iterator[TelnyxServer]:
    server = TelnyxServer()
    try:
        yield server
    finally:
        server.close()
