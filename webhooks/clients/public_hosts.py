"""Which hosts a callback may reach: public ones alone, judged by the address that is connected to.

A name is checked where aiohttp resolves it, and every address once more where its socket is made:
a name that changes its address, or a host that only libraries read as one, gains nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from aiohappyeyeballs import AddrInfoType
from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

#: All that is routed of IPv6 (which NAT64, site-local and IPv4-compatible addresses are not), and
#: what of it carries an IPv4 address, which may be private: 6to4, Teredo.
_ROUTED = IPv6Network("2000::/3")
_CARRIERS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


class NotPublic(OSError):
    """The host has no public address."""


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach this address."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return is_public(str(parsed.ipv4_mapped))
        if parsed not in _ROUTED or any(parsed in carrier for carrier in _CARRIERS):
            return False
    return parsed.is_global and not parsed.is_multicast


def may_call(url: str) -> bool:
    """https, and no address that is private as it stands; names are judged when connecting."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not host or parts.username is not None:
        return False
    try:
        ip_address(host)
    except ValueError:
        return _may_be_public(host.removesuffix("."))
    return is_public(host)


def _may_be_public(name: str) -> bool:
    """No top-level domain begins with a digit: what does is an address in disguise, as 127.1."""
    top = name.rpartition(".")[2]
    return (
        "." in name
        and not top[:1].isdigit()
        and not name.endswith((".localhost", ".local", ".internal"))
    )


def public_socket(info: AddrInfoType) -> socket.socket:
    """aiohttp's socket for one address. Raises NotPublic."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise NotPublic(f"{address[0]} is not public")
    return socket.socket(family, kind, protocol)


def public_connector(resolver: AbstractResolver | None = None, **limits: Any) -> TCPConnector:
    """aiohttp's way to public hosts alone; `resolver` instead of the system's."""
    return TCPConnector(resolver=PublicResolver(resolver), socket_factory=public_socket, **limits)


class PublicResolver(AbstractResolver):
    """Resolves to public addresses, or not at all."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises NotPublic."""
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NotPublic(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Nothing is held."""
        await self._resolver.close()
