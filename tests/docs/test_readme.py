"""README's examples, each run unchanged against a running demo; the test plays the phone."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.responses import HTMLResponse

from tests.harness.asgi_server import loopback_socket, served
from tests.harness.browser import browser_page, needs_browser
from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.node import node_binary
from tests.harness.phone import code_in
from tests.harness.process import free_port, process

_README = Path(__file__).parents[2] / "README.md"
_ADDRESS = "http://127.0.0.1:8000"
_BLOCK = re.compile(r"^```([a-z]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY = "d" * 40


def example(language: str, having: str) -> str:
    """The one block of a language that has these words."""
    blocks = _BLOCK.findall(_README.read_text(encoding="utf-8"))
    (found,) = [text for tag, text in blocks if tag == language and having in text]
    return str(found)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo runs."""
    port = str(free_port())
    folder = tmp_path_factory.mktemp("demo")
    with process("webhooks", "demo", "--port", port, folder=folder) as running:
        running.prints("Ctrl-C stops it")
        yield f"http://127.0.0.1:{port}"


class Phone:
    """Somebody with a phone at the demo's sandbox."""

    def __init__(self, demo: str, number: str) -> None:
        self._demo = demo
        self._number = number

    def text(self, words: str) -> None:
        body = {"from": self._number, "text": words}
        assert httpx.post(f"{self._demo}/sandbox/texts", json=body).status_code == 202

    def texts(self) -> list[str]:
        query = {"phone_number": self._number}
        answer = httpx.get(f"{self._demo}/sandbox/messages", params=query)
        return [message["text"] for message in answer.json()["data"]]

    def code(self) -> str:
        return code_in(wait_for(self.texts)[0])


