"""Clients generated from `/openapi.json` compile, and carry out a whole verification.

TypeScript by openapi-typescript, openapi-fetch and tsc; Python by openapi-python-client. Both are
installed for the test, from lock files with hashes.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.harness.demo_process import KEY, Demo, demo_process
from tests.harness.node import node_binary

_FILES = Path(__file__).parents[2] / "generated_clients"
_WATCH = Path(__file__).parents[3] / "webhooks" / "watch"
_PATIENCE_S = 80
#: What both scripts print: statuses, binding, why it is not redeemed twice, how many are found.
_PRINTED = ["pending", "approved", "browser_code", "approved", "redeemed", 1]
_LOGIN = """
import json, re, sys, time
import httpx
from textlogin_client import AuthenticatedClient
from textlogin_client.api.default import (
    check_code, create_verification, find_verifications, get_verification, redeem_verification,
)
from textlogin_client.models import (
    Method, NewVerification, Page, Problem, Requester, Status, TypedCode, Verification,
)

base_url, key, phone = sys.argv[1:]

def code():
    while True:
        answer = httpx.get(f"{base_url}/sandbox/messages", params={"phone_number": phone})
        texts = [one["text"] for one in answer.json()["data"]]
        if texts:
            return re.search("[0-9]{6,8}", texts[0])[0]
        time.sleep(0.1)

with AuthenticatedClient(base_url=base_url, token=key, raise_on_unexpected_status=True) as client:
    requester = Requester(label="Chrome")
    wanted = NewVerification(method=Method.SMS, phone_number=phone, requester=requester)
    opened = create_verification.sync(client=client, body=wanted)
    assert isinstance(opened, Verification), opened
    checked = check_code.sync(opened.id, client=client, body=TypedCode(code()))
    assert isinstance(checked, Verification), checked
    read = get_verification.sync(opened.id, client=client, wait=5)
    assert isinstance(read, Verification), read
    redeemed = redeem_verification.sync(opened.id, client=client, idempotency_key="login-1")
    assert isinstance(redeemed, Verification), redeemed
    assert redeemed.status is Status.APPROVED
    again = redeem_verification.sync(opened.id, client=client)
    assert isinstance(again, Problem), again
    found = find_verifications.sync(client=client, phone_number=phone)
    assert isinstance(found, Page), found
    print(json.dumps([opened.status, checked.status, read.binding, redeemed.status, again.why,
                      len(found.data)]))
"""

needs_npm = pytest.mark.skipif(
    shutil.which("npm") is None, reason="no npm: `apt-get install nodejs npm`"
)


def run(*command: str | Path, folder: Path, path: str = "") -> str:
    """What a command that succeeds prints."""
    environment: Mapping[str, str] = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(*command: str | Path, folder: Path) -> None:
    """Run an installer; without a registry, the test is skipped."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S)
    if done.returncode != 0:
        pytest.skip(f"{command[0]} cannot install: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_process(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiler, the generator and the sources."""
    folder = tmp_path_factory.mktemp("typescript")
    for source in (*_FILES.glob("*.ts"), *_FILES.glob("*.json"), *_WATCH.glob("client.*")):
        shutil.copy(source, folder)
    install("npm", "ci", "--no-audit", "--no-fund", folder=folder)
    return folder


def arguments(demo: Demo, phone: str) -> tuple[str, str, str]:
    return str(demo.http.base_url), KEY, phone


@needs_npm
def test_a_typescript_client_compiles_and_logs_in(demo: Demo, typescript: Path) -> None:
    (typescript / "openapi.json").write_bytes(demo.http.get("/openapi.json").content)
    tools = typescript / "node_modules" / ".bin"
    run(tools / "openapi-typescript", "openapi.json", "-o", "api.d.ts", folder=typescript)
    run(tools / "tsc", "-p", "login.json", folder=typescript)
    script = typescript / "out" / "login.js"
    said = run(node_binary(), script, *arguments(demo, "+14155550141"), folder=typescript)
    assert json.loads(said) == _PRINTED


@needs_npm
def test_client_js_has_the_types_that_its_users_need(typescript: Path) -> None:
    tools = typescript / "node_modules" / ".bin"
    run(tools / "tsc", "-p", "client_sample.json", folder=typescript)


def test_a_python_client_compiles_and_logs_in(demo: Demo, tmp_path: Path) -> None:
    uv, environment = Path(sys.executable).with_name("uv"), tmp_path / "environment"
    install(uv, "venv", "-q", "--python", sys.executable, environment, folder=tmp_path)
    python, lock = environment / "bin" / "python", _FILES / "requirements.txt"
    required = ("--require-hashes", "-r", lock)
    install(uv, "pip", "install", "-q", "--python", python, *required, folder=tmp_path)
    (tmp_path / "openapi.json").write_bytes(demo.http.get("/openapi.json").content)
    run(
        *(environment / "bin" / "openapi-python-client", "generate", "--path", "openapi.json"),
        *("--output-path", "textlogin_client", "--meta", "none", "--fail-on-warning"),
        *("--config", _FILES / "python.yml"),
        folder=tmp_path,
        path=str(environment / "bin"),
    )
    run(python, "-m", "compileall", "-q", "textlogin_client", folder=tmp_path)
    (tmp_path / "login.py").write_text(_LOGIN, encoding="utf-8")
    said = run(python, "login.py", *arguments(demo, "+14155550142"), folder=tmp_path)
    assert json.loads(said) == _PRINTED
