"""`textlogin phone`: a phone in the terminal, over the demo's sandbox."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpx

#: Seconds between two looks for new texts, and how long the last answers are waited for.
_EVERY = 0.2
_LAST_WAIT = 2.0


class PhoneError(Exception):
    """The demo can't be reached, or takes no such text; the message says what to do."""


class Terminal:
    """One phone: what is typed goes out, what comes back is printed as it comes."""

    def __init__(self, number: str, url: str) -> None:
        self._number = number
        self._http = httpx.Client(base_url=url, timeout=5)
        self._seen: set[str] = set()
        self._stopped = threading.Event()

    def run(self, lines: Iterable[str] = sys.stdin) -> None:
        """Until the input ends. Raises PhoneError."""
        self._seen = {message["id"] for message in self._messages()}
        print(f"You are {self._number}. Type LOGIN; Ctrl-D hangs up.", flush=True)
        printer = threading.Thread(target=self._print_new, daemon=True)
        printer.start()
        try:
            for line in lines:
                if text := line.strip():
                    self._text(text)
        except KeyboardInterrupt:
            print()
        else:
            time.sleep(_LAST_WAIT)
        self._stopped.set()
        printer.join()

    def _text(self, text: str) -> None:
        response = self._ask("POST", "/sandbox/texts", json={"from": self._number, "text": text})
        if response.status_code != 202:
            raise PhoneError(f"The demo refuses this text: {response.json().get('detail')}")

    def _print_new(self) -> None:
        while not self._stopped.wait(_EVERY):
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
        response = self._ask("GET", "/sandbox/messages", params={"phone_number": self._number})
        if response.status_code != 200:
            raise PhoneError("There is no sandbox here: is it the demo that runs?")
        data: list[dict[str, str]] = response.json()["data"]
        return data

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise PhoneError(
                f"The demo can't be reached at {self._http.base_url}: start it with "
                "`textlogin demo` (or give --url)."
            ) from error
