"""`textlogin phone`: a phone in the terminal, connected to the demo's stand-in for Telnyx."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpx

_READ_EVERY_S = 0.2
#: How long to wait for answers after the last line of input.
_LAST_ANSWERS_S = 2.0
_HTTP_TIMEOUT_S = 5


class PhoneError(Exception):
    """The demo is unreachable or refuses the text. The message says what to do."""


class Phone:
    """Sends each line of input as a text, and prints texts as they arrive."""

    def __init__(self, number: str, url: str) -> None:
        self._number = number
        self._http = httpx.Client(base_url=url, timeout=_HTTP_TIMEOUT_S)
        self._seen: set[str] = set()
        self._stopped = threading.Event()

    def run(self, lines: Iterable[str] = sys.stdin) -> None:
        """Runs until the input ends. Raises PhoneError."""
        self._seen = {message["id"] for message in self._messages()}
        print(f"You are {self._number}. Type LOGIN; Ctrl-D quits.", flush=True)
        printer = threading.Thread(target=self._print_new, daemon=True)
        printer.start()
        try:
            self._send_lines(lines)
        except KeyboardInterrupt:
            print()
        else:
            time.sleep(_LAST_ANSWERS_S)
        self._stopped.set()
        printer.join()

    def _send_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            if text := line.strip():
                self._send(text)

    def _send(self, text: str) -> None:
        body = {"from": self._number, "text": text}
        response = self._request("POST", "/sandbox/texts", json=body)
        if response.status_code != 202:
            raise PhoneError(f"The demo refuses this text: {response.json().get('detail')}")

    def _print_new(self) -> None:
        while not self._stopped.wait(_READ_EVERY_S):
            try:
                messages = self._messages()
            except PhoneError as error:
                print(error, file=sys.stderr)
                return
            for message in messages:
                if message["id"] not in self._seen:
                    self._seen.add(message["id"])
                    print(f"  {message['from']}: {message['text']}", flush=True)

    def _messages(self) -> list[dict[str, str]]:
        query = {"phone_number": self._number}
        response = self._request("GET", "/sandbox/messages", params=query)
        if response.status_code != 200:
            raise PhoneError(f"{self._http.base_url} is not the demo: it has no sandbox.")
        data: list[dict[str, str]] = response.json()["data"]
        return data

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise PhoneError(
                f"Cannot reach the demo at {self._http.base_url}. Start it with `textlogin demo`, "
                "or set --url."
            ) from error
