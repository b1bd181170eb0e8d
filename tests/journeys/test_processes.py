"""Real processes: killed, stopped and started twice; the demo and its phone."""

import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.harness.database_proxy import database_proxy
from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.phone import code_in
from tests.harness.process import free_port, process
from tests.harness.service_process import ServiceProcess, environment_of, service_process
from tests.harness.telnyx_events import text_event
from tests.harness.telnyx_server import TelnyxServer, telnyx_server

PHONES = [f"+1415557{phone:04}" for phone in range(120)]


def log_in_all(
    service: ServiceProcess, phones: list[str], stop_after: int, stop: Callable[[], None]
) -> set[str]:
    """A LOGIN of each phone, delivered again after a 503 as Telnyx does; `stop` is called after so
    many 200s. The phones answered with 200."""
    answered: set[str] = set()
    with httpx.Client(timeout=PROCESS_PATIENCE_S) as http, ThreadPoolExecutor(16) as threads:

        def login(phone: str) -> None:
            body = text_event("LOGIN", phone)
            try:
                while service.post(http, body) == 503:
                    pass
            except httpx.TransportError:
                return
            answered.add(phone)

        logins = [threads.submit(login, phone) for phone in phones]
        wait_for(lambda: len(answered) >= stop_after)
        stop()
        for one in logins:
            one.result()
    return answered


def lease_owners(path: Path) -> list[tuple[str | None]]:
    """The lease owners of the messages not sent yet."""
    with closing(sqlite3.connect(path, timeout=10)) as database:
        return list(database.execute("SELECT lease_owner FROM messages WHERE state = 'queued'"))


def all_sent(path: Path) -> bool:
    return not lease_owners(path)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def got_one_code_each(telnyx: TelnyxServer, phones: set[str]) -> bool:
    """Whether each of these phones got one code; no phone may have two texts."""
    assert all(len(telnyx.texts(phone)) <= 1 for phone in PHONES)
    return all(code_in(wait_for(partial(telnyx.texts, phone))[0]) for phone in phones)


def test_a_kill_loses_no_code_and_sends_none_twice(sqlite_url: str, tmp_path: Path) -> None:
    with telnyx_server() as telnyx:
        with service_process(tmp_path, sqlite_url, telnyx) as service:
            wait_for(lambda: service.post_one(text_event("LOGIN", PHONES[0])) == 200)
            wait_for(lambda: telnyx.texts(PHONES[0]))  # the sender is running

            def kill() -> None:
                telnyx.reachable.clear()  # sends are held until the service is killed
                held = telnyx.arrived + 5
                wait_for(
                    lambda: len(lease_owners(file_of(sqlite_url))) >= 10 and telnyx.arrived >= held
                )
                service.child.signal(signal.SIGKILL)
                assert service.child.ends() == -signal.SIGKILL

            answered = log_in_all(service, PHONES[1:], 30, kill)
            telnyx.reachable.set()
            assert 30 <= len(answered) <= len(PHONES) - 1
        with service_process(tmp_path, sqlite_url, telnyx):
            wait_for(lambda: all_sent(file_of(sqlite_url)))
            assert got_one_code_each(telnyx, answered)
        keys = telnyx.idempotency_keys
        assert len(keys) > len(set(keys))  # some were retried under their key


def test_a_stop_ends_in_time_and_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with telnyx_server() as telnyx:
        with service_process(tmp_path, sqlite_url, telnyx) as service:
            wait_for(lambda: service.post_one(text_event("LOGIN", PHONES[0])) == 200)
            wait_for(lambda: telnyx.texts(PHONES[0]))
            telnyx.reachable.clear()
            answered = log_in_all(service, PHONES[1:], len(PHONES) - 1, lambda: None)
            assert len(answered) == len(PHONES) - 1
            assert len(lease_owners(file_of(sqlite_url))) == len(answered)
            service.child.signal(signal.SIGTERM)
            answers = threading.Timer(2, telnyx.reachable.set)  # the stop waits for sends under way
            answers.start()
            assert service.child.ends(10) in (0, -signal.SIGTERM)
            answers.join()
            assert "Traceback" not in service.child.output
            left = lease_owners(file_of(sqlite_url))
            assert len(left) < len(answered)
            assert set(left) <= {(None,)}  # leases of the others are given back
        with service_process(tmp_path, sqlite_url, telnyx):
            wait_for(lambda: all_sent(file_of(sqlite_url)))
            assert got_one_code_each(telnyx, answered)


