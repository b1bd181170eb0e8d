"""What becomes of a webhook: recorded, answered from the number texted, logged without a secret."""

import logging
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.commands import Command, TextReceived
from bot.outcomes import Outcome
from storage.clock import SteadyClock
from storage.writer import Writer
from tests.harness.phone import PHONE
from tests.harness.running_service import running_service
from tests.harness.settings import NUMBER
from tests.harness.telnyx_events import event, text_event
from tests.harness.words import vocabulary_of
from webhooks.telnyx.events import parse


@contextmanager
def logged(name: str) -> Iterator[list[str]]:
    """The messages that a logger gets during the block."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler, logger = Lines(), logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


@contextmanager
def refuses_texts(writer: Writer) -> Iterator[None]:
    """During the block the writer has a fault that nothing foresees: texts make it raise."""
    submit = writer.submit

    def fail(command: Command) -> Awaitable[Outcome]:
        if isinstance(command, TextReceived):
            raise ZeroDivisionError
        return submit(command)

    vars(writer)["submit"] = fail
    try:
        yield
    finally:
        del vars(writer)["submit"]


async def test_an_event_of_an_unknown_type_is_recorded_once(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        body = event("call.initiated", {"anything": [1, {"deep": True}]}, "evt-9")
        for _ in range(2):
            assert (await service.post(body)).status_code == 200
        assert service.rows("SELECT event_id, kind FROM events") == [("evt-9", "other")]


async def test_a_text_to_a_number_that_is_not_ours_is_recorded_and_logged_once(
    database_url: str,
) -> None:
    async with running_service(database_url, own_webhooks=True, log_level="warning") as service:
        with logged("textlogin.inbound") as lines:
            for words in ("LOGIN", "LOGIN", "STOP"):
                body = text_event(words, to=[{"phone_number": "+14155550199"}])
                assert (await service.post(body)).status_code == 200
        (line,) = lines
        assert "+1••••••0199" in line
        assert "TELNYX_PHONE_NUMBER" in line
        assert service.rows("SELECT DISTINCT kind FROM events") == [("other",)]
        assert service.count("verifications") == service.count("conversations") == 0


async def test_a_text_to_one_of_several_numbers_is_answered_from_it(sqlite_url: str) -> None:
    numbers = (NUMBER, "+14155550101")
    async with running_service(
        sqlite_url, own_webhooks=True, telnyx_phone_number=numbers
    ) as service:
        body = text_event("LOGIN", to=[{"phone_number": "+14155550101"}])
        assert (await service.post(body)).status_code == 200
        await service.phone().code()
        assert [text["from"] for text in await service.texts_to(PHONE)] == ["+14155550101"]


@pytest.mark.parametrize(
    "members",
    [
        {"text": "LOGIN"},
        {"body": {"text": "LOGIN"}},
        {"text": "", "body": {"text": "LOGIN", "suggestion_response": None}},
        {"body": {"suggestion_response": {"text": "LOGIN", "postback_data": "started"}}},
        {"body": {"suggestion_response": {"postback_data": "LOGIN"}}},
    ],
    ids=range(5),
)
async def test_an_rcs_text_or_suggestion_is_read(sqlite_url: str, members: dict[str, Any]) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        body = text_event(None, type="RCS", **members)
        assert (await service.post(body)).status_code == 200
        assert len(await service.phone().code()) == 6


@pytest.mark.parametrize(
    "members",
    [
        {"type": "RCS", "to": [{"agent_id": "e4448a5c0670c2a9", "agent_name": "Shop"}]},
        {"type": "RCS", "text": None, "body": {"location": {"latitude": 1.5}}},
        {"type": "RCS", "text": None, "body": None},
        {"type": "WHATSAPP", "body": {"text": {"body": "LOGIN"}}},
    ],
    ids=["agent", "location", "empty", "whatsapp"],
)
async def test_rcs_to_an_agent_or_without_text_and_whatsapp_start_no_login(
    sqlite_url: str, members: dict[str, Any]
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        assert (await service.post(text_event("LOGIN", **members))).status_code == 200
        assert service.webhooks_recorded() == 1
        assert service.count("verifications") == 0


@pytest.mark.parametrize(
    ("words", "language"), [("LOGIN", None), ("482915 gracias", "es"), (None, None)]
)
def test_the_command_of_a_text_has_its_language(words: str | None, language: str | None) -> None:
    command = parse(text_event(words), frozenset({NUMBER}), vocabulary_of(), SteadyClock())

    assert isinstance(command, TextReceived)
    assert command.language == language


async def test_a_mexican_number_of_ours_is_known_with_and_without_the_1(sqlite_url: str) -> None:
    async with running_service(
        sqlite_url, own_webhooks=True, telnyx_phone_number="+5215512345678"
    ) as service:
        for number in ("+5215512345678", "+525512345678"):
            body = text_event("STATUS", to=[{"phone_number": number}])
            assert (await service.post(body)).status_code == 200
        await service.idle()
        texts = await service.texts_to(PHONE)
        assert {text["from"] for text in texts} == {"+525512345678"}


async def test_an_unexpected_error_is_logged_and_answered_503(
    database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        body = text_event("LOGIN")
        with refuses_texts(service.writer):
            refused = await service.post(body)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "2"
        assert refused.json()["type"] == "urn:textlogin:problem:unavailable"
        assert "Traceback" in capfd.readouterr().err
        assert (await service.post(body)).status_code == 200


async def test_no_text_phone_or_code_is_logged(
    database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_service(database_url, log_level="debug") as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        await phone.text(code)
        await phone.reads()
        await service.phone("+14155550300").text("LOGIN")
        await service.web_app().create(method="sms", phone_number="+14155550001")
        await service.idle()
    out, err = capfd.readouterr()
    assert "textlogin" in err
    for secret in (code, PHONE[1:], "4155550300", "4155550001", "LOGIN"):
        assert secret not in out + err
