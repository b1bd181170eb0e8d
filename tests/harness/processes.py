"""The real processes: `textlogin …` and uvicorn as children, and a Telnyx over HTTP for them.

Each child gets a clean environment and a folder of its own, and is stopped by its own id.
"""

import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TypeVar
from uuid import uuid4

import httpx

from tests.harness.running_service import NUMBER, SHOP, WEBHOOK, Signer

T = TypeVar("T")

PATIENCE = 30.0


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Telnyx:
    """`POST /v2/messages` over HTTP: each idempotency key sends once, its answer is given again."""

    def __init__(self) -> None:
        self.signer = Signer(wall_clock)
        self.arrived = 0
        self.tries: list[str] = []
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
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v2"

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
            self.tries.append(key)
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

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with telnyx._lock:
                    telnyx.arrived += 1
                telnyx.reachable.wait(PATIENCE)
                status, answer = telnyx.send(self.headers["idempotency-key"], body)
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # who asked has been killed

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextmanager
def telnyx() -> Iterator[Telnyx]:
    stand_in = Telnyx()
    try:
        yield stand_in
    finally:
        stand_in.close()


class Process:
    """A child; its output is read as it comes, both streams into one list of lines."""

    def __init__(self, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._new: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def types(self, line: str) -> None:
        self._stdin.write(line + "\n")
        self._stdin.flush()

    def hangs_up(self) -> None:
        self._stdin.close()

    def prints(self, pattern: str) -> re.Match[str]:
        """The next line that has it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._new.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                line = None
            assert line is not None, f"no {pattern!r} in:\n{self.output}"
            if found := re.search(pattern, line):
                return found

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def ends(self, patience: float = PATIENCE) -> int:
        """Its exit status."""
        status = self._child.wait(patience)
        self._reader.join()
        return status

    def close(self) -> None:
        if self.is_alive:
            self._child.kill()
        self._child.wait()
        self._reader.join()
        for stream in (self._child.stdin, self._child.stdout):
            assert stream is not None
            stream.close()

    @property
    def _stdin(self) -> IO[str]:
        assert self._child.stdin is not None
        return self._child.stdin

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line)
        self._new.put(None)


@contextmanager
def process(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """`python -m …` as a child, gone at the end whatever happened."""
    child = Process(list(arguments), folder, environment or {})
    try:
        yield child
    finally:
        child.close()


class Server:
    """A serving child and the way to it."""

    def __init__(self, child: Process, port: int, signer: Signer) -> None:
        self.child = child
        self.url = f"http://127.0.0.1:{port}"
        self._signer = signer

    def post(self, http: httpx.Client, body: bytes) -> int:
        """A signed webhook."""
        headers = self._signer.headers(body)
        return http.post(self.url + WEBHOOK, content=body, headers=headers).status_code

    def post_one(self, body: bytes) -> int:
        with httpx.Client(timeout=20) as http:
            return self.post(http, body)

    def is_up(self) -> bool:
        assert self.child.is_alive, self.child.output
        try:
            return httpx.get(self.url + "/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def serving(
    folder: Path, database_url: str, to: Telnyx, *, uvicorn: bool = False
) -> Iterator[Server]:
    """`textlogin serve`, or plain uvicorn, ready."""
    port = free_port()
    arguments = (
        ["uvicorn", "webhooks.app:create_app", "--factory", "--log-level", "warning"]
        if uvicorn
        else ["webhooks", "serve"]
    )
    environment = settings_of(database_url, to)
    with process(*arguments, "--port", str(port), folder=folder, environment=environment) as child:
        server = Server(child, port, to.signer)
        wait_for(server.is_up)
        yield server


def settings_of(database_url: str, to: Telnyx) -> dict[str, str]:
    """What the environment of a serving child holds."""
    return {
        "TELNYX_API_KEY": "KEY-of-nobody",
        "TELNYX_PUBLIC_KEY": to.signer.public_key,
        "TELNYX_PHONE_NUMBER": NUMBER,
        "TELNYX_BASE_URL": to.url,
        "SECRET_KEY": "a key for tests of at least 32 characters",
        "DATABASE_URL": database_url,
        "API_KEYS": SHOP,
    }


def wait_for(probe: Callable[[], T], patience: float = PATIENCE) -> T:
    """What the probe finds, once it is something."""
    deadline = time.monotonic() + patience
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {patience} s"
        time.sleep(0.02)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