def test_an_idle_server_stops_at_once(postgresql_url: str, tmp_path: Path) -> None:
    with telnyx_server() as telnyx, service_process(tmp_path, postgresql_url, telnyx) as service:
        began = time.monotonic()
        service.child.signal(signal.SIGTERM)
        assert service.child.ends(10) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 5
        assert "Traceback" not in service.child.output


def test_a_stop_ends_in_time_although_the_database_does_not_answer(
    postgresql_url: str, tmp_path: Path
) -> None:
    with (
        telnyx_server() as telnyx,
        database_proxy(postgresql_url) as proxy,
        service_process(tmp_path, proxy.url, telnyx) as service,
    ):
        wait_for(lambda: service.post_one(text_event("LOGIN", PHONES[0])) == 200)
        proxy.forwarding.clear()
        assert service.post_one(text_event("LOGIN", PHONES[1])) == 503
        service.child.signal(signal.SIGTERM)
        assert service.child.ends(10) in (0, -signal.SIGTERM)


def test_a_second_process_on_one_file_explains_why_it_stops(
    sqlite_url: str, tmp_path: Path
) -> None:
    with telnyx_server() as telnyx, service_process(tmp_path, sqlite_url, telnyx) as service:
        environment = environment_of(sqlite_url, telnyx)
        port = str(free_port())
        with process(
            *("webhooks", "serve", "--port", port), folder=tmp_path, environment=environment
        ) as second:
            assert second.ends() == 1
            assert "Another process already serves textlogin.db" in second.output
            assert "PostgreSQL" in second.output
            assert "Traceback" not in second.output
        with process(
            *("uvicorn", "webhooks.app:create_app", "--factory", "--port", port),
            folder=tmp_path,
            environment=environment,
        ) as third:
            assert third.ends() != 0
            assert "Another process already serves textlogin.db" in third.output
        with process(
            *("webhooks", "serve", "--workers", "2"), folder=tmp_path, environment=environment
        ) as fourth:
            assert fourth.ends() == 78
            assert "WEB_CONCURRENCY" in fourth.output
        assert service.is_ready()


def test_the_demo_verifies_a_phone_in_the_terminal(tmp_path: Path) -> None:
    port = str(free_port())
    with process("webhooks", "demo", "--port", port, folder=tmp_path) as demo:
        demo.prints("stand-in for Telnyx")
        demo.prints("Ctrl-C stops it")
        arguments = ("webhooks", "phone", "--url", f"http://127.0.0.1:{port}")
        with process(*arguments, folder=tmp_path) as phone:
            phone.prints("Type LOGIN")
            phone.reads("LOGIN")
            phone.reads(phone.prints(": ([0-9]{6}) is your code").group(1))
            phone.prints("You are verified")
            phone.close_input()
            assert phone.ends() == 0
        with process(*arguments, "--number", "+", folder=tmp_path) as phone:
            phone.reads("LOGIN")
            assert phone.ends() == 1
            assert "Traceback" not in phone.output
        response = httpx.get(
            f"http://127.0.0.1:{port}/v1/verifications",
            params={"phone_number": "+14155550123"},
            headers={"Authorization": f"Bearer demo:{'d' * 40}"},
        )
        assert [one["status"] for one in response.json()["data"]] == ["approved"]
        demo.signal(signal.SIGINT)
        assert demo.ends(10) in (0, 130, -signal.SIGINT)
        assert "Traceback" not in demo.output


def test_the_commands_that_the_demo_prints_work(tmp_path: Path) -> None:
    assert shutil.which("curl"), "the demo's words need curl"
    with process("webhooks", "demo", "--port", str(free_port()), folder=tmp_path) as demo:
        demo.prints("Ctrl-C stops it")
        login, reply, find = [
            line.strip() for line in demo.lines if line.strip().startswith("curl ")
        ]
        shell(login)
        wait_for(lambda: shell(reply) and '"status":"approved"' in shell(find))


def shell(command: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=PROCESS_PATIENCE_S
    )
    return done.stdout


def test_the_phone_command_without_a_demo_explains_itself(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with process("webhooks", "phone", "--url", url, folder=tmp_path) as phone:
        assert phone.ends() == 1
        assert "textlogin demo" in phone.output
        assert "Traceback" not in phone.output


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_is_taken_is_named(sqlite_url: str, tmp_path: Path, command: str) -> None:
    with telnyx_server() as telnyx:
        port = re.sub(".*:([0-9]+)/.*", r"\1", telnyx.url)
        with process(
            *("webhooks", command, "--port", port),
            folder=tmp_path,
            environment=environment_of(sqlite_url, telnyx) if command == "serve" else {},
        ) as child:
            assert child.ends() != 0
            assert "address already in use" in child.output
            assert "Traceback" not in child.output
