"""`textlogin clients callbacks`, and `--replay`, beside a running service."""

import asyncio
import re
from pathlib import Path

from storage.writer import wall_clock
from tests.harness.called_service import KEY, SECRET_KEY, called, listening, register, serving
from tests.harness.processes import process, settings_of, telnyx
from tests.harness.running_service import Clock, expect


async def textlogin(folder: Path, database_url: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of the real command, away from this loop."""

    def run() -> tuple[int, str]:
        with telnyx() as to:
            environment = settings_of(database_url, to) | {"SECRET_KEY": SECRET_KEY}
            with process("webhooks", *arguments, folder=folder, environment=environment) as child:
                return child.ends(), child.output

    return await asyncio.to_thread(run)


async def test_callbacks_are_listed_newest_first_and_sent_again(
    database_url: str, tmp_path: Path
) -> None:
    async with called(database_url) as at:
        at.receiver.status = 410
        first = await at.ends()
        await at.settled("state = 'disabled'")
        at.clock.advance(1)
        await at.ends()
        await at.settled("state = 'disabled'", 2)
        sent = await at.receiver.next()

        status, listed = await textlogin(tmp_path, database_url, "clients", "callbacks", "app")
        assert status == 0
        newest, oldest = listed.splitlines()
        row = r"(evt_\S+)  \S+ \S+Z  verification.canceled +disabled +(\d) tr\S+  (\S+)  (\S+)"
        found = re.fullmatch(row, oldest)
        assert found
        assert found.groups() == (sent.id, "1", "410", at.receiver.url)
        never = re.fullmatch(row, newest)
        assert never
        assert never.groups()[1:] == ("0", "-", at.receiver.url)

        at.receiver.status = 200
        again = ("clients", "callbacks", "app", "--replay", sent.id)
        status, said = await textlogin(tmp_path, database_url, *again)
        assert (status, sent.id in said) == (0, True)
        at.clock.now = wall_clock()  # the command's
        await at.call()
        replayed = await at.receiver.next()
        assert (replayed.id, replayed.body) == (sent.id, sent.body)
        assert replayed.event["data"] == first
        await at.settled("state = 'delivered'")

        later = await at.ends()  # the URL is enabled
        assert (await at.receiver.next()).event["data"] == later


async def test_what_is_not_a_web_apps_own_is_not_sent_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with called(sqlite_url) as at:
        register(sqlite_url, at.receiver, name="other", key="tl_" + "o" * 43)
        await at.ends()
        id = (await at.receiver.next()).id
        await at.settled("state = 'delivered'")

        for name, replay, words in (
            ("other", id, "other has no callback"),
            ("app", "evt_of_nobody", "app has no callback"),
            ("nobody", id, "no web app nobody"),
        ):
            arguments = ("clients", "callbacks", name, "--replay", replay)
            status, said = await textlogin(tmp_path, sqlite_url, *arguments)
            assert (status, words in said) == (1, True), said
        assert at.count("callbacks", "state = 'queued'") == 0


async def test_a_web_app_added_by_the_command_is_called_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The key and the secret that it prints are the ones that work; neither is stored as such."""
    url = "https://app.example/hook"
    arguments = ("clients", "add", "fresh", "--callback-url", url, "--code-entry", "page")
    status, said = await textlogin(tmp_path, sqlite_url, *arguments)
    assert status == 0
    key, secret = re.findall(r"(?:tl_|whsec_)\S+", said)

    async with listening(secret=secret) as receiver, serving(sqlite_url, receiver) as at:
        fresh = at.web_app(key)
        opened = await fresh.open(callback_url=receiver.url)
        expect(await fresh.ask("POST", f"/{opened['id']}/cancel"), 200)
        receiver.verify(await receiver.next())
        await at.settled("state = 'delivered'")
        stored = str(at.rows("SELECT * FROM clients"))
        assert key not in stored
        assert secret not in stored


async def test_a_removed_web_apps_callbacks_end_without_a_call(sqlite_url: str) -> None:
    clock = Clock()
    async with called(sqlite_url, clock=clock) as at:
        at.receiver.status = 500
        await at.ends()
        await at.settled("tries = 1")
        at.service.clients.update([])
        for tries in range(2, 11):
            await at.due()
            await at.settled(f"tries = {tries}")
        await at.settled("state = 'failed'")
        assert len(at.receiver.requests) == 1
        response = await at.web_app(KEY).ask("GET", params={"phone_number": "+14155550123"})
        assert response.status_code == 401
