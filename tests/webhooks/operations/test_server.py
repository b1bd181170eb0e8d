"""The operators' port of a process that serves."""

from pathlib import Path

import httpx
import pytest

from tests.harness.process import free_port, process
from tests.harness.service_process import service_process
from tests.harness.settings import environment
from tests.harness.telnyx_server import telnyx_server

TOKEN = "t" * 32


def test_metrics_are_served_on_their_own_port_only(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    with (
        telnyx_server() as telnyx,
        service_process(tmp_path, sqlite_url, telnyx, OPERATIONS_PORT=str(port)) as service,
    ):
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        public = httpx.get(f"{service.url}/metrics", timeout=30)

    assert metrics.status_code == 200
    assert "textlogin_build_info" in metrics.text
    assert "textlogin_database_up 1.0" in metrics.text
    assert public.status_code == 404


def test_a_port_that_is_taken_stops_the_start(sqlite_url: str, tmp_path: Path) -> None:
    with telnyx_server() as telnyx:
        port = free_port()
        given = environment(sqlite_url, telnyx.signer.public_key, OPERATIONS_PORT=str(port))
        with (
            service_process(tmp_path, sqlite_url, telnyx, OPERATIONS_PORT=str(port)),
            process(
                *("uvicorn", "webhooks.app:create_app", "--factory", "--port", str(free_port())),
                folder=tmp_path,
                environment=given | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"},
            ) as second,
        ):
            assert second.ends() != 0
            assert f"OPERATIONS_PORT {port}" in second.output


@pytest.mark.parametrize(("token", "status"), [("", 78), ("short", 78)])
def test_a_host_that_others_reach_needs_a_token(tmp_path: Path, token: str, status: int) -> None:
    given = environment(f"sqlite:///{tmp_path}/x.db", "A" * 43 + "=")
    given |= {"OPERATIONS_PORT": "9100", "OPERATIONS_HOST": "10.1.2.3", "OPERATIONS_TOKEN": token}
    with process("webhooks", "serve", folder=tmp_path, environment=given) as child:
        assert child.ends() == status
        assert "OPERATIONS_TOKEN must be" in child.output
