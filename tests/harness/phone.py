"""A phone at the sandbox, and the codes in the texts it gets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.harness.eventually import eventually

if TYPE_CHECKING:
    from tests.harness.running_service import RunningService

PHONE, OTHER_PHONE = "+14155550123", "+14155550124"
CODE = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")


@dataclass
class Phone:
    """Texts the service, and reads the texts it gets in order."""

    service: RunningService
    number: str = PHONE
    seen: int = 0

    async def text(self, words: str) -> int:
        """Texts, and returns the HTTP status of the webhook's answer."""
        return await self.service.text(self.number, words)

    async def reads(self) -> str:
        """Wait for the next text."""

        async def next_text() -> str | None:
            texts = await self.service.texts_to(self.number)
            return texts[self.seen]["text"] if len(texts) > self.seen else None

        text = await eventually(next_text)
        self.seen += 1
        return text

    async def code(self) -> str:
        """The code in the next text."""
        return code_in(await self.reads())

    async def unread(self) -> list[str]:
        """The texts not read yet, after everything that is under way has arrived."""
        await self.service.idle()
        texts = [text["text"] for text in (await self.service.texts_to(self.number))[self.seen :]]
        self.seen += len(texts)
        return texts


def code_in(text: str) -> str:
    """The one code in a text."""
    (code,) = CODE.findall(text)
    return str(code)


def wrong_code(code: str, by: int = 1) -> str:
    """Another code of the same length."""
    return str((int(code) + by) % 10 ** len(code)).zfill(len(code))
