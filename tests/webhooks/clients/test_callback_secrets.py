"""The secrets that sign callbacks."""

from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from bot.codes import Secrets
from storage.clients import ClientStore
from storage.database import Database
from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import KEY, register, service_calling
from tests.harness.clock import Clock
from tests.harness.settings import SECRET_KEY
from webhooks.clients.callback_secrets import CallbackSecrets, new_secret
from webhooks.clients.signing import sign


@pytest.mark.parametrize("keys", [("new " * 10, SECRET_KEY), (SECRET_KEY, "old " * 10)])
async def test_secrets_are_stored_encrypted_and_survive_a_key_rotation(
    sqlite_url: str, keys: tuple[str, str]
) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        secrets: dict[str, Any] = {"secret_key": tuple(SecretStr(key) for key in keys)}
        async with service_calling(sqlite_url, receiver, **secrets) as service:
            await service.open_and_cancel()
            receiver.verify(await receiver.next())
            ((stored, key),) = service.rows("SELECT callback_secret, key FROM clients")
            assert receiver.secret not in stored
            assert KEY not in key


async def test_during_a_rotation_both_secrets_sign(sqlite_url: str) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        secret = new_secret()
        sealed = CallbackSecrets(Secrets([SECRET_KEY])).seal(secret)
        ClientStore(Database(sqlite_url)).rotate_secret("app", sealed)
        async with service_calling(sqlite_url, receiver) as service:
            await service.open_and_cancel()
            got = await receiver.next()
        receiver.verify(got)
        Webhook(secret).verify(got.body, got.headers)
        assert got.headers["webhook-signature"].count("v1,") == 2


async def test_a_secret_whose_key_is_missing_signs_nothing_until_the_key_is_back(
    sqlite_url: str,
) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        gone: dict[str, Any] = {"secret_key": (SecretStr("new " * 10),)}
        async with service_calling(sqlite_url, receiver, clock=clock, **gone) as service:
            await service.open_and_cancel()
            await service.until_callbacks("state = 'queued' AND tries = 1")
            assert receiver.received == []
        clock.advance(6_000)
        async with service_calling(sqlite_url, receiver, clock=clock) as service:
            got = await receiver.next()
            assert got.headers["webhook-signature"] == receiver.signature(got)


def test_the_standards_example_gets_the_same_signature() -> None:
    """The vector of the Standard Webhooks specification's libraries."""
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
