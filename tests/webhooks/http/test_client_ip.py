"""The limit of codes per IP address: a web app's `requester.ip`, or the browser's own address."""

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness.clock import HOUR_MS
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.service_process import service_process
from tests.harness.settings import SHOP
from tests.harness.telnyx_server import telnyx_server
from tests.harness.web_app import WebApp, expect

PROXY = "10.1.2.3"


def phones(count: int) -> Iterable[str]:
    return (f"+1415555{1000 + phone}" for phone in range(count))


async def sends(app: WebApp, phone: str, ip: str | None = None) -> httpx.Response:
    requester = {"requester": {"ip": ip}} if ip else {}
    return await app.ask("POST", json={"method": "sms", "phone_number": phone, **requester})


async def test_codes_are_counted_by_the_address_that_a_web_app_names(database_url: str) -> None:
    async with running_service(database_url, codes_per_ip_hour=2) as service:
        shop, (first, second, third) = service.web_app(), phones(3)
        expect(await sends(shop, first, "203.0.113.9"), 201)
        service.clock.advance(1000)
        expect(await sends(shop, second, "203.0.113.9"), 201)
        refused = await sends(shop, third, "203.0.113.9")
        assert expect(refused, 429)["limit"] == "codes_per_ip_hour"
        assert refused.json()["retry_after"] == 3599
        assert refused.headers["retry-after"] == "3599"
        expect(await sends(shop, third, "203.0.113.10"), 201)

        service.clock.advance(HOUR_MS - 1001)
        expect(await sends(shop, third, "203.0.113.9"), 429)
        service.clock.advance(1)
        expect(await sends(shop, third, "203.0.113.9"), 201)


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:ff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:100::1", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
    ],
)
async def test_ipv6_addresses_are_counted_by_their_56_bit_prefix(
    sqlite_url: str, first: str, second: str, are_one: bool
) -> None:
    async with running_service(sqlite_url, codes_per_ip_hour=1) as service:
        shop, (one, other) = service.web_app(), phones(2)
        expect(await sends(shop, one, first), 201)
        expect(await sends(shop, other, second), 429 if are_one else 201)


async def test_the_address_of_a_web_apps_server_is_not_counted(database_url: str) -> None:
    async with running_service(database_url, codes_per_ip_hour=1, resend_cooldown=0) as service:
        shop = service.web_app()
        for phone in phones(3):
            opened = expect(await sends(shop, phone), 201)
            expect(await shop.resend(opened["id"]), 200)
        assert service.count("addresses") == 0


async def test_a_refused_code_is_not_counted_for_its_address(database_url: str) -> None:
    async with running_service(database_url, codes_per_ip_hour=2) as service:
        shop, (other,) = service.web_app(), phones(1)
        expect(await sends(shop, PHONE, "203.0.113.9"), 201)
        for _ in range(3):
            refused = expect(await sends(shop, PHONE, "203.0.113.9"), 429)
            assert refused["limit"] == "resend_cooldown"
        failed = expect(await sends(shop, "+4915112345678", "203.0.113.9"), 201)
        assert failed["reason"] == "region_not_allowed"
        expect(await sends(shop, other, "203.0.113.9"), 201)
        expect(await sends(shop, "+14155551009", "203.0.113.9"), 429)


