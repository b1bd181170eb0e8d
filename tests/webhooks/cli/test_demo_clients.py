"""`textlogin clients --demo …` and `clients test`: a developer's callbacks on his own machine."""

import asyncio
import re
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from tests.harness.callback_receiver import callback_receiver
from tests.harness.demo_process import demo_process
from tests.harness.eventually import wait_for
from webhooks.cli.main import app


async def clients(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of the command on the demo in `folder`."""

    def run() -> tuple[int, str]:
        with chdir(folder):
            result = CliRunner().invoke(app, ["clients", "--demo", *arguments])
        return result.exit_code, result.output

    return await asyncio.to_thread(run)


async def test_a_web_app_on_loopback_gets_test_events_and_callbacks(tmp_path: Path) -> None:
    async with callback_receiver() as receiver:
        with demo_process(tmp_path) as demo:
            status, output = await clients(tmp_path, "add", "app", "--callback-url", receiver.url)
            assert status == 0, output
            key, receiver.secret = re.findall(r"(?:tl_|whsec_)\S+", output)

            for answer, expected in ((204, 0), (500, 1), (302, 1)):
                receiver.status = answer
                status, output = await clients(tmp_path, "test", "app")
                assert (status, f"{receiver.url} answered {answer}" in output) == (expected, True)
                event = receiver.verify(await receiver.next())
                assert (event["type"], event["data"]) == ("textlogin.test", {"client": "app"})

            receiver.status = 200
            http = partial(httpx.post, headers={"Authorization": f"Bearer {key}"})
            url = f"{demo.http.base_url}/v1/verifications"

            def opened() -> dict[str, Any]:
                answer = http(url, json={"method": "text"})
                return dict(answer.json()) if answer.status_code == 201 else {}

            verification = await asyncio.to_thread(wait_for, opened)  # the demo looks every 5 s
            await asyncio.to_thread(http, f"{url}/{verification['id']}/cancel")
            event = receiver.verify(await receiver.next())
            assert event["type"] == "verification.canceled"
            assert event["data"]["id"] == verification["id"]


async def test_only_loopback_may_be_called_over_http(tmp_path: Path) -> None:
    with demo_process(tmp_path):
        for url in ("http://app.example/hook", "http://10.0.0.1/hook", "http://127.0.0.1.x/hook"):
            status, output = await clients(tmp_path, "add", "app", "--callback-url", url)
            assert (status, "http on loopback" in " ".join(output.split())) == (2, True), output
        for url in ("http://localhost:9000/hook", "http://[::1]/hook", "https://app.example/hook"):
            name = f"app-{len(url)}"
            status, output = await clients(tmp_path, "add", name, "--callback-url", url)
            assert status == 0, output


async def test_without_a_demo_and_without_a_receiver_the_command_says_so(tmp_path: Path) -> None:
    status, output = await clients(tmp_path, "list")
    assert (status, "start the demo in this directory" in output) == (1, True)
    with demo_process(tmp_path):
        async with callback_receiver() as receiver:
            url = receiver.url
        await clients(tmp_path, "add", "app", "--callback-url", url)
        status, output = await clients(tmp_path, "test", "app")
        assert (status, "was not called" in output) == (1, True)
        status, output = await clients(tmp_path, "edit", "app", "--callback-url", "")
        assert status == 0, output
        status, output = await clients(tmp_path, "test", "app")
        assert (status, "has no callback URL" in output) == (1, True)
