"""The pictures of the login pages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, ViewportSize

from storage.database import Database
from storage.migrate import migrate
from tests.docs.markdown import DOCS
from tests.harness.pages_in_browser import Site, enter, site

PICTURES = DOCS / "pictures"
_WINDOW: ViewportSize = {"width": 860, "height": 760}
#: Each theme, and the phone of its pictures.
_THEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (
    ("light", "+14155550123"),
    ("dark", "+14155550124"),
)


async def take() -> list[Path]:
    """One picture of each page in each theme. Returns their files."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/pictures.db"
        database = Database(url)
        migrate(database)
        database.dispose()
        async with site(url) as running:
            for theme, number in _THEMES:
                for name, walk in (("number", _number), ("code", _code), ("text", _text)):
                    path = PICTURES / f"{name}-{theme}.png"
                    async with running.page(color_scheme=theme, viewport=_WINDOW) as page:
                        await walk(running, page, number)
                        await page.screenshot(path=path)
                    taken.append(path)
    return taken


async def _number(running: Site, page: Page, number: str) -> None:
    await page.wait_for_selector("#phone")


async def _code(running: Site, page: Page, number: str) -> None:
    phone = running.service.phone(number)
    await enter(page, number)
    await page.fill("#token", await phone.code())


async def _text(running: Site, page: Page, number: str) -> None:
    await page.click("form.alone button")
    await page.wait_for_selector(".words")
