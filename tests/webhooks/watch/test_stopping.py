"""A process is stopped while requests wait."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from tests.harness.eventually import wait_for
from tests.harness.service_process import service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_server import telnyx_server

_POLLS = 20


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += os.readlink(entry).startswith("socket:")
    return count


def test_a_stop_answers_every_waiting_request(sqlite_url: str, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {SHOP}"}
    limits = httpx.Limits(max_connections=_POLLS + 2)
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, sqlite_url, telnyx) as service,
        httpx.Client(base_url=service.url, headers=headers, timeout=20, limits=limits) as http,
        ThreadPoolExecutor(_POLLS) as threads,
    ):
        opened = http.post("/v1/verifications", json={"method": "text"})
        path = f"/v1/verifications/{opened.json()['id']}"
        known = {"If-None-Match": opened.headers["etag"]}
        with http.stream("GET", f"{path}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: verification"
            before = sockets(service.child.pid)
            held = [
                threads.submit(http.get, f"{path}?wait=25", headers=known) for _ in range(_POLLS)
            ]
            wait_for(lambda: sockets(service.child.pid) >= before + _POLLS)
            assert (
                http.get(f"{path}?wait=1", headers=known).status_code == 304
            )  # every poll before it waits
            assert not any(poll.done() for poll in held)
            began = time.monotonic()
            service.child.signal(signal.SIGTERM)
            assert {poll.result().status_code for poll in held} == {304}
            assert not [
                line for line in lines if line.startswith("event")
            ]  # the stream ends without another
        assert service.child.ends(10) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 5
        assert "Traceback" not in service.child.output
