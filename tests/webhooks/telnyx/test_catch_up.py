"""What Telnyx could not deliver is caught up on: missed texts and opt-outs."""

import asyncio
import logging

import pytest

from storage.errors import Unavailable
from tests.harness.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.harness.eventually import until
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import NUMBER
from webhooks.telnyx.catch_up import CatchUp, CaughtUp
from webhooks.telnyx.messages_api import ApiError

OTHER_PHONE = "+12025550188"


async def lose(service: RunningService, *texts: str, phone: str = PHONE) -> None:
    """The phone texts; Telnyx gives the webhooks up."""
    for text in texts:
        faults = {"next_webhook": "drop"}
        await service.sandbox_http.post("/faults", json=faults)
        body = {"from": phone, "text": text}
        assert (await service.sandbox_http.post("/texts", json=body)).status_code == 202
    deliveries = service.sandbox._deliveries
    await until(lambda: len(deliveries.matching({"filter[status][eq]": "failed"})) >= len(texts))


def catch_up(service: RunningService) -> CatchUp:
    return service.parts.catch_up


async def texts_to(service: RunningService, phone: str = PHONE) -> list[str]:
    await service.idle()
    answer = await service.sandbox_http.get("/messages", params={"phone_number": phone})
    return [one["text"] for one in answer.json()["data"]]


async def test_a_missed_login_gets_its_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "LOGIN")
        assert await texts_to(service) == []

        assert await catch_up(service).once() == CaughtUp(texts=1, opt_outs=0)
        (text,) = await texts_to(service)
        assert "is your code" in text


async def test_a_second_run_finds_nothing_new(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "LOGIN")
        await catch_up(service).once()
        # Longer than a phone remembers its texts.
        service.clock.advance(20 * MINUTE_MS)

        assert await catch_up(service).once() == CaughtUp(0, 0)
        assert len(await texts_to(service)) == 1


async def test_a_login_older_than_a_code_lives_gets_no_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "LOGIN")
        service.clock.advance(301 * SECOND_MS)
        await catch_up(service).once()

        assert await texts_to(service) == []
        assert service.count("verifications") == 0


async def test_a_payload_without_its_time_is_as_old_as_its_event(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "LOGIN")
        (delivery,) = service.sandbox._deliveries.matching({})
        del delivery["webhook"]["payload"]["received_at"]
        service.clock.advance(301 * SECOND_MS)
        await catch_up(service).once()

        assert service.count("verifications") == 0


async def test_a_missed_stop_counts_however_old_it_is(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "STOP")
        service.clock.advance(20 * HOUR_MS)
        await catch_up(service).once()

        assert service.count("conversations", "opted_out_at IS NOT NULL") == 1


async def test_a_missed_start_counts_however_old_it_is(database_url: str) -> None:
    async with running_service(database_url) as service:
        await service.text(PHONE, "STOP")
        service.clock.advance(SECOND_MS)
        await lose(service, "START")
        service.clock.advance(20 * HOUR_MS)
        await catch_up(service).once()

        assert service.count("conversations", "opted_out_at IS NULL") == 1


async def test_an_opt_out_that_only_telnyx_knows_is_recorded_at_its_time(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "STOP")
        service.sandbox._deliveries._kept.clear()
        stopped_at = service.clock.now
        service.clock.advance(HOUR_MS)

        assert await catch_up(service).once() == CaughtUp(texts=0, opt_outs=1)
        assert service.count("conversations", f"opted_out_at = {stopped_at}") == 1


async def test_an_opt_out_before_a_start_changes_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "STOP")
        service.clock.advance(SECOND_MS)
        await service.text(PHONE, "START")
        opted_out = {
            "from": NUMBER,
            "to": PHONE,
            "created_at": "2027-01-15T08:00:00.000Z",
            "keyword": "STOP",
            "messaging_profile_id": None,
        }
        service.sandbox._telnyx.opt_outs = lambda: [opted_out]  # type: ignore[method-assign]  # that is the fault

        assert (await catch_up(service).once()).opt_outs == 0
        assert service.count("conversations", "opted_out_at IS NULL") == 1


async def test_a_known_opt_out_does_not_end_what_was_opened_later(database_url: str) -> None:
    async with running_service(database_url) as service:
        await service.text(PHONE, "STOP")
        await service.idle()

        assert await catch_up(service).once() == CaughtUp(0, 0)


async def test_texts_of_several_phones_are_carried_out_in_the_order_of_their_time(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        await lose(service, "STOP")
        service.clock.advance(SECOND_MS)
        await lose(service, "START")
        await lose(service, "LOGIN", phone=OTHER_PHONE)

        assert (await catch_up(service).once()).texts == 3
        assert service.count("conversations", "opted_out_at IS NULL") == 1
        assert len(await texts_to(service, OTHER_PHONE)) == 1


async def test_a_refused_call_is_an_error_that_names_the_call(
    sqlite_url: str,
) -> None:
    async with running_service(sqlite_url) as service:
        await service.sandbox_http.post("/faults", json={"telnyx": "down"})

        with pytest.raises(ApiError, match=r"^Telnyx refused GET /webhook_deliveries: HTTP 500"):
            await catch_up(service).once()


# -- by itself -------------------------------------------------------------------------------------


async def test_the_service_catches_up_at_its_start(database_url: str) -> None:
    async with running_service(database_url) as service:
        await lose(service, "LOGIN")
        catch_up(service).start()
        await until(lambda: service.count("verifications") == 1)


async def test_one_of_several_processes_catches_up(postgresql_url: str) -> None:
    async with running_service(postgresql_url) as one, running_service(postgresql_url) as other:
        mine = [await catch_up(service)._is_mine(300) for service in (one, other)]
        assert mine == [True, False]
        for service in (one, other):
            service.clock.advance(300 * SECOND_MS)

        mine = [await catch_up(service)._is_mine(300) for service in (other, one)]
        assert mine == [True, False]


async def test_a_failure_is_one_line_and_so_is_its_end(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_service(sqlite_url) as service:
        logging.getLogger("textlogin").propagate = True
        caplog.set_level(logging.WARNING, "textlogin.catch_up")
        service.telnyx.failure = OSError("unreachable")
        for _ in range(3):
            await catch_up(service)._if_mine(300, HOUR_MS)
        service.telnyx.failure = None
        for _ in range(3):
            await catch_up(service)._if_mine(300, HOUR_MS)

        lines = [one.getMessage() for one in caplog.records if one.name == "textlogin.catch_up"]
        assert len(lines) == 2
        assert lines[0].startswith("Cannot catch up with Telnyx, will try again: ")
        assert lines[1] == "Catching up with Telnyx works again"


async def test_a_lost_database_does_not_end_it(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        await lose(service, "LOGIN")

        async def fails(ids: list[str]) -> frozenset[str]:
            raise Unavailable("no database")

        works = service.parts.reader.known_events
        service.parts.reader.known_events = fails  # type: ignore[method-assign]  # that is the fault
        await catch_up(service)._if_mine(300, HOUR_MS)
        assert service.count("verifications") == 0

        service.parts.reader.known_events = works  # type: ignore[method-assign]  # that is the fault
        await catch_up(service)._if_mine(300, HOUR_MS)
        assert service.count("verifications") == 1


async def test_it_ends_at_once(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        catch_up(service).start()
        async with asyncio.timeout(30):
            await catch_up(service).stop()
