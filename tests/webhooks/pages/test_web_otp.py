"""WebOTP: the browser fills in the code from the text, and the person sends it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, expect

from tests.harness.browser import needs_browser
from tests.harness.pages_in_browser import Site, enter, heading, site
from tests.harness.person import person
from tests.harness.phone import PHONE

#: What a phone's browser has: `asked` is what the page wants, `arrives(code)` the text that
#: comes. That the page no longer waits is known on the next page too.
_PHONE = """
window.OTPCredential = class {};
let isAsked;
window.asked = new Promise((done) => (isAsked = done));
navigator.credentials.get = (wanted) => new Promise((found, failed) => {
  isAsked(wanted.otp);
  window.arrives = (code) => found({ type: "otp", code });
  wanted.signal.addEventListener("abort", () => {
    sessionStorage.aborted = "yes";
    failed(wanted.signal.reason);
  });
});
"""
#: The last line as browsers read it: host without port, a space, the code, nothing after it.
#: https://wicg.github.io/sms-one-time-codes/#parsing
_LAST_LINE = re.compile(r"@([a-zA-Z0-9.-]+) #([^#\s]+)", re.ASCII)


@asynccontextmanager
async def _asked_for_a_code(running: Site) -> AsyncIterator[Page]:
    async with running.page() as page:
        await page.add_init_script(_PHONE)
        await enter(page)
        assert await page.evaluate("window.asked") == {"transport": ["sms"]}
        yield page


@needs_browser
async def test_the_code_is_filled_in_and_the_person_sends_it(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, _asked_for_a_code(running) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        code = await running.service.phone().code()
        await page.evaluate("code => window.arrives(code)", code)
        await expect(page.locator("#token")).to_have_value(code)
        await page.evaluate("fetch('/healthz')")  # a form that is sent would come before this
        assert sent == ["GET"]
        await page.click("button:text-is('Log in')")
        await heading(page, "Your number is verified")


@needs_browser
async def test_a_code_that_is_typed_ends_the_wait_for_the_text(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, _asked_for_a_code(running) as page:
        assert await page.evaluate("sessionStorage.aborted || null") is None
        await page.fill("#token", await running.service.phone().code())
        await page.press("#token", "Enter")
        await heading(page, "Your number is verified")
        assert await page.evaluate("sessionStorage.aborted") == "yes"


async def test_the_last_line_of_the_text_is_what_browsers_read(sqlite_url: str) -> None:
    async with person(sqlite_url, public_url="https://login.example:8443") as (service, browser):
        await browser.enter(PHONE)
        text = await service.phone().reads()
    found = _LAST_LINE.fullmatch(text.splitlines()[-1])
    assert found is not None
    host, code = found.groups()
    assert host == "login.example"
    assert f" {code} is your code" in text.splitlines()[0]
