"""The service as a child process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.harness import settings
from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.process import Process, free_port, process
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer
from tests.harness.telnyx_server import TelnyxServer


class ServiceProcess:
    """A child process that serves, and requests to it."""

    def __init__(self, child: Process, port: int, signer: Signer) -> None:
        self.child = child
        self.url = f"http://127.0.0.1:{port}"
        self._signer = signer

    def post(self, http: httpx.Client, body: bytes) -> int:
        """A signed webhook; the HTTP status of its answer."""
        headers = self._signer.headers(body)
        return http.post(self.url + WEBHOOK_PATH, content=body, headers=headers).status_code

    def post_one(self, body: bytes) -> int:
        """The same on a connection of its own."""
        with httpx.Client(timeout=PROCESS_PATIENCE_S) as http:
            return self.post(http, body)

    def is_ready(self) -> bool:
        assert self.child.is_alive, self.child.output
        try:
            return httpx.get(self.url + "/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def service_process(
    folder: Path,
    database_url: str,
    telnyx: TelnyxServer,
    *,
    factory: str | None = None,
    open_files: int | None = None,
    **environment: str,
) -> Iterator[ServiceProcess]:
    """`textlogin serve`, or the application of this factory under plain uvicorn, ready."""
    port = free_port()
    arguments = (
        ["uvicorn", factory, "--factory", "--log-level", "warning"]
        if factory
        else ["webhooks", "serve"]
    )
    given = environment_of(database_url, telnyx) | environment
    with process(
        *arguments,
        *("--port", str(port)),
        folder=folder,
        environment=given,
        open_files=open_files,
    ) as child:
        service = ServiceProcess(child, port, telnyx.signer)
        wait_for(service.is_ready)
        yield service


def environment_of(database_url: str, telnyx: TelnyxServer) -> dict[str, str]:
    """The environment variables of a child process that serves."""
    return settings.environment(database_url, telnyx.signer.public_key, TELNYX_BASE_URL=telnyx.url)
