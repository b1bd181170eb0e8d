"""Two service processes on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.phone import CODE, code_in
from tests.harness.postgres import Postgres
from tests.harness.service_process import ServiceProcess, service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import text_event
from tests.harness.telnyx_server import TelnyxServer, telnyx_server
from tests.harness.web_app import expect

#: Requests at once.
MANY = 50
_PATIENT = "tests.harness.patient_app:create_app"


class Pair:
    """Two service processes on one PostgreSQL, used in turn."""

    def __init__(self, services: list[ServiceProcess], telnyx: TelnyxServer) -> None:
        self.turn = cycle(services)
        self._http = httpx.Client(
            timeout=PROCESS_PATIENCE_S, limits=httpx.Limits(max_connections=MANY)
        )
        self._threads = ThreadPoolExecutor(MANY)
        self.telnyx = telnyx

    def close(self) -> None:
        self._threads.shutdown()
        self._http.close()

    def text(self, *texts: tuple[str, str]) -> list[int]:
        """Texts of (words, phone), all at once; the HTTP statuses."""
        bodies = [(next(self.turn), text_event(words, phone)) for words, phone in texts]
        posts = [self._threads.submit(service.post, self._http, body) for service, body in bodies]
        return [post.result() for post in posts]

    def ask(self, path: str = "", count: int = 1, **body: Any) -> list[httpx.Response]:
        """The same API request `count` times at once."""

        def post(service: ServiceProcess) -> httpx.Response:
            url = f"{service.url}/v1/verifications{path}"
            return self._http.post(url, json=body, headers={"Authorization": f"Bearer {SHOP}"})

        return list(self._threads.map(post, [next(self.turn) for _ in range(count)]))

    def send_codes(self, phones: Sequence[str]) -> list[int]:
        """One request for a code for each of these phones, all at once; the HTTP statuses."""

        def post(phone: str) -> int:
            return self.ask(method="sms", phone_number=phone)[0].status_code

        with ThreadPoolExecutor(MANY) as threads:
            return list(threads.map(post, phones))

    def find(self, phone: str) -> list[dict[str, Any]]:
        response = self._http.get(
            f"{next(self.turn).url}/v1/verifications",
            params={"phone_number": phone},
            headers={"Authorization": f"Bearer {SHOP}"},
        )
        data: list[dict[str, Any]] = expect(response, 200)["data"]
        return data

    def code(self, phone: str) -> str:
        """The newest code that this phone got."""
        texts = wait_for(lambda: [text for text in self.telnyx.texts(phone) if CODE.search(text)])
        return code_in(texts[-1])


@contextmanager
def service_pair(postgres: Postgres, folder: Path, *, codes_a_day: int = 10_000) -> Iterator[Pair]:
    """Two processes, ready, with a database of their own."""
    name = f"pair{uuid4().hex}"
    url = postgres.create(name, "migrated")
    with ExitStack() as stack, telnyx_server() as telnyx:
        services = [
            stack.enter_context(
                service_process(
                    folder, url, telnyx, factory=_PATIENT, CODES_PER_DAY_TOTAL=str(codes_a_day)
                )
            )
            for _ in range(2)
        ]
        two = Pair(services, telnyx)
        stack.callback(two.close)
        yield two
    postgres.drop(name)
