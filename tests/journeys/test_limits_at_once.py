"""Limits over many phones are exact under 200 requests at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from bot.policy import DAILY_UNUSED
from tests.harness.running_service import running_service
from tests.harness.telnyx_events import text_event

MANY = 200


def phone(number: int, area: int = 202) -> str:
    return f"+1{area}555{number:04}"


async def asked(database_url: str, phones: list[str], **settings: Any) -> Counter[int]:
    """The statuses of one request for each phone, all at once."""
    async with running_service(database_url, **settings) as service:
        shop = service.web_app()
        answers = await asyncio.gather(
            *(shop.ask("POST", json={"method": "sms", "phone_number": one}) for one in phones)
        )
        counted = Counter(one.status_code for one in answers)
        assert service.count("messages") == counted[201]
        return counted


async def test_a_prefix_gets_as_many_codes_as_its_budget(database_url: str) -> None:
    answers = await asked(database_url, [phone(number) for number in range(MANY)])

    assert answers == {201: DAILY_UNUSED, 429: MANY - DAILY_UNUSED}


async def test_a_region_gets_as_many_codes_as_its_budget(database_url: str) -> None:
    phones = [f"+44740{number:03}1234" for number in range(MANY)]

    answers = await asked(database_url, phones, allowed_regions="US,GB")

    assert answers == {201: DAILY_UNUSED, 429: MANY - DAILY_UNUSED}


async def test_pages_and_web_apps_get_four_fifths_of_the_codes_of_the_day(
    database_url: str,
) -> None:
    phones = [f"+1202{210 + number:03}5555" for number in range(MANY)]

    answers = await asked(database_url, phones, codes_per_day_total=50)

    assert answers == {201: 40, 429: MANY - 40}


async def test_texts_from_phones_get_the_codes_of_the_day(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True, codes_per_day_total=50) as service:
        texts = [text_event("LOGIN", f"+1202{210 + number:03}5555") for number in range(MANY)]

        answers = await asyncio.gather(*map(service.post, texts))

        assert {one.status_code for one in answers} == {200}
        assert service.count("messages", "code IS NOT NULL") == 50
