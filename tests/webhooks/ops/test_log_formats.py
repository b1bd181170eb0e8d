"""Every line of a process has one format: ours, uvicorn's, tracebacks."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from tests.harness.clock import Clock
from tests.harness.process import free_port, process
from tests.harness.service_process import service_process
from tests.harness.settings import environment
from tests.harness.telnyx_events import Signer
from tests.harness.telnyx_server import telnyx_server
from webhooks.ops.logs import TextFormatter

FAILING = "tests.harness.failing_app:create_app"


def test_an_unexpected_error_has_the_id_that_the_caller_got_and_is_one_json_line(
    sqlite_url: str, tmp_path: Path
) -> None:
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, sqlite_url, telnyx, factory=FAILING, LOG_FORMAT="json") as one,
    ):
        answer = httpx.get(f"{one.url}/fail", timeout=30)
        one.child.prints("unforeseen")
        lines = [json.loads(line) for line in one.child.lines if line.startswith("{")]
        others = [line for line in one.child.lines if not line.startswith("{")]

    assert answer.status_code == 500
    (error,) = [line for line in lines if "exception" in line]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert "RuntimeError: unforeseen" in error["exception"]
    assert error["level"] == "error"
    assert others == []


@pytest.mark.parametrize("format", ["json", "text"])
def test_a_start_that_fails_is_reported_in_the_same_format(
    sqlite_url: str, tmp_path: Path, format: str
) -> None:
    given = environment(sqlite_url, Signer(Clock()).public_key, LOG_FORMAT=format)
    given |= {"OPERATIONS_PORT": "1", "OPERATIONS_HOST": "localhost.invalid"}
    given |= {"OPERATIONS_TOKEN": "t" * 32}
    arguments = ("webhooks", "serve", "--port", str(free_port()))
    with process(*arguments, folder=tmp_path, environment=given) as child:
        assert child.ends() != 0
    reports = [line for line in child.lines if "Cannot serve OPERATIONS_PORT" in line]

    if format == "json":
        assert [json.loads(line)["level"] for line in reports] == ["error"]
    else:
        assert any(line.endswith("startup failed. Exiting.") for line in child.lines)


def test_a_line_for_people_has_time_level_and_words() -> None:
    record = logging.LogRecord("textlogin", logging.WARNING, "", 0, "%d waiters", (3,), None)
    record.created = 1_800_000_000.25

    assert TextFormatter().format(record) == "2027-01-15T08:00:00.250Z warning textlogin: 3 waiters"
