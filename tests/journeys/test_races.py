"""Simultaneous requests act as if they came one after the other, in one process and in two."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.phone import PHONE, code_in, wrong_code
from tests.harness.postgres import Postgres
from tests.harness.running_service import running_service
from tests.harness.service_pair import MANY, Pair, service_pair
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect


async def at_once(count: int, act: Callable[[int], Awaitable[httpx.Response]]) -> list[int]:
    return [one.status_code for one in await asyncio.gather(*(act(i) for i in range(count)))]


async def test_simultaneous_right_replies_approve_once(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        phone = service.phone()
        await service.post(text_event("LOGIN"))
        code = await phone.code()
        answers = await at_once(MANY, lambda _: service.post(text_event(code)))
        assert answers == [200] * MANY
        texts = Counter(await phone.unread())
        assert sorted(texts.values()) == [1, 1]  # one "verified", one "already verified"
        assert service.count("verifications", "status = 'approved'") == 1
        (login,) = await service.web_app().find()
        assert login["attempts_left"] == 5


async def test_simultaneous_right_checks_approve_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await service.phone().code()
        answers = await at_once(MANY, lambda _: shop.check(sent["id"], code))
        assert Counter(answers) == {200: 1, 409: MANY - 1}


async def test_simultaneous_redeems_succeed_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        expect(await shop.check(sent["id"], await service.phone().code()), 200)
        answers = await at_once(MANY, lambda _: shop.redeem(sent["id"]))
        assert Counter(answers) == {200: 1, 409: MANY - 1}


async def test_simultaneous_wrong_replies_are_all_counted(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True, max_attempts=10) as service:
        phone = service.phone()
        await service.post(text_event("LOGIN"))
        code = await phone.code()
        await at_once(7, lambda i: service.post(text_event(wrong_code(code, i + 1))))
        (login,) = await service.web_app().find()
        assert (login["status"], login["attempts_left"]) == ("pending", 3)
        texts = await phone.unread()
        assert sorted(text[-3:-1].strip() for text in texts) == list("3456789")

        await at_once(MANY, lambda i: service.post(text_event(wrong_code(code, i + 1))))
        (login,) = await service.web_app().find()
        assert (login["status"], login["attempts_left"]) == ("max_attempts_reached", 0)
        ((wrong_at, locked_until),) = service.rows("SELECT wrong_at, locked_until FROM phones")
        assert len(wrong_at.split(",")) == 10
        assert locked_until == service.clock() + 900_000
        sentences = Counter(text.partition(":")[2].split(".")[0] for text in await phone.unread())
        assert sentences[" Too many wrong codes"] == 1
        assert sentences[" Logging in by text is locked"] == 1


async def test_simultaneous_wrong_checks_are_all_counted(database_url: str) -> None:
    async with running_service(database_url, max_attempts=10) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await service.phone().code()
        left = await asyncio.gather(
            *(shop.check(sent["id"], wrong_code(code, i)) for i in range(1, 8))
        )
        assert sorted(expect(one, 200)["attempts_left"] for one in left) == list(range(3, 10))
        answers = await at_once(MANY, lambda i: shop.check(sent["id"], wrong_code(code, i + 1)))
        assert Counter(answers) == {200: 3, 409: MANY - 3}
        assert (await shop.show(sent["id"]))["attempts_left"] == 0


async def test_one_of_many_phones_claims_a_ref(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        opened = await service.web_app().open()
        phones = [f"+1415555{number:04}" for number in range(1000, 1020)]
        answers = await at_once(
            len(phones), lambda i: service.post(text_event(opened["login"]["text"], phones[i]))
        )
        assert answers == [200] * len(phones)
        await service.idle()
        texts = [(await service.texts_to(phone))[0]["text"] for phone in phones]
        codes = [text for text in texts if "Reply with it to log in" in text]
        assert len(codes) == 1
        assert sum("Those letters don't work" in text for text in texts) == len(phones) - 1
        claimed = await service.web_app().show(opened["id"])
        assert claimed["phone_number"] == phones[texts.index(codes[0])]


async def test_simultaneous_logins_of_one_phone_get_one_code(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        phone = service.phone()
        assert await at_once(20, lambda _: service.post(text_event("LOGIN"))) == [200] * 20
        code_text, *others = await phone.unread()
        code = code_in(code_text)
        assert len(others) <= 1
        assert all("wait" in text for text in others)
        assert service.count("verifications") == 1
        await service.post(text_event(code))
        assert "verified" in await phone.reads()


async def test_simultaneous_requests_get_different_refs(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await asyncio.gather(*(shop.open() for _ in range(MANY)))
        assert len({one["id"] for one in opened}) == MANY
        assert len({one["login"]["ref"] for one in opened}) == MANY


async def test_simultaneous_requests_for_a_code_send_one(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, phone = service.web_app(), service.phone()
        body = {"method": "sms", "phone_number": PHONE}
        responses = await asyncio.gather(*(shop.ask("POST", json=body) for _ in range(20)))
        (sent,) = [one.json() for one in responses if one.status_code == 201]
        assert Counter(one.status_code for one in responses) == {201: 1, 429: 19}
        code = await phone.code()
        assert await phone.unread() == []
        assert expect(await shop.check(sent["id"], code), 200)["status"] == "approved"


@pytest.fixture(scope="module")
def pair(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with service_pair(postgres, tmp_path_factory.mktemp("pair")) as two:
        yield two


def test_two_processes_approve_once(pair: Pair) -> None:
    phone = "+14155552001"
    assert pair.text(("LOGIN", phone)) == [200]
    code = pair.code(phone)
    assert pair.text(*[(code, phone)] * MANY) == [200] * MANY
    wait_for(lambda: len(pair.telnyx.texts(phone)) == 3)
    (login,) = pair.find(phone)
    assert (login["status"], login["attempts_left"]) == ("approved", 5)
    assert sorted(one.status_code for one in pair.ask(f"/{login['id']}/redeem", 20)) == (
        [200] + [409] * 19
    )


def test_two_processes_count_each_wrong_code(pair: Pair) -> None:
    by_text, by_page = "+14155552002", "+14155552003"
    pair.text(("LOGIN", by_text))
    code = pair.code(by_text)
    pair.text(*[(wrong_code(code, by), by_text) for by in (1, 2, 3)])
    assert [one["attempts_left"] for one in pair.find(by_text)] == [2]
    pair.text(*[(wrong_code(code, by + 1), by_text) for by in range(MANY)])
    (login,) = pair.find(by_text)
    assert (login["status"], login["attempts_left"]) == ("max_attempts_reached", 0)

    (created,) = pair.ask(method="sms", phone_number=by_page)
    id, typed = created.json()["id"], wrong_code(pair.code(by_page))
    answers = pair.ask(f"/{id}/check", MANY, code=typed)
    assert Counter(one.status_code for one in answers) == {200: 5, 409: MANY - 5}
    left = sorted(one.json()["attempts_left"] for one in answers if one.status_code == 200)
    assert left == [0, 1, 2, 3, 4]


def test_two_processes_let_one_phone_claim_a_ref(pair: Pair) -> None:
    phones = [f"+1415555{number:04}" for number in range(3000, 3020)]
    (created,) = pair.ask(method="text", code_entry="reply")
    words = created.json()["login"]["text"]
    assert pair.text(*[(words, phone) for phone in phones]) == [200] * len(phones)
    texts = [wait_for(partial(pair.telnyx.texts, phone))[0] for phone in phones]
    assert sum("Reply with it to log in" in text for text in texts) == 1
    assert sum("Those letters don't work" in text for text in texts) == len(phones) - 1


def test_two_processes_send_one_code_for_many_logins(pair: Pair) -> None:
    phone = "+14155552004"
    assert pair.text(*[("LOGIN", phone)] * 20) == [200] * 20
    code = pair.code(phone)
    wait_for(lambda: len(pair.telnyx.texts(phone)) == 2)
    assert "wait" in pair.telnyx.texts(phone)[1]
    assert pair.text((code, phone)) == [200]
    assert [one["status"] for one in pair.find(phone)] == ["approved"]


def test_two_processes_record_each_event_once(pair: Pair) -> None:
    phone = "+14155552005"
    body = text_event("LOGIN", phone)
    services = [next(pair.turn) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads, httpx.Client(timeout=PROCESS_PATIENCE_S) as http:
        answers = list(threads.map(lambda service: service.post(http, body), services))
    assert answers == [200] * 20
    pair.code(phone)
    assert len(pair.telnyx.texts(phone)) == 1
    assert len(pair.find(phone)) == 1
