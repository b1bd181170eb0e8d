"""`textlogin clients callbacks`, and `--replay`, beside a running service."""

import asyncio
import re
from pathlib import Path

from storage.clock import wall_clock
from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import KEY, callback_service, register, service_calling
from tests.harness.clients_command import ClientsCommand
from tests.harness.clock import Clock
from tests.harness.process import process
from tests.harness.service_process import environment_of
from tests.harness.telnyx_server import telnyx_server
from tests.harness.web_app import expect


async def textlogin(folder: Path, database_url: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of the real command, away from this loop."""

    def run() -> tuple[int, str]:
        with telnyx_server() as telnyx:
            environment = environment_of(database_url, telnyx)
            with process("webhooks", *arguments, folder=folder, environment=environment) as child:
                return child.ends(), child.output

    return await asyncio.to_thread(run)


async def test_callbacks_are_listed_newest_first_and_sent_again(
    database_url: str, tmp_path: Path
) -> None:
    async with callback_service(database_url) as service:
        service.receiver.status = 410
        first = await service.open_and_cancel()
        await service.until_callbacks("state = 'disabled'")
        service.clock.advance(1)
        await service.open_and_cancel()
        await service.until_callbacks("state = 'disabled'", 2)
        sent = await service.receiver.next()

        status, listed = await textlogin(tmp_path, database_url, "clients", "callbacks", "app")
        assert status == 0
        newest, oldest = listed.splitlines()
        row = r"(evt_\S+)  \S+ \S+Z  verification.canceled +disabled +(\d) tr\S+  (\S+)  (\S+)"
        found = re.fullmatch(row, oldest)
        assert found
        assert found.groups() == (sent.id, "1", "410", service.receiver.url)
        never = re.fullmatch(row, newest)
        assert never
        assert never.groups()[1:] == ("0", "-", service.receiver.url)

        service.receiver.status = 200
        again = ("clients", "callbacks", "app", "--replay", sent.id)
        status, output = await textlogin(tmp_path, database_url, *again)
        assert (status, sent.id in output) == (0, True)
        service.clock.now = wall_clock()  # the command's
        await service.sweep_callbacks()
        replayed = await service.receiver.next()
        assert (replayed.id, replayed.body) == (sent.id, sent.body)
        assert replayed.event["data"] == first
        await service.until_callbacks("state = 'delivered'")

        later = await service.open_and_cancel()  # the URL is enabled
        assert (await service.receiver.next()).event["data"] == later


async def test_only_a_web_apps_own_callback_is_sent_again(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service:
        register(sqlite_url, service.receiver, name="other", key="tl_" + "o" * 43)
        await service.open_and_cancel()
        id = (await service.receiver.next()).id
        await service.until_callbacks("state = 'delivered'")

        for name, replay, message in (
            ("other", id, "other has no callback"),
            ("app", "evt_of_nobody", "app has no callback"),
            ("nobody", id, "no web app nobody"),
        ):
            result = ClientsCommand(sqlite_url).run("callbacks", name, "--replay", replay)
            assert (result.status, message in result.err) == (1, True), result
        assert service.count("callbacks", "state = 'queued'") == 0


async def test_a_web_app_added_by_the_command_is_called_back(sqlite_url: str) -> None:
    """The key and the secret that it prints are the ones that work; neither is stored as such."""
    url = "https://app.example/hook"
    arguments = ("add", "fresh", "--callback-url", url, "--code-entry", "page")
    added = ClientsCommand(sqlite_url).succeeds(*arguments)
    key, secret = added.key, added.secret

    async with (
        callback_receiver(secret=secret) as receiver,
        service_calling(sqlite_url, receiver) as service,
    ):
        fresh = service.web_app(key)
        opened = await fresh.open(callback_url=receiver.url)
        expect(await fresh.cancel(opened["id"]), 200)
        receiver.verify(await receiver.next())
        await service.until_callbacks("state = 'delivered'")
        stored = str(service.rows("SELECT * FROM clients"))
        assert key not in stored
        assert secret not in stored


async def test_callbacks_of_a_removed_web_app_fail_without_a_request(sqlite_url: str) -> None:
    clock = Clock()
    async with callback_service(sqlite_url, clock=clock) as service:
        service.receiver.status = 500
        await service.open_and_cancel()
        await service.until_callbacks("tries = 1")
        service.clients.update([])
        for tries in range(2, 11):
            await service.sweep_when_due()
            await service.until_callbacks(f"tries = {tries}")
        await service.until_callbacks("state = 'failed'")
        assert len(service.receiver.received) == 1
        response = await service.web_app(KEY).ask("GET", params={"phone_number": "+14155550123"})
        assert response.status_code == 401
