"""Restricts callbacks to public hosts (against server-side request forgery).

Addresses are checked when aiohttp resolves a name, and again when it opens a socket. So a name
whose address changes in between (DNS rebinding) and unusual spellings of an address are caught.
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

#: IPv6 global unicast. NAT64, site-local and IPv4-compatible addresses lie outside.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: 6to4 and Teredo: they embed an IPv4 address, which may be private.
_EMBEDDING_IPV4 = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


class NotPublic(OSError):
    """The host has no public address."""


def is_public(address: str) -> bool:
    """Whether the address is reachable from the whole internet."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return is_public(str(parsed.ipv4_mapped))
        if parsed not in _GLOBAL_UNICAST or any(parsed in one for one in _EMBEDDING_IPV4):
            return False
    return parsed.is_global and not parsed.is_multicast


def may_call(url: str) -> bool:
    """Whether `url` is https and its host may be public. Names are resolved and checked later."""
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
    """Whether a name could be public. No top-level domain starts with a digit, so `127.1` is an
    address in an unusual spelling."""
    top = name.rpartition(".")[2]
    return (
        "." in name
        and not top[:1].isdigit()
        and not name.endswith((".localhost", ".local", ".internal"))
    )


def public_socket(info: AddrInfoType) -> socket.socket:
    """A socket for aiohttp to connect to one address. Raises NotPublic."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise NotPublic(f"{address[0]} is not public")
    return socket.socket(family, kind, protocol)


def public_connector(resolver: AbstractResolver | None = None, **limits: Any) -> TCPConnector:
    """An aiohttp connector that reaches public hosts only; tests pass a `resolver`."""
    return TCPConnector(resolver=PublicResolver(resolver), socket_factory=public_socket, **limits)


class PublicResolver(AbstractResolver):
    """Resolves names to their public addresses."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's public addresses. Raises NotPublic if there are none."""
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NotPublic(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Close the wrapped resolver."""
        await self._resolver.close()
