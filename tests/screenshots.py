"""Takes the pictures of the README from the real pages: `python -m tests.screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, ViewportSize

from storage.database import Database
from storage.migrate import migrate
from tests.harness.browser import CHROMIUM
from tests.harness.pages_in_browser import Site, enter, site

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
#: A picture may take so many bytes.
LARGEST = 200_000
_WINDOW: ViewportSize = {"width": 860, "height": 760}
#: Each theme, and the phone of its pictures.
_THEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (
    ("light", "+14155550123"),
    ("dark", "+14155550124"),
)


async def take(url: str) -> list[Path]:
    """One picture of each page in each theme. Returns their files."""
    taken = []
    async with site(url) as running:
        for theme, number in _THEMES:
            for name, walk in (("number", _number), ("code", _code), ("text", _text)):
                path = PICTURES / f"{name}-{theme}.png"
                async with running.page(color_scheme=theme, viewport=_WINDOW) as page:
                    await walk(running, page, number)
                    await page.screenshot(path=path)
                taken.append(path)
                print(f"{path.relative_to(Path.cwd())}  {path.stat().st_size:,} bytes")
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


def main() -> int:
    """Exit status 1 without Chromium, or if a picture is too large."""
    if CHROMIUM is None:
        print("no Chromium: `apt-get install chromium`, or name one with CHROMIUM=/path")
        return 1
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/pictures.db"
        database = Database(url)
        migrate(database)
        database.dispose()
        taken = asyncio.run(take(url))
    return max(path.stat().st_size for path in taken) > LARGEST


if __name__ == "__main__":
    sys.exit(main())
