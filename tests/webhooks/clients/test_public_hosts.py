"""Callbacks reach only public https hosts, however a host is written or resolved."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import callback_service
from tests.harness.web_app import expect
from webhooks.clients.public_hosts import (
    NotPublic,
    PublicResolver,
    is_public,
    may_call,
    public_connector,
    public_socket,
)

#: Public addresses: checked, never connected to.
PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:4700:4700::1111"

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "5f00::1",
]  # fmt: skip
NO_ADDRESS = ["", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "1.2.3.4.5"]


def test_a_private_or_malformed_address_is_not_public() -> None:
    assert list(filter(is_public, PRIVATE + NO_ADDRESS)) == []


def test_a_global_address_is_public() -> None:
    addresses = [PUBLIC, PUBLIC_6, "8.8.8.8", "::ffff:8.8.8.8", "1.0.0.0"]
    assert list(filter(is_public, addresses)) == addresses


def test_a_url_without_a_public_host_is_not_called() -> None:
    hosts = [
        *(f"[{one.partition('%')[0]}]" if ":" in one else one for one in PRIVATE + NO_ADDRESS),
        "localhost.", "a.localhost", "a.localhost.", "printer.local", "db.internal", "db.internal.",
        "intranet", "127.0.0.1.", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "127.0.0.0x1", "1.2.3",
        "１27.0.0.1", "127.0.0.１", "user@app.example", "user:secret@app.example", "@app.example",
        "127.0.0.1\\@app.example", "[::1", "app.example:x", "app.example:99999", "[fe80::1%25eth0]",
    ]  # fmt: skip
    assert [host for host in hosts if may_call(f"https://{host}/hook")] == []


def test_a_url_that_is_not_https_is_not_called() -> None:
    urls = [
        "http://app.example/", "ftp://app.example/", "//app.example/", "app.example", "https:///x",
        "https:app.example", "javascript:alert(1)", "file:///etc/passwd", "", "https://",
    ]  # fmt: skip
    assert list(filter(may_call, urls)) == []


def test_a_public_https_url_may_be_called() -> None:
    hosts = [
        "app.example", "APP.example.", "app.example:8443", "localhost.example", "1.app.example",
        "xn--bcher-kva.example", "local.example", PUBLIC, f"[{PUBLIC_6}]",
    ]  # fmt: skip
    assert [host for host in hosts if not may_call(f"https://{host}/hook?x=1")] == []


class NameServer(AbstractResolver):
    """A name server that gives these answers in turn."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.queries: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.queries.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        pass


async def test_a_name_resolves_to_its_public_addresses_only() -> None:
    name_server = NameServer([PUBLIC, "127.0.0.1", PUBLIC_6, "::1", "::ffff:10.0.0.1"])
    found = await PublicResolver(name_server).resolve("app.example", 443)
    assert [one["host"] for one in found] == [PUBLIC, PUBLIC_6]


async def test_a_name_that_resolves_to_a_private_address_is_refused() -> None:
    resolver = PublicResolver(NameServer(*([address] for address in PRIVATE)))
    for _ in PRIVATE:
        with pytest.raises(NotPublic, match=r"app\.example"):
            await resolver.resolve("app.example", 443)


def test_no_socket_is_made_for_a_private_address() -> None:
    for address in PRIVATE + NO_ADDRESS:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(NotPublic):
            public_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))


def test_a_socket_for_a_public_address_is_made() -> None:
    for family, address in ((socket.AF_INET, PUBLIC), (socket.AF_INET6, PUBLIC_6)):
        info = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443))
        with public_socket(info) as made:
            assert (made.family, made.type) == (family, socket.SOCK_STREAM)


@asynccontextmanager
async def callback_session(name_server: AbstractResolver) -> AsyncIterator[aiohttp.ClientSession]:
    """A session as callbacks use it, with a name server of the test."""
    connector = public_connector(name_server, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as made:
        yield made


async def test_dns_rebinding_reaches_no_private_address() -> None:
    """Each connection resolves once, and the addresses of that answer are checked."""
    name_server = NameServer(["127.0.0.1"], ["::1"], [PUBLIC])
    async with callback_receiver() as receiver, callback_session(name_server) as http:
        for _ in range(2):
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.post(f"http://app.example:{receiver.port}/")
        assert name_server.queries == ["app.example"] * 2
        assert receiver.received == []


async def test_an_address_literal_reaches_no_private_address() -> None:
    """aiohttp resolves none of these; only its URL parser reads the last one as an address."""
    async with callback_receiver() as receiver, callback_session(NameServer()) as http:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "１27.0.0.1"):
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.post(f"http://{host}:{receiver.port}/")
        assert receiver.received == []


@pytest.mark.parametrize(
    "url",
    ["http://app.example/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/",
     "https://169.254.169.254/latest/meta-data", "https://2130706433/", "https://127.1/",
     "https://0x7f.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
     "https://[2002:7f00:1::]/", "https://user@app.example/", "https://10.0.0.1:8443/"],
)  # fmt: skip
async def test_a_callback_url_without_a_public_https_host_is_invalid(
    sqlite_url: str, url: str
) -> None:
    async with callback_service(sqlite_url, anywhere=False) as service:
        response = await service.shop().ask("POST", json={"method": "text", "callback_url": url})
        (error,) = expect(response, 422)["errors"]
        assert error["member"] == "callback_url"
        assert service.count("verifications") == 0


async def test_a_registered_url_that_is_not_public_is_not_called(sqlite_url: str) -> None:
    """It is http on loopback, which only the demo may call."""
    async with callback_service(sqlite_url, anywhere=False) as service:
        await service.open_and_cancel()
        await service.until_callbacks(
            "state = 'queued' AND tries = 1 AND answer = 'not a public https URL'"
        )
        assert service.receiver.received == []
