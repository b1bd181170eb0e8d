"""The balance that the metrics show."""

from tests.harness.refusing_telnyx import refusing_telnyx
from tests.harness.sandbox_server import sandbox_server
from webhooks.telnyx.balance import Balance
from webhooks.telnyx.messages_api import Account


async def test_the_balance_is_what_can_be_spent() -> None:
    with sandbox_server() as server:
        balance = Balance(Account("key", server.base_url))
        await balance.read()
        await balance.stop()
    assert balance.amount == 100


async def test_a_balance_that_telnyx_does_not_tell_is_not_known() -> None:
    with refusing_telnyx(403, "10010") as base_url:
        balance = Balance(Account("key", base_url))
        balance.amount = 7.0
        await balance.read()
        await balance.stop()
    assert balance.amount is None