@contextmanager
def running(*command: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A running example, killed if the test fails before its end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def shown(demo: str, id: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {_KEY}"}
    answer = httpx.get(f"{demo}/v1/verifications/{id}", headers=headers)
    verification: dict[str, Any] = answer.raise_for_status().json()
    return verification


def test_the_python_example_logs_somebody_in_once(demo: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(example("python", "httpx").replace(_ADDRESS, demo), encoding="utf-8")
    phone = Phone(demo, "+14155550131")
    with running(sys.executable, "-u", "-W", "error", script) as web_app:
        assert web_app.stdout is not None
        told = web_app.stdout.readline()
        found = re.fullmatch(r"Text (LOGIN [A-Z]{6}) to \+14155550100\n", told)
        assert found is not None, told
        phone.text(found[1])
        phone.text(phone.code())
        said, _ = web_app.communicate(timeout=PROCESS_PATIENCE_S)
    assert web_app.returncode == 0
    assert said == "Logged in: +14155550131\n"
    headers = {"Authorization": f"Bearer {_KEY}"}
    query = {"phone_number": "+14155550131"}
    (login,) = httpx.get(f"{demo}/v1/verifications", params=query, headers=headers).json()["data"]
    assert (login["status"], login["reference"]) == ("approved", "cart-42")
    assert login["redeemed_at"] is not None


def test_the_javascript_example_shows_the_page_each_state(demo: str, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {_KEY}"}
    url = f"{demo}/v1/verifications"
    wanted = {"method": "text", "code_entry": "reply"}
    opened = httpx.post(url, json=wanted, headers=headers).json()
    (tmp_path / "client.mjs").write_bytes(httpx.get(f"{demo}/client.js").content)
    text = example("javascript", "client.js")
    assert f'"{_ADDRESS}/client.js"' in text
    script = tmp_path / "example.mjs"
    script.write_text(  # Node imports files alone, so it is told where the service is
        "const [base, id, pollToken] = process.argv.slice(2);\n"
        "const show = (...said) => console.log(JSON.stringify(said));\n"
        + text.replace(f"{_ADDRESS}/client.js", "./client.mjs").replace(
            "watch(id, pollToken)", "watch(id, pollToken, { base })"
        ),
        encoding="utf-8",
    )
    phone = Phone(demo, "+14155550132")
    with running(node_binary(), script, demo, opened["id"], opened["poll_token"]) as page:
        assert page.stdout is not None
        assert json.loads(page.stdout.readline()) == ["pending", None]
        phone.text(opened["login"]["text"])
        assert json.loads(page.stdout.readline()) == ["pending", "+1••••••0132"]
        phone.text(phone.code())
        said, _ = page.communicate(timeout=PROCESS_PATIENCE_S)
    assert page.returncode == 0
    assert json.loads(said.splitlines()[-1]) == ["approved", "+1••••••0132"]


def test_the_curl_example_sends_a_code_and_checks_it(demo: str, tmp_path: Path) -> None:
    assert shutil.which("curl"), "README's words need curl"
    text = example("sh", "KEY=").replace(_ADDRESS, demo)
    key, send, check = re.findall(r"^(?:KEY|curl)(?:.*\\\n)*.*\n", text, re.MULTILINE)

    def shell(command: str, **variables: str) -> dict[str, Any]:
        done = subprocess.run(
            ["sh", "-ec", key + command],
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
            timeout=PROCESS_PATIENCE_S,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    sent = shell(send)
    assert (sent["status"], sent["awaiting"], sent["method"]) == ("pending", "code", "sms")
    code = Phone(demo, "+14155550177").code()
    checked = shell(check, ID=sent["id"], CODE=code)
    assert (checked["status"], checked["binding"]) == ("approved", "browser_code")
    assert shown(demo, sent["id"])["status"] == "approved"


def test_the_clocks_example_moves_it_by_five_minutes(demo: str) -> None:
    command = example("sh", "/sandbox/clock").replace(_ADDRESS, demo)
    done = subprocess.run(
        ["sh", "-ec", command],
        capture_output=True,
        text=True,
        timeout=PROCESS_PATIENCE_S,
        check=True,
    )
    assert json.loads(done.stdout)["offset"] == 300


def test_the_callback_example_reads_what_was_signed(tmp_path: Path) -> None:
    text = example("python", "standardwebhooks")
    secret = "whsec_" + "c2VjcmV0IG9mIDMyIGJ5dGVzIGZvciBhIHRlc3QgLi4="
    body = json.dumps({"type": "verification.approved", "data": {"id": "ver_1"}})
    moment = datetime.now(tz=UTC)
    headers = {
        "webhook-id": "cb_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("cb_1", moment, body),
    }
    script = tmp_path / "callback.py"
    script.write_text(text)
    given: dict[str, Any] = {"secret": secret, "body": body, "headers": headers}
    names = runpy.run_path(str(script), given)
    assert names["event"]["type"] == "verification.approved"
    assert names["event"]["data"] == {"id": "ver_1"}


@needs_browser
async def test_the_javascript_example_runs_in_a_page_on_loopback(demo: str) -> None:
    """As printed, but for the port of the demo."""
    headers, url = {"Authorization": f"Bearer {_KEY}"}, f"{demo}/v1/verifications"
    http = httpx.AsyncClient(headers=headers)
    opened = (await http.post(url, json={"method": "text"})).json()
    known = f"const [id, pollToken] = {json.dumps([opened['id'], opened['poll_token']])};"
    show = "const show = (...said) => document.body.append(said.join(' ') + '|');"
    snippet = example("javascript", "client.js").replace(_ADDRESS, demo)
    source = f"<body></body><script type='module'>{known}\n{show}\n{snippet}</script>"
    with loopback_socket() as (bound, origin):
        async with served(HTMLResponse(source), bound), browser_page() as (page, errors):
            await page.goto(origin)
            await page.wait_for_function("document.body.textContent.includes('pending')")
            await http.post(f"{url}/{opened['id']}/cancel")
            await page.wait_for_function("document.body.textContent.includes('canceled')")
    await http.aclose()
    assert errors == []
