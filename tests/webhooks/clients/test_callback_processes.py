"""Callbacks across restarts and between processes."""

import asyncio

from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import register, service_calling
from tests.harness.clock import Clock


async def test_callbacks_survive_a_restart(database_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(database_url, receiver)
        port = receiver.port
        await receiver.close()
        async with service_calling(database_url, receiver, clock=clock) as service:
            ended = await service.open_and_cancel()
            await service.until_callbacks("tries = 1")
        clock.advance(10_000)
        receiver.port = port
        await receiver.open()
        async with service_calling(database_url, receiver, clock=clock) as service:
            await service.until_callbacks("tries > 1")
            if not receiver.received:  # it was due before the web apps were read
                await service.sweep_when_due()
            got = await receiver.next()
            assert got.event["data"] == ended
            assert got.headers["webhook-signature"] == receiver.signature(got)
            await service.until_callbacks("state = 'delivered'")
    assert len(receiver.received) == 1


async def test_a_stop_waits_for_the_callback_under_way(sqlite_url: str) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        receiver.answers.clear()
        async with service_calling(sqlite_url, receiver) as service:
            await service.open_and_cancel()
            await receiver.next()
            asyncio.get_running_loop().call_later(0.1, receiver.answers.set)
        async with service_calling(sqlite_url, receiver) as service:
            assert service.count("callbacks", "state = 'delivered'") == 1
    assert len(receiver.received) == 1


async def test_two_processes_send_each_callback_once(postgresql_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        async with (
            service_calling(postgresql_url, receiver, clock=clock) as one,
            service_calling(postgresql_url, receiver, clock=clock) as another,
        ):
            for service in (one, another) * 10:
                await service.open_and_cancel()
            sweeps = [service.sweep_callbacks() for service in (one, another) * 10]
            await asyncio.gather(*sweeps)
            await one.until_callbacks("state = 'delivered' AND tries = 1", 20)
    assert len({got.id for got in receiver.received}) == len(receiver.received) == 20


async def test_another_process_sends_what_a_dead_one_had_leased(postgresql_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        receiver.answers.clear()
        async with service_calling(postgresql_url, receiver, clock=clock) as one:
            await one.open_and_cancel()
            first = await receiver.next()  # and it never reports
            one.stop_sweeping()  # or it would lease the callback again
            async with service_calling(postgresql_url, receiver, clock=clock) as another:
                await another.sweep_callbacks()
                assert receiver.unread == 0
                clock.advance(20_000)
                await another.sweep_callbacks()
                second = await receiver.next()
                receiver.answers.set()
                await another.until_callbacks("state = 'delivered'")
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_callback_of_a_web_app_not_yet_loaded_is_retried(
    postgresql_url: str,
) -> None:
    """Another process has read its registration before this one."""
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        receiver.status = 500
        async with service_calling(postgresql_url, receiver, clock=clock) as service:
            await service.open_and_cancel()
            await service.until_callbacks("tries = 1")
            registered = await service.reader.clients()
            service.clients.update([])
            await service.sweep_when_due()
            await service.until_callbacks("state = 'queued' AND tries = 2")
            service.clients.update(registered)
            receiver.status = 200
            await service.sweep_when_due()
            await service.until_callbacks("state = 'delivered'")
            assert service.count("endpoints") == 0
