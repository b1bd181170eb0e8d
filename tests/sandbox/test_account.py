"""The account behind the sandbox's messages, called by Telnyx's SDK."""

from datetime import UTC, datetime

import pytest
import telnyx

from tests.harness.running_sandbox import (
    NUMBER,
    PHONE,
    WEBHOOK_URL,
    RunningSandbox,
    running_sandbox,
)


async def profile_id(sandbox: RunningSandbox) -> str:
    (profile,) = (await sandbox.sdk.messaging_profiles.list()).data
    assert profile.id
    return profile.id


async def test_the_profile_has_the_number_and_the_webhook_url() -> None:
    async with running_sandbox() as sandbox:
        id = await profile_id(sandbox)
        profile = (await sandbox.sdk.messaging_profiles.retrieve(id)).data
        (number,) = (
            await sandbox.sdk.phone_numbers.messaging.list(filter_phone_number=NUMBER)
        ).data

        assert profile is not None
        assert (profile.webhook_url, profile.webhook_api_version) == (WEBHOOK_URL, "2")
        assert (number.phone_number, number.messaging_profile_id) == (NUMBER, id)


async def test_webhooks_go_where_the_profile_says() -> None:
    async with running_sandbox() as sandbox:
        id = await profile_id(sandbox)
        url = "https://login.example/webhooks/telnyx"
        await sandbox.sdk.messaging_profiles.update(id, webhook_url=url)
        await sandbox.text("LOGIN")

        assert (await sandbox.webhook()).url == url


async def test_a_list_knows_only_what_is_there() -> None:
    async with running_sandbox() as sandbox:
        sdk = sandbox.sdk
        others = await sdk.phone_numbers.messaging.list(filter_phone_number="+12025550100")
        named = await sdk.messaging_profiles.list(filter_name_eq="another")

        assert (others.data, named.data) == ([], [])


async def test_a_number_leaves_its_profile_and_returns() -> None:
    async with running_sandbox() as sandbox:
        messaging = sandbox.sdk.phone_numbers.messaging
        for profile in ("", await profile_id(sandbox)):
            await messaging.update(NUMBER, messaging_profile_id=profile)
            number = (await messaging.retrieve(NUMBER)).data

            assert number is not None
            assert (number.messaging_profile_id or "") == profile


async def test_an_autoresponse_is_kept() -> None:
    async with running_sandbox() as sandbox:
        configs = sandbox.sdk.messaging_profiles.autoresp_configs
        id = await profile_id(sandbox)
        await configs.create(id, country_code="*", keywords=["ARRET"], op="stop", resp_text="Fini.")
        (kept,) = (await configs.list(id)).data

        assert (kept.op, kept.keywords, kept.resp_text) == ("stop", ["ARRET"], "Fini.")


async def test_a_webhook_that_nobody_accepts_is_a_failed_delivery() -> None:
    async with running_sandbox(503, 503, 503) as sandbox:
        await sandbox.text("LOGIN")
        sent = [await sandbox.webhook() for _ in range(3)]
        deliveries = sandbox.sdk.webhook_deliveries
        failed = {"status": {"eq": "failed"}, "event_type": "message.received"}
        (delivery,) = (await deliveries.list(filter=failed)).data  # type: ignore[arg-type]  # the SDK's types are narrower

        assert delivery.webhook is not None
        assert delivery.webhook.id == sent[0].event["data"]["id"]
        assert delivery.webhook.payload == sent[0].payload
        assert len(delivery.attempts or ()) == 3


async def test_deliveries_are_found_by_status_and_time() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text("LOGIN")
        await sandbox.webhook()
        list_, now = sandbox.sdk.webhook_deliveries.list, sandbox.clock.now
        earlier, later = (
            datetime.fromtimestamp(now + seconds, UTC).isoformat() for seconds in (-1, 1)
        )

        assert len((await list_()).data) == 1
        assert (await list_(filter={"status": {"eq": "failed"}})).data == []
        assert len((await list_(filter={"started_at": {"gte": earlier}})).data) == 1
        assert (await list_(filter={"started_at": {"gte": later}})).data == []


async def test_a_stop_is_listed_until_start() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text("stop all")
        (opt_out,) = (await sandbox.sdk.messaging_optouts.list()).data
        assert (opt_out.from_, opt_out.to, opt_out.keyword) == (NUMBER, PHONE, "STOP ALL")
        assert opt_out.created_at == datetime.fromtimestamp(sandbox.clock.now, UTC)

        await sandbox.text("START")
        assert (await sandbox.sdk.messaging_optouts.list()).data == []


async def test_the_number_is_registered_and_the_account_has_money() -> None:
    async with running_sandbox() as sandbox:
        sdk = sandbox.sdk
        balance = (await sdk.balance.retrieve()).data
        assigned = await sdk.messaging_10dlc.phone_number_campaigns.retrieve(NUMBER)
        campaign = await sdk.messaging_10dlc.campaign.retrieve(assigned.campaign_id)
        toll_free = await sdk.messaging_tollfree.verification.requests.list(page=1, page_size=20)
        (limit,) = (await sdk.spend_limits.list()).data

        assert balance is not None
        assert float(balance.balance or 0) > 0
        assert (assigned.assignment_status, campaign.campaign_status) == (
            "ASSIGNED",
            "MNO_PROVISIONED",
        )
        assert toll_free.records == []
        assert limit.blocked is False


async def test_what_only_looks_into_the_account_is_not_logged() -> None:
    async with running_sandbox() as sandbox:
        id = await profile_id(sandbox)
        await sandbox.sdk.messaging_profiles.update(id, smart_encoding=False)
        log = (await sandbox.http.get("/sandbox/log")).json()["data"]

        assert [entry["method"] for entry in log] == ["PATCH"]


@pytest.mark.parametrize("path", ["/balances", "/messaging_profiles/other", "/10dlc/campaign/x"])
async def test_what_is_not_there_is_telnyxs_404(path: str) -> None:
    async with running_sandbox() as sandbox:
        with pytest.raises(telnyx.NotFoundError) as raised:
            await sandbox.sdk.get(path, cast_to=object)

        assert raised.value.body["errors"][0]["code"] == "10005"  # type: ignore[index]  # the body is an object


@pytest.mark.parametrize("members", [{"webhook_url": "nowhere"}, {"redaction_level": 9}])
async def test_a_change_that_makes_no_sense_is_refused(members: dict[str, object]) -> None:
    async with running_sandbox() as sandbox:
        id = await profile_id(sandbox)
        with pytest.raises(telnyx.BadRequestError):
            await sandbox.sdk.messaging_profiles.update(id, **members)  # type: ignore[arg-type]  # the SDK's types are narrower
