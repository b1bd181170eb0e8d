"""How many connections of one peer may wait without a complete head, over real sockets.

A test has no other address than loopback, so here loopback is counted like any peer.
"""

from typing import Any, ClassVar

import pytest
from starlette.types import Receive, Scope, Send

from tests.harness.asgi_server import loopback_socket, served
from tests.harness.eventually import run_what_is_due, until
from tests.harness.lifespan import lifespan
from tests.harness.raw_connection import raw_connections
from tests.harness.settings import PUBLIC_KEY, make_settings
from webhooks.app import create_app
from webhooks.http.client_ip import parse_networks
from webhooks.ops.connection import Connection
from webhooks.ops.incomplete import HEADS_PER_PEER

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


class Counted(Connection):
    exempt: ClassVar[tuple[()]] = ()


class App:
    """Answers 204. Its lifespan names the trusted proxies, as the service's does."""

    def __init__(self, *proxies: str) -> None:
        self._proxies = parse_networks(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["trusted_proxies"] = self._proxies
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        else:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("http", "proxies", "stay"),
    [
        (Counted, (), HEADS_PER_PEER),
        (Counted, ("127.0.0.0/8",), 100),
        (Connection, (), 100),
    ],
    ids=["a peer", "a trusted proxy", "loopback"],
)
async def test_64_connections_of_one_peer_wait_for_their_heads_but_any_number_of_a_proxy(
    http: Any, proxies: tuple[str, ...], stay: int
) -> None:
    with loopback_socket() as (bound, url):
        async with served(App(*proxies), bound, http=http, lifespan="on"):
            with raw_connections(url, 100) as waiting:
                await until(lambda: sum(one.is_closed() for one in waiting) == 100 - stay)
                await run_what_is_due()
                closed = [one.is_closed() for one in waiting]
                assert closed == [True] * (100 - stay) + [False] * stay  # the oldest went
                with raw_connections(url) as (asks,):
                    asks.sends(REQUEST)
                    await until(lambda: b" 204 " in asks.reads_for(0.001))


async def test_the_service_tells_its_server_which_proxies_it_trusts(sqlite_url: str) -> None:
    app = create_app(make_settings(sqlite_url, PUBLIC_KEY, trusted_proxies="10.0.0.0/8"))
    async with lifespan(app) as state:
        assert state["trusted_proxies"] == parse_networks(["10.0.0.0/8"])
