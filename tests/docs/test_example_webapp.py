"""The example web app runs beside the demo as its first lines say, and logs people in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.docs.markdown import DOCS
from tests.harness.browser import browser_page, needs_browser
from tests.harness.demo_process import Demo, demo_process
from tests.harness.eventually import wait_for
from tests.harness.process import free_port, process

_FOLDER = DOCS / "examples" / "webapp"
PHONE = "+14155550151"


@contextmanager
def web_app(demo: Demo, folder: Path) -> Iterator[httpx.Client]:
    """A browser at the example, registered at the demo."""
    port = str(free_port())
    add = (
        "clients",
        "--demo",
        "add",
        "example",
        "--callback-url",
        f"http://localhost:{port}/hooks",
    )
    with process("webhooks", *add, folder=folder) as command:
        assert command.ends() == 0, command.output
        key, secret = re.findall(r"(?:tl_|whsec_)\S+", command.output)
    environment = {
        "TEXTLOGIN_URL": str(demo.http.base_url),
        "TEXTLOGIN_KEY": key,
        "CALLBACK_SECRET": secret,
    }
    serve = ("uvicorn", "--app-dir", str(_FOLDER), "app:app", "--port", port)
    with process(*serve, folder=folder, environment=environment) as app:
        app.prints("Uvicorn running")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
            yield browser


def page(browser: httpx.Client, form: dict[str, str]) -> str:
    """The page after the form was sent. The demo knows the web app within 5 s."""

    def sent() -> str:
        answer = browser.post("/login", data=form)
        return answer.text if answer.status_code == 200 else ""

    return wait_for(sent)


def check(demo: Demo, shown: str, code: str) -> dict[str, str]:
    """What the page's script does with a code."""
    (found,) = re.findall(r'"(ver_\w+)", "(poll_\w+)"', shown)
    headers = {"Authorization": f"Bearer {found[1]}", "Origin": "http://localhost:9000"}
    url = f"{demo.http.base_url}/v1/verifications/{found[0]}/check"
    answer = httpx.post(url, json={"code": code}, headers=headers)
    assert answer.headers["access-control-allow-origin"] == headers["Origin"]
    return dict(answer.raise_for_status().json())


def test_the_example_logs_in_by_code_and_by_text_and_a_no_logs_out(tmp_path: Path) -> None:
    with demo_process(tmp_path) as demo, web_app(demo, tmp_path) as browser:
        shown = page(browser, {"phone": PHONE})
        assert browser.get("/finish").headers["location"] == "/"  # nothing is approved yet
        assert "<form" in browser.get("/").text
        assert check(demo, shown, demo.code(1, PHONE))["status"] == "approved"
        with httpx.Client(base_url=browser.base_url) as stranger:
            stranger.get("/finish")
            assert PHONE not in stranger.get("/").text
        browser.get("/finish")
        assert f"Hello {PHONE}" in browser.get("/").text
        assert browser.post("/hooks", json={"type": "verification.denied"}).status_code == 403
        demo.text("NO", PHONE)
        wait_for(lambda: PHONE not in browser.get("/").text)

        shown = page(browser, {})
        (words,) = re.findall(r"Text (LOGIN [A-Z]{6}) to \+14155550100", shown)
        phone = "+14155550152"
        demo.text(words, phone)
        assert check(demo, shown, demo.code(1, phone))["status"] == "approved"
        browser.get("/finish")
        assert f"Hello {phone}" in browser.get("/").text


@needs_browser
async def test_the_example_logs_in_a_browser_that_texts_first(tmp_path: Path) -> None:
    phone = "+14155550153"
    with demo_process(tmp_path) as demo, web_app(demo, tmp_path) as http:
        page(http, {})  # the demo knows the web app
        async with browser_page() as (shown, errors):
            await shown.goto(str(http.base_url))
            await shown.click("text=Text us instead")
            found = re.search("LOGIN [A-Z]{6}", await shown.text_content("h1") or "")
            assert found
            demo.text(found[0], phone)
            await shown.wait_for_function("document.body.textContent.includes('Type the code')")
            await shown.fill("[name=code]", demo.code(1, phone))
            await shown.press("[name=code]", "Enter")
            await shown.wait_for_function("document.body.textContent.includes('Hello +1')")
            assert await shown.text_content("h1") == f"Hello {phone}"
    assert errors == []


def test_the_example_is_short() -> None:
    lines = (_FOLDER / "app.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
