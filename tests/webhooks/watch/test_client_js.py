"""`/client.js`, run by Node.js and in a browser against the service on a real socket."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from tests.harness.asgi_server import Refusal, RequestRecorder, loopback_socket, refuse, served
from tests.harness.browser import browser_page, needs_browser
from tests.harness.eventually import until
from tests.harness.node import Node, node
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import expect

BEARER = "`Authorization: Bearer`"
_WATCH = """
import { watch } from "./client.mjs";
const [base, id, token] = process.argv.slice(2);
const print = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
try {
  for await (const { status, awaiting, phone_number } of watch(id, token, { base })) {
    print([status, awaiting, phone_number]);
  }
  print("end");
} catch (error) {
  print(`${error.name}: ${error.message}`);
}
"""


@dataclass
class Site:
    """A service on a socket, its requests recorded, and a folder with its client.mjs."""

    service: RunningService
    requests: RequestRecorder
    base: str
    folder: Path

    @asynccontextmanager
    async def watching(
        self, opened: dict[str, Any], script: str = _WATCH, token: str | None = None
    ) -> AsyncIterator[Node]:
        arguments = (self.base, opened["id"], token or opened["poll_token"])
        async with node(script, self.folder, *arguments) as running:
            yield running


@asynccontextmanager
async def site(
    database_url: str, folder: Path, refusal: Refusal = lambda scope: None, **changes: Any
) -> AsyncIterator[Site]:
    with loopback_socket() as (bound, base):
        async with running_service(database_url, **changes) as service:
            requests = RequestRecorder(service.app, refusal)
            async with served(requests, bound):
                module = await service.http.get("/client.js")
                (folder / "client.mjs").write_bytes(module.content)
                yield Site(service, requests, base, folder)


async def log_in(service: RunningService, opened: dict[str, Any]) -> None:
    phone = service.phone()
    await phone.text(opened["login"]["text"])
    await phone.text(await phone.code())


@pytest.mark.parametrize(
    ("refused", "at_last"),
    [((), "events"), (("events",), "wait"), (("events", "wait"), "poll")],
)
async def test_it_yields_every_state_by_the_best_method_available(
    sqlite_url: str, tmp_path: Path, refused: tuple[str, ...], at_last: str
) -> None:
    async with site(sqlite_url, tmp_path, refuse(*refused)) as running:
        phone = running.service.phone()
        opened = await running.service.web_app().open()
        async with running.watching(opened) as watcher:
            assert await watcher.prints() == ["pending", "login", None]
            await phone.text(opened["login"]["text"])
            assert await watcher.prints() == ["pending", "code", "+1••••••0123"]
            await phone.text(await phone.code())
            lines, errors = await watcher.ends()
        assert lines[-2:] == [["approved", None, "+1••••••0123"], "end"]
        assert {tuple(one) for one in lines[:-2]} <= {("pending", "code", "+1••••••0123")}
        assert errors == ""
        assert (running.requests.methods[0], running.requests.methods[-1]) == ("events", at_last)
        assert not any(opened["poll_token"] in path for path in running.requests.targets)


async def test_after_a_broken_stream_it_polls(sqlite_url: str, tmp_path: Path) -> None:
    async with site(sqlite_url, tmp_path) as running:
        live = running.service.live
        opened = await running.service.web_app().open()
        async with running.watching(opened) as watcher:
            assert await watcher.prints() == ["pending", "login", None]
            await until(lambda: live.waiting == 1)
            running.requests.break_off()
            await until(lambda: running.requests.methods == ["events", "wait"])
            await log_in(running.service, opened)
            lines, errors = await watcher.ends()
        assert lines[-2:] == [["approved", None, "+1••••••0123"], "end"]
        assert ["pending", "login", None] not in lines  # not yielded again
        assert errors == ""


async def test_a_finished_verification_is_yielded_once(sqlite_url: str, tmp_path: Path) -> None:
    async with site(sqlite_url, tmp_path) as running:
        opened = await running.service.web_app().open()
        expect(await running.service.web_app().cancel(opened["id"]), 200)
        async with running.watching(opened) as watcher:
            assert await watcher.ends() == ([["canceled", None, None], "end"], "")
        assert running.requests.methods == ["events"]


@pytest.mark.parametrize("refused", [(), ("events",), ("events", "wait")])
async def test_a_wrong_token_is_an_error_at_once(
    sqlite_url: str, tmp_path: Path, refused: tuple[str, ...]
) -> None:
    async with site(sqlite_url, tmp_path, refuse(*refused)) as running:
        opened = await running.service.web_app().open()
        for token, said in (
            ("poll_" + "0" * 64, "Verification not found."),
            ("nobody", f"Send {BEARER} with an API key or this verification's poll token."),
        ):
            del running.requests.targets[:]
            async with running.watching(opened, token=token) as watcher:
                assert await watcher.ends() == ([f"TextloginError: {said}"], "")
            assert running.requests.methods.count("poll") <= 1
            assert not any(token in path for path in running.requests.targets)


async def test_it_raises_when_every_method_fails(sqlite_url: str, tmp_path: Path) -> None:
    async with site(sqlite_url, tmp_path, refuse("events", "wait", "poll")) as running:
        opened = await running.service.web_app().open()
        async with running.watching(opened) as watcher:
            lines, errors = await watcher.ends()
        assert lines == ["TextloginError: The verification is temporarily unavailable."]
        assert errors == ""
        assert (
            len(running.requests.methods) == 7
        )  # one stream, and three tries each of the other ways


_ABORT = """
import { watch } from "./client.mjs";
const [base, id, token] = process.argv.slice(2);
const print = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
const controller = new AbortController();
process.stdin.once("data", () => controller.abort());
try {
  for await (const { awaiting } of watch(id, token, { base, signal: controller.signal })) {
    print(awaiting);
  }
  print("end");
} catch (error) {
  print(error.name);
}
process.stdin.destroy();
"""


@pytest.mark.parametrize("refused", [(), ("events",), ("events", "wait")])
async def test_an_abort_ends_it_in_every_method(
    sqlite_url: str, tmp_path: Path, refused: tuple[str, ...]
) -> None:
    async with site(sqlite_url, tmp_path, refuse(*refused)) as running:
        live = running.service.live
        opened = await running.service.web_app().open()
        async with running.watching(opened, _ABORT) as watcher:
            assert await watcher.prints() == "login"
            await until(lambda: live.waiting == (len(refused) < 2))
            await watcher.reads("abort")
            assert await watcher.ends() == (["AbortError"], "")
        await until(lambda: live.waiting == 0)


_BREAK = """
import { watch } from "./client.mjs";
const [base, id, token] = process.argv.slice(2);
for await (const { awaiting } of watch(id, token, { base })) {
  process.stdout.write(JSON.stringify(awaiting) + "\\n");
  break;
}
"""


async def test_leaving_the_loop_closes_the_connection(sqlite_url: str, tmp_path: Path) -> None:
    """The page may go on for long; the service need not hold a place for it."""
    async with site(sqlite_url, tmp_path) as running:
        opened = await running.service.web_app().open()
        async with running.watching(opened, _BREAK) as watcher:
            assert await watcher.ends() == (["login"], "")
        await until(lambda: running.service.live.waiting == 0)


async def test_without_long_polls_it_polls_at_the_interval(sqlite_url: str, tmp_path: Path) -> None:
    async with site(sqlite_url, tmp_path, refuse("events"), max_wait=0) as running:
        opened = await running.service.web_app().open()
        async with running.watching(opened) as watcher:
            assert await watcher.prints() == ["pending", "login", None]
            await until(lambda: running.requests.methods.count("wait") == 1)
            before = time.monotonic()
            await until(lambda: running.requests.methods.count("wait") >= 2)
            assert time.monotonic() - before > 1


_IMPORT = """
let asked = 0;
globalThis.fetch = async () => { asked += 1; throw new Error("no"); };
globalThis.setTimeout = globalThis.setInterval = () => { asked += 1; };
const before = Object.keys(globalThis).join();
const { watch } = await import("./client.mjs");
const iterator = watch("ver_1", "poll_1", { base: "http://127.0.0.1:9" });
await null;
process.stdout.write(JSON.stringify([asked, before === Object.keys(globalThis).join()]) + "\\n");
"""


async def test_importing_it_sends_no_request_and_sets_no_global(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with site(sqlite_url, tmp_path) as running:
        async with node(_IMPORT, running.folder) as module:
            assert await module.ends() == ([[0, True]], "")
        assert running.requests.methods == []


_PAGE = """<!doctype html><title>A web app</title><script type="module">
import {{ watch }} from "{base}/client.js";
for await (const verification of watch({id}, {token})) {{
  const line = document.createElement("li");
  line.textContent = [verification.status, verification.phone_number].join(" ");
  document.body.append(line);
}}
document.body.append("the end");
</script>"""


@needs_browser
@pytest.mark.parametrize("refused", [(), ("events",)])
async def test_a_page_of_another_origin_follows_a_login_to_its_end(
    sqlite_url: str, tmp_path: Path, refused: tuple[str, ...]
) -> None:
    with loopback_socket() as (pages, origin):
        async with site(sqlite_url, tmp_path, refuse(*refused), cors_origins=(origin,)) as running:
            opened = await running.service.web_app().open()
            id, token = json.dumps(opened["id"]), json.dumps(opened["poll_token"])
            app = HTMLResponse(_PAGE.format(base=running.base, id=id, token=token))
            async with served(app, pages), browser_page() as (page, script_errors):
                await page.goto(origin)
                await page.wait_for_function("document.querySelector('li')")
                await log_in(running.service, opened)
                await page.wait_for_function("document.body.textContent.includes('the end')")
                lines = await page.locator("li").all_text_contents()
        assert lines[0] == "pending "
        assert lines[-1] == "approved +1••••••0123"
        assert script_errors == []
        assert running.requests.methods[0] == "events"
        assert not any(opened["poll_token"] in path for path in running.requests.targets)
