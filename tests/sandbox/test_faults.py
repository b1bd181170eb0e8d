"""What goes wrong on purpose: lost and repeated webhooks, an API that is down."""

from typing import Any

import pytest
from telnyx import InternalServerError

from tests.harness.eventually import until
from tests.harness.running_sandbox import NUMBER, PHONE, RunningSandbox, running_sandbox

_NONE = {"next_webhook": None, "telnyx": "up"}


async def break_it(sandbox: RunningSandbox, **faults: str | None) -> dict[str, Any]:
    response = await sandbox.http.post("/sandbox/faults", json=faults)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


async def reading(sandbox: RunningSandbox) -> dict[str, Any]:
    answer: dict[str, Any] = (await sandbox.http.get("/sandbox/faults")).json()
    return answer


async def test_at_first_nothing_is_broken() -> None:
    async with running_sandbox() as sandbox:
        assert await reading(sandbox) == _NONE


async def test_a_dropped_webhook_is_logged_but_never_posted_and_the_next_one_is() -> None:
    async with running_sandbox() as sandbox:
        assert await break_it(sandbox, next_webhook="drop") == _NONE | {"next_webhook": "drop"}
        await sandbox.text("lost")
        await sandbox.text("kept")
        assert (await sandbox.webhook()).payload["text"] == "kept"
        assert await reading(sandbox) == _NONE
        log = sandbox.sandbox.log
        await until(lambda: len(log.after(0)["data"]) == 2)
        lost, _ = log.after(0)["data"]
        assert lost["summary"] == f"{PHONE} texts 'lost', attempt 1: no answer (lost on purpose)"
        assert lost["answer"] == {"error": "lost on purpose"}
        assert not sandbox.has_unread_webhooks


async def test_a_duplicated_webhook_is_posted_again_with_the_same_id_once_it_was_accepted() -> None:
    async with running_sandbox(503) as sandbox:
        await break_it(sandbox, next_webhook="duplicate")
        await sandbox.text("LOGIN")
        webhooks = [await sandbox.webhook() for _ in range(3)]
        await sandbox.text("next")
        assert (await sandbox.webhook()).payload["text"] == "next"
        assert len({webhook.event["data"]["id"] for webhook in webhooks}) == 1
        assert [webhook.event["meta"]["attempt"] for webhook in webhooks] == [1, 2, 3]
        for webhook in webhooks:
            webhook.verify(sandbox.sandbox.public_key)


async def test_a_fault_of_the_next_webhook_can_be_taken_back() -> None:
    async with running_sandbox() as sandbox:
        await break_it(sandbox, next_webhook="drop")
        assert await break_it(sandbox, next_webhook=None) == _NONE
        await sandbox.text("LOGIN")
        assert (await sandbox.webhook()).payload["text"] == "LOGIN"


async def test_while_telnyx_is_down_it_answers_500_and_texts_from_phones_still_arrive() -> None:
    async with running_sandbox() as sandbox:
        assert await break_it(sandbox, telnyx="down") == _NONE | {"telnyx": "down"}
        with pytest.raises(InternalServerError):
            await sandbox.sdk.messages.send(from_=NUMBER, to=PHONE, text="Hello")
        with pytest.raises(InternalServerError):
            await sandbox.sdk.messages.retrieve("x")
        await sandbox.text("LOGIN")
        assert (await sandbox.webhook()).payload["text"] == "LOGIN"
        assert await break_it(sandbox, telnyx="up") == _NONE
        assert (await sandbox.send()).status_code == 200


async def test_faults_that_are_not_named_stay_as_they_are() -> None:
    async with running_sandbox() as sandbox:
        await break_it(sandbox, telnyx="down")
        changed = await break_it(sandbox, next_webhook="duplicate")
        assert changed == {"next_webhook": "duplicate", "telnyx": "down"}


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, ""),
        ([], ""),
        ({"next_webhook": "delay"}, "next_webhook"),
        ({"next_webhook": ["drop"]}, "next_webhook"),
        ({"telnyx": None}, "telnyx"),
        ({"telnyx": "down", "database": "down"}, "database"),
    ],
)
async def test_a_fault_that_there_is_not_is_refused_and_changes_nothing(
    body: Any, member: str
) -> None:
    async with running_sandbox() as sandbox:
        refused = await sandbox.http.post("/sandbox/faults", json=body)
        assert refused.status_code == 422
        assert [error["member"] for error in refused.json()["errors"]] == [member]
        assert await reading(sandbox) == _NONE
