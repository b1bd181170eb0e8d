"""With few descriptors: many polls, streams and idle connections, and webhooks still get in."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.harness.eventually import wait_for
from tests.harness.service_process import ServiceProcess, service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import text_event
from tests.harness.telnyx_server import TelnyxServer, telnyx_server

OPEN_FILES = 256
MOST_WAITERS = 64
MANY = 400


class Crowd:
    """Open connections to a service, as sockets."""

    def __init__(self, service: ServiceProcess, ends: ExitStack) -> None:
        self._port = int(service.url.rpartition(":")[2])
        self._ends = ends

    def joins(self, request: bytes = b"") -> socket.socket:
        """One more connection, which sends these bytes."""
        one = self._ends.enter_context(socket.create_connection(("127.0.0.1", self._port), 20))
        one.settimeout(20)
        if request:
            one.sendall(request)
        return one


@contextmanager
def crowd(service: ServiceProcess) -> Iterator[Crowd]:
    with ExitStack() as ends:
        yield Crowd(service, ends)


@contextmanager
def with_few_descriptors(
    folder: Path, database_url: str, telnyx: TelnyxServer, factory: str | None = None
) -> Iterator[ServiceProcess]:
    """A service whose polls may wait longer than any test lasts."""
    with service_process(
        folder, database_url, telnyx, factory=factory, open_files=OPEN_FILES, MAX_WAIT="600"
    ) as service:
        yield service


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """A service with few descriptors, which the tests leave running."""
    folder = tmp_path_factory.mktemp("descriptors")
    shutil.copyfile(sqlite_template, folder / "textlogin.db")
    with (
        telnyx_server() as telnyx,
        service_process(
            folder, f"sqlite:///{folder}/textlogin.db", telnyx, open_files=OPEN_FILES
        ) as running,
    ):
        yield running


def get(path: str, bearer: str = SHOP) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    return head.encode()


def opened(service: ServiceProcess) -> tuple[str, str]:
    """A verification's id and its poll token."""
    response = httpx.post(
        f"{service.url}/v1/verifications",
        json={"method": "text"},
        headers={"Authorization": f"Bearer {SHOP}"},
        timeout=20,
    )
    return response.json()["id"], response.json()["poll_token"]


def opened_id(service: ServiceProcess) -> str:
    return opened(service)[0]


def answer(one: socket.socket) -> bytes:
    """What the service sends until it closes the connection; nothing if it resets it."""
    try:
        return b"".join(iter(lambda: one.recv(65_536), b""))
    except ConnectionError:
        return b""


def reads(one: socket.socket, end: bytes) -> None:
    """Read one response, up to these bytes."""
    read = b""
    while not read.endswith(end):
        more = one.recv(65_536)
        assert more, "closed"
        read += more


def is_closed(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(65_536) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def webhook_gets_in(service: ServiceProcess) -> bool:
    """On a new connection. Another one may take its place: Telnyx tries again then."""
    try:
        return service.post_one(text_event("LOGIN")) == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("factory", [None, "webhooks.app:create_app"])
def test_polls_above_the_limit_are_refused_and_their_connections_closed(
    sqlite_url: str, tmp_path: Path, factory: str | None
) -> None:
    with (
        telnyx_server() as telnyx,
        with_few_descriptors(tmp_path, sqlite_url, telnyx, factory) as service,
    ):
        id, token = opened(service)
        one_poll = get(f"/v1/verifications/{id}?wait=600", token)
        assert f"of {OPEN_FILES} allows {MOST_WAITERS}" in service.child.output
        with crowd(service) as polls:
            held = [polls.joins(one_poll) for _ in range(100)]
            wait_for(lambda: sum(map(is_closed, held)) >= 100 - MOST_WAITERS)
            refused = polls.joins(one_poll)
            head = answer(refused).lower()
            assert head.startswith(b"http/1.1 503")
            assert b"\r\nconnection: close\r\n" in head
            assert b"\r\nretry-after: " in head
            wait_for(lambda: webhook_gets_in(service))
            assert sum(map(is_closed, held)) == 100 - MOST_WAITERS


#: What each connection of a crowd sends; `{id}` is a pending verification.
CROWDS = {
    "polls": get("/v1/verifications/{id}?wait=600"),
    "streams": get("/v1/verifications/{id}/events"),
    "between requests": get("/healthz"),
    "silent": b"",
    "half a head": b"POST /webhooks/telnyx HTTP/1.1\r\nHost:",
}


def test_webhooks_get_in_beside_more_connections_than_descriptors(service: ServiceProcess) -> None:
    id = opened_id(service).encode()
    for kind, request in CROWDS.items():
        with crowd(service) as many:
            for _ in range(MANY):
                many.joins(request.replace(b"{id}", id))
            for _ in range(20):
                wait_for(lambda: webhook_gets_in(service))
        assert "EMFILE" not in service.child.output, kind
        assert "Too many open files" not in service.child.output, kind


def test_the_connection_that_has_been_idle_longest_makes_room(service: ServiceProcess) -> None:
    with crowd(service) as many:
        id = opened_id(service)
        silent, busy = many.joins(), many.joins()
        poll = many.joins(get(f"/v1/verifications/{id}?wait=600"))
        joined = []
        while not is_closed(silent):
            joined.append(many.joins())
            busy.sendall(get("/healthz"))
            reads(busy, b'{"status":"ok"}')
        assert not is_closed(poll)
        assert not any(map(is_closed, joined[-50:]))