async def resend(
    service: RunningService, peer: str, opened: dict[str, Any], forwarded: Iterable[str] = ()
) -> httpx.Response:
    """A resend by the holder of the poll token, from this address."""
    headers = [("Authorization", f"Bearer {opened['poll_token']}")]
    headers += [("X-Forwarded-For", value) for value in forwarded]
    transport = httpx.ASGITransport(service.app, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
        return await http.post(f"/v1/verifications/{opened['id']}/resend", headers=headers)


async def opened_by(service: RunningService, count: int) -> list[dict[str, Any]]:
    shop = service.web_app()
    return [expect(await sends(shop, phone), 201) for phone in phones(count)]


async def test_a_browsers_address_is_counted_when_it_asks_for_another_code(
    database_url: str,
) -> None:
    async with running_service(database_url, codes_per_ip_hour=2, resend_cooldown=0) as service:
        one, two, three = await opened_by(service, 3)
        expect(await resend(service, "203.0.113.9", one), 200)
        expect(await resend(service, "203.0.113.9", two), 200)
        refused = await resend(
            service, "203.0.113.9", three, ["198.51.100.7"]
        )  # no proxy is trusted
        assert expect(refused, 429)["limit"] == "codes_per_ip_hour"
        expect(await resend(service, "203.0.113.10", three), 200)
        expect(await service.web_app().resend(three["id"]), 200)


@pytest.mark.parametrize("trusted", ["private", "10.0.0.0/8"])
async def test_the_address_forwarded_by_a_trusted_proxy_is_counted(
    sqlite_url: str, trusted: str
) -> None:
    changes: dict[str, Any] = {
        "trusted_proxies": (trusted,),
        "codes_per_ip_hour": 1,
        "resend_cooldown": 0,
    }
    async with running_service(sqlite_url, **changes) as service:
        one, two, three = await opened_by(service, 3)
        expect(await resend(service, PROXY, one, ["203.0.113.9"]), 200)
        expect(await resend(service, PROXY, two, ["203.0.113.9"]), 429)
        expect(await resend(service, PROXY, two, ["203.0.113.9, 203.0.113.10, 10.9.9.9"]), 200)
        expect(await resend(service, "198.51.100.7", three, ["203.0.113.11"]), 200)
        assert service.rows("SELECT address FROM addresses ORDER BY address") == [
            ("198.51.100.7",),
            ("203.0.113.10",),
            ("203.0.113.9",),
        ]


async def test_a_browser_behind_a_proxy_cannot_choose_its_address(sqlite_url: str) -> None:
    """The proxy appends the address that it sees, to the header or as a header of its own."""
    changes: dict[str, Any] = {
        "trusted_proxies": ("private",),
        "codes_per_ip_hour": 1,
        "resend_cooldown": 0,
    }
    async with running_service(sqlite_url, **changes) as service:
        one, two, three = await opened_by(service, 3)
        expect(await resend(service, PROXY, one, ["192.0.2.1, 203.0.113.9"]), 200)
        expect(await resend(service, PROXY, two, ["192.0.2.2, 203.0.113.9"]), 429)
        expect(await resend(service, PROXY, three, ["192.0.2.3", "203.0.113.9"]), 429)


async def test_without_a_usable_forwarded_address_the_proxy_is_counted(sqlite_url: str) -> None:
    changes: dict[str, Any] = {
        "trusted_proxies": ("private",),
        "codes_per_ip_hour": 1,
        "resend_cooldown": 0,
    }
    async with running_service(sqlite_url, **changes) as service:
        one, two, three = await opened_by(service, 3)
        expect(await resend(service, PROXY, one, ["unknown"]), 200)
        expect(await resend(service, PROXY, two), 429)
        expect(await resend(service, PROXY, three, ["10.0.0.1, 10.0.0.2"]), 429)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9:5678", "203.0.113.9"),
        ("[2001:db8:1:2::1]:80", "2001:db8:1::/56"),
        ("[2001:db8:1:2::1]", "2001:db8:1::/56"),
        ("2001:db8:1:2::1", "2001:db8:1::/56"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, unknown, , 10.0.0.1:80", "203.0.113.9"),
        ('203.0.113.9, 999.1.1.1, :::, [::, "', "203.0.113.9"),
        ("x" * 10_000 + ", 203.0.113.9", "203.0.113.9"),
    ],
)
@pytest.mark.parametrize("proxy", [PROXY, f"::ffff:{PROXY}"])
async def test_ports_and_nonsense_in_the_header_do_not_matter(
    sqlite_url: str, proxy: str, forwarded: str, address: str
) -> None:
    changes: dict[str, Any] = {"trusted_proxies": ("private",), "resend_cooldown": 0}
    async with running_service(sqlite_url, **changes) as service:
        (one,) = await opened_by(service, 1)
        expect(await resend(service, proxy, one, [forwarded]), 200)
        assert service.rows("SELECT address FROM addresses") == [(address,)]


@pytest.mark.parametrize(
    "peer", [PROXY, "127.0.0.1", "::1", "fd00::1", "169.254.1.1", "100.64.0.1", ""]
)
async def test_no_address_counts_behind_a_proxy_that_is_not_trusted(
    sqlite_url: str, peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Else everybody behind it would share one limit. The log says it once."""
    changes: dict[str, Any] = {"codes_per_ip_hour": 1, "resend_cooldown": 0}
    async with running_service(sqlite_url, **changes) as service:
        logging.getLogger("textlogin").propagate = True
        logging.getLogger("textlogin").setLevel("WARNING")
        for one in await opened_by(service, 3):
            expect(await resend(service, peer, one, ["203.0.113.9"]), 200)
        assert service.count("addresses") == 0
    assert sum("TRUSTED_PROXIES" in line for line in caplog.messages) == 1


async def test_a_private_peer_without_the_header_counts_itself(sqlite_url: str) -> None:
    changes: dict[str, Any] = {"codes_per_ip_hour": 1, "resend_cooldown": 0}
    async with running_service(sqlite_url, **changes) as service:
        one, two = await opened_by(service, 2)
        expect(await resend(service, PROXY, one), 200)
        expect(await resend(service, PROXY, two), 429)


@pytest.mark.parametrize(("trusted", "counted"), [("", []), ("127.0.0.1/32", [("203.0.113.9",)])])
def test_under_plain_uvicorn_a_forged_header_names_no_address(
    sqlite_url: str, tmp_path: Path, trusted: str, counted: list[tuple[str]]
) -> None:
    """uvicorn believes the header from loopback, unless it is told --no-proxy-headers."""
    headers = {"Authorization": f"Bearer {SHOP}"}
    forged = {"X-Forwarded-For": "192.0.2.1:4711, 203.0.113.9, 127.0.0.1"}
    with (
        telnyx_server() as telnyx,
        service_process(
            tmp_path,
            sqlite_url,
            telnyx,
            factory="webhooks.app:create_app",
            TRUSTED_PROXIES=trusted,
            RESEND_COOLDOWN="0",
        ) as plain,
        httpx.Client(base_url=plain.url, timeout=60) as http,
    ):
        wanted = {"method": "sms", "phone_number": PHONE}
        opened = http.post("/v1/verifications", json=wanted, headers=headers).json()
        token = {"Authorization": f"Bearer {opened['poll_token']}"}
        path = f"/v1/verifications/{opened['id']}/resend"
        assert http.post(path, headers=token | forged).status_code == 200
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        assert database.execute("SELECT address FROM addresses").fetchall() == counted
