"""Hostile connections to the real server: heads, bodies and pipelines without end, and slow ones.

The time limits are the real ones, so the slow connections of a test wait side by side.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.eventually import wait_for
from tests.harness.raw_connection import RawAnswer, RawConnection, parsed, raw_connections
from tests.harness.service_process import ServiceProcess, service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_events import text_event
from tests.harness.telnyx_server import telnyx_server

KIB, MIB = 1024, 1024 * 1024
GET = b"GET /healthz HTTP/1.1\r\nHost: test\r\n"
OPENS = (
    f"POST /v1/verifications HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {SHOP}\r\n"
    "Content-Type: application/json\r\n"
).encode()
WEBHOOK = b"POST /webhooks/telnyx HTTP/1.1\r\nHost: test\r\n"
#: Bytes that fit into the kernel's buffers at both ends.
IN_BUFFERS = 64 * MIB


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """A service that the tests leave running."""
    folder = tmp_path_factory.mktemp("connections")
    shutil.copyfile(sqlite_template, folder / "textlogin.db")
    url = f"sqlite:///{folder}/textlogin.db"
    with telnyx_server() as telnyx, service_process(folder, url, telnyx) as running:
        yield running


@pytest.fixture
def connection(service: ServiceProcess) -> Iterator[RawConnection]:
    with raw_connections(service.url) as (one,):
        yield one


def is_problem(answer: RawAnswer, status: int, name: str) -> bool:
    """Whether it is this problem, as every response of the service looks."""
    body = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers["x-request-id"]) == 16
    assert answer.headers["connection"] == "close"
    return (answer.status, body["type"]) == (status, f"urn:textlogin:problem:{name}")


def memory(service: ServiceProcess) -> int:
    """Resident bytes of the process."""
    return int(Path(f"/proc/{service.child.pid}/statm").read_text().split()[1]) * 4096


def webhook_gets_in(service: ServiceProcess) -> bool:
    return service.post_one(text_event("LOGIN")) == 200


HEADS = {
    "a large header": GET + b"X: " + b"x" * 16 * KIB + b"\r\n\r\n",
    "many small headers": GET + b"".join(b"X-%d: x\r\n" % n for n in range(2000)) + b"\r\n",
    "a long target": b"GET /healthz?" + b"x" * 17 * KIB + b" HTTP/1.1\r\nHost: test\r\n\r\n",
    "a large head that does not end": GET + b"X: " + b"x" * 400 * KIB,
}


@pytest.mark.parametrize("piece", [1000, 16_000, MIB])
@pytest.mark.parametrize("head", HEADS)
def test_a_head_above_16_kib_is_refused_and_its_connection_closed(
    connection: RawConnection, head: str, piece: int
) -> None:
    for start in range(0, len(HEADS[head]), piece):
        connection.sends(HEADS[head][start : start + piece])
    assert is_problem(connection.answer(), 431, "headers_too_large")


@pytest.mark.parametrize("piece", [1000, MIB])
def test_a_head_just_below_16_kib_is_read(connection: RawConnection, piece: int) -> None:
    head = GET + b"Connection: close\r\nX: " + b"x" * (16 * KIB - 100) + b"\r\n\r\n"
    for start in range(0, len(head), piece):
        connection.sends(head[start : start + piece])
    assert connection.answer().status == 200


#: What a client can send without end: how it begins, and what follows again and again.
ENDLESS = {
    "headers": (GET, b"X-Filler: " + b"x" * KIB + b"\r\n"),
    "one header": (GET + b"X: ", b"x" * KIB),
    "a target": (b"GET /", b"x" * KIB),
    "a method": (b"GET", b"T" * KIB),
    "a body": (OPENS + b"Content-Length: 9999999999\r\n\r\n", b" " * KIB),
    "chunks": (OPENS + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the extension of a chunk": (OPENS + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * KIB),
    "trailers": (OPENS + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"x" * KIB + b"\r\n"),
    "one trailer": (OPENS + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * KIB),
    "requests whose answers nobody reads": (b"", GET + b"\r\n"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_client_that_sends_without_end_is_cut_off(
    service: ServiceProcess, connection: RawConnection, kind: str
) -> None:
    begin, again = ENDLESS[kind]
    before = memory(service)
    connection.sends(begin)
    assert connection.sends_until_closed(again * (16 * KIB // len(again)), IN_BUFFERS)
    assert memory(service) - before < 16 * MIB
    assert webhook_gets_in(service)


def test_slow_clients_are_closed_and_webhooks_get_in_meanwhile(service: ServiceProcess) -> None:
    half_body = OPENS + b"Content-Length: 100\r\n\r\n{"
    kinds = {
        "silent": b"",
        "half a head": GET,
        "an empty line": b"\r\n",
        "half a body": half_body,
        "half a body of a webhook": WEBHOOK + b"Content-Length: 100\r\n\r\n{",
        "a body that nobody reads": GET + b"Content-Length: 100\r\n\r\n",
        "idle after a request": GET + b"\r\n",
        "half a head after a request": GET + b"\r\n" + GET,
    }
    with raw_connections(service.url, len(kinds)) as opened:
        by_kind = dict(zip(kinds, opened, strict=True))
        for kind, one in by_kind.items():
            one.sends(kinds[kind])
        assert webhook_gets_in(service)
        answers = {kind: parsed(one.rest()) for kind, one in by_kind.items()}
    assert answers["silent"].status == answers["an empty line"].status == 0
    assert is_problem(answers["half a head"], 408, "timeout")
    assert is_problem(answers["half a body"], 408, "timeout")
    assert answers["half a body of a webhook"].status == 503
    assert answers["idle after a request"].status == 200


#: One more byte now and then does not lengthen the time.
DRIPS = {
    "a head": (GET + b"X: ", b"x"),
    "empty lines": (b"", b"\r\n"),
    "a body": (OPENS + b"Content-Length: 100000\r\n\r\n", b" "),
    "a body after the answer": (GET + b"Content-Length: 100000\r\n\r\n", b" "),
}


def test_a_byte_now_and_then_does_not_keep_a_connection_open(service: ServiceProcess) -> None:
    with raw_connections(service.url, len(DRIPS)) as opened:
        dripping = dict(zip(opened, DRIPS.values(), strict=True))
        for one, (begin, _) in dripping.items():
            one.sends(begin)

        def all_are_closed() -> bool:
            for one, (_, again) in list(dripping.items()):
                if not one.sends(again) or one.is_closed():
                    del dripping[one]
            return not dripping

        wait_for(all_are_closed)


def test_at_most_1000_connections_wait_with_their_heads_and_webhooks_get_in(
    service: ServiceProcess,
) -> None:
    """Those who wait longest make room; connections with a request under way stay."""
    with raw_connections(service.url, 1_300) as slow:
        for one in slow:
            one.sends(GET)
        for _ in range(20):
            assert webhook_gets_in(service)
        closed = [one.is_closed() for one in slow]
        assert all(closed[:300])
    assert webhook_gets_in(service)


def test_what_is_not_http_is_refused_without_a_line_in_the_log(
    service: ServiceProcess, connection: RawConnection
) -> None:
    lines = len(service.child.lines)
    connection.sends(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert is_problem(connection.answer(), 400, "malformed")
    assert len(service.child.lines) == lines


def test_an_upgrade_is_answered_like_any_other_request(connection: RawConnection) -> None:
    connection.sends(GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    connection.reads(b'{"status":"ok"}')
    connection.sends(GET + b"Connection: close\r\n\r\n")
    assert connection.answer().status == 200


def test_pipelined_requests_are_answered_in_order(connection: RawConnection) -> None:
    for path in (b"/healthz", b"/nothing", b"/healthz"):
        connection.sends(b"GET " + path + b" HTTP/1.1\r\nHost: test\r\n\r\n")
    connection.sends(GET + b"Connection: close\r\n\r\n")
    statuses = [part[:3] for part in connection.rest().split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200", b"200"]


def test_a_large_body_is_refused_and_the_connection_good_for_another_request(
    connection: RawConnection,
) -> None:
    connection.sends(OPENS + b"Content-Length: 200000\r\n\r\n" + b" " * 200_000)
    answered = parsed(connection.reads(b"}"))
    assert (answered.status, b"too_large" in answered.body) == (413, True)
    connection.sends(GET + b"Connection: close\r\n\r\n")
    assert connection.answer().status == 200


def test_under_plain_uvicorn_a_large_head_and_a_slow_body_are_refused_too(
    sqlite_url: str, tmp_path: Path
) -> None:
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, sqlite_url, telnyx, factory="webhooks.app:create_app") as plain,
        raw_connections(plain.url, 2) as (large, slow),
    ):
        large.sends(HEADS["a large header"])
        slow.sends(OPENS + b"Content-Length: 100\r\n\r\n{")
        assert is_problem(large.answer(), 431, "headers_too_large")
        assert is_problem(slow.answer(), 408, "timeout")
