"""`textlogin demo` as a child process, and calls to it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.harness.eventually import wait_for
from tests.harness.phone import PHONE, code_in
from tests.harness.process import Process, free_port, process

KEY = "d" * 40


class Demo:
    """A running demo. `http` calls it as its web app does."""

    def __init__(self, child: Process, http: httpx.Client) -> None:
        self.child = child
        self.http = http

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The JSON of an answer that must be 2xx."""
        response = self.http.request(method, path, json=body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def advance(self, seconds: int) -> dict[str, Any]:
        """Move its clock."""
        return self.call("POST", "/sandbox/clock", {"advance": seconds})

    def text(self, words: str, phone: str = PHONE) -> None:
        """A phone texts it."""
        self.call("POST", "/sandbox/texts", {"from": phone, "text": words})

    def texts(self, phone: str = PHONE) -> list[str]:
        """What a phone got, oldest first."""
        query = f"?phone_number={phone.replace('+', '%2B')}"
        return [one["text"] for one in self.call("GET", f"/sandbox/messages{query}")["data"]]

    def reads(self, number: int, phone: str = PHONE) -> str:
        """Wait for the phone's text of this number, counted from 1."""
        return wait_for(lambda: self.texts(phone)[number - 1 : number])[0]

    def code(self, number: int, phone: str = PHONE) -> str:
        """The code in it."""
        return code_in(self.reads(number, phone))

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait."""
        self.child.signal(signal.SIGINT)
        self.child.ends()


@contextmanager
def demo_process(folder: Path, *arguments: str) -> Iterator[Demo]:
    """A demo that keeps its data in `folder`, ready to be called."""
    port = free_port()
    with (
        process("webhooks", "demo", "--port", str(port), *arguments, folder=folder) as child,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=30,
        ) as http,
    ):
        child.prints("Ctrl-C stops it")
        yield Demo(child, http)
