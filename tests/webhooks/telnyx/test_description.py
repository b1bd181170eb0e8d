"""Our calls, and the stand-in's answers, are as Telnyx's own description of its API says.

Prism stands between the real SDK and the stand-in. It refuses a request, or replaces an answer by
an error, that does not fit `tests/telnyx_description/openapi.json`. That file is the part of
Telnyx's OpenAPI document about the calls we make; it has none of the account's other calls.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.records import Message
from storage.clock import SteadyClock
from tests.harness.eventually import wait_for
from tests.harness.phone import PHONE
from tests.harness.process import free_port
from tests.harness.sandbox_server import SandboxServer, sandbox_server
from tests.harness.settings import NUMBER, make_settings
from webhooks.cli.send_test import _read, _send
from webhooks.cli.setup import profile_changes
from webhooks.cli.telnyx_side import TelnyxSide, Unreadable
from webhooks.service import vocabulary
from webhooks.settings import Settings
from webhooks.telnyx.messages_api import Account, MessagesApi
from webhooks.telnyx.missed import MissedTexts

_FILES = Path(__file__).parents[2] / "telnyx_description"
_PATIENCE_S = 120
_LONG_AGO_MS = 24 * 60 * 60 * 1000

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None or shutil.which("node") is None,
    reason="no npm: `apt-get install nodejs npm`",
)


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its program, installed from the lock file; without a registry, the tests are skipped."""
    folder = tmp_path_factory.mktemp("prism")
    for source in _FILES.glob("*.json"):
        shutil.copy(source, folder)
    done = subprocess.run(
        ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    if done.returncode != 0:
        pytest.skip(f"npm cannot install: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node_modules" / ".bin" / "prism"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with sandbox_server() as running:
        yield running


@pytest.fixture
def base_url(prism: Path, server: SandboxServer, tmp_path: Path) -> Iterator[str]:
    """Prism's address, in front of the stand-in."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    document = str(_FILES / "openapi.json")
    command = (str(prism), "proxy", document, server.base_url, "--errors", "-p", str(port))
    with (tmp_path / "prism.log").open("w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: child.poll() is not None or _listens(url))
        assert child.poll() is None, (tmp_path / "prism.log").read_text()
        yield url
    finally:
        child.terminate()
        child.wait()


def _listens(url: str) -> bool:
    try:
        return bool(httpx.get(url).status_code)
    except httpx.TransportError:
        return False


def settings(base_url: str, server: SandboxServer) -> Settings:
    return make_settings(
        "sqlite:///none.db",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        telnyx_base_url=base_url,
        telnyx_messaging_profile_id=server.profile()["id"],
        public_url="https://login.example",
    )


@pytest.fixture
def side(base_url: str, server: SandboxServer) -> Iterator[TelnyxSide]:
    with closing(TelnyxSide(settings(base_url, server))) as found:
        yield found


def test_prism_refuses_what_is_not_described(side: TelnyxSide, server: SandboxServer) -> None:

    with pytest.raises(Unreadable, match="422"):
        side.change(lambda sdk: sdk.messaging_profiles.update("x", webhook_api_version="2"))
    with pytest.raises(Unreadable, match="422"):
        side.call(lambda: side.sdk.messages.send(to=5, text="Hello"))  # type: ignore[arg-type]


def test_doctor_reads_the_profile_as_described(side: TelnyxSide, server: SandboxServer) -> None:
    server.status = 503
    server.text("LOGIN", PHONE)
    profile = server.profile()
    path = f"/v2/messaging_profiles/{profile['id']}/autoresp_configs"
    server.call("POST", path, {"op": "stop", "keywords": ["ARRET"], "country_code": "*"})

    assert side.profile().id == profile["id"]
    assert [config.keywords for config in side.autoresponses()] == [["ARRET"]]
    assert len(side.failed_deliveries()) == 1
    assert len(side.call(lambda: side.sdk.messaging_profiles.list().data)) == 1


def test_setup_changes_the_profile_as_described(side: TelnyxSide, server: SandboxServer) -> None:
    server.profile(
        webhook_url="https://old.example",
        webhook_api_version="1",
        whitelisted_destinations=["US"],
        smart_encoding=True,
        enabled=False,
        redaction_enabled=True,
    )
    changes = list(profile_changes(side))
    for change in changes:
        side.change(change.apply)

    assert len(changes) == 6
    assert list(profile_changes(side)) == []


def test_send_test_sends_and_reads_as_described(side: TelnyxSide, server: SandboxServer) -> None:
    id = _send(side, NUMBER, PHONE, "Textlogin: test of our texts.")

    assert _read(side, id).status in ("queued", "sent", "delivered")


async def test_the_service_sends_and_catches_up_as_described(
    base_url: str, server: SandboxServer
) -> None:
    server.status = 503
    server.text("LOGIN", PHONE)
    server.text("STOP", "+12025550188")
    chosen, clock = settings(base_url, server), SteadyClock()
    api = await MessagesApi.open(Account("x", base_url))
    try:
        message = Message("msg_00", PHONE, NUMBER, "hint", "en", "{}", 0, clock() + _LONG_AGO_MS)
        sent = await api.send(message, "Textlogin: hello.", 30)
        missed = MissedTexts(api, frozenset([NUMBER]), vocabulary(chosen.app_name), clock)
        since = clock.wall() - _LONG_AGO_MS

        assert sent.outcome == "sent"
        assert len(await missed.undelivered(since)) == 2
        assert len(await missed.opt_outs(since)) == 1
    finally:
        await api.close()
