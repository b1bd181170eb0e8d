"""From which address a browser asks: the peer's, or what a trusted proxy says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.types import Scope

Network = IPv4Network | IPv6Network
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
_LONGEST_LIST = 2048


def networks(trusted: Iterable[str]) -> list[Network]:
    """`TRUSTED_PROXIES` as networks. Raises ValueError."""
    names: list[str] = []
    for name in trusted:
        names += _PRIVATE if name == "private" else [name]
    return [ip_network(name) for name in names]


def counted(address: str) -> str | None:
    """An address as it is counted: of IPv6 the /64, which is one household. None if it is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def client_address(scope: Scope, trusted: Sequence[Network]) -> str | None:
    """The nearest address that is no trusted proxy's, as it is counted."""
    peer = scope["client"][0] if scope.get("client") else ""
    if not _is_trusted(peer, trusted):
        return counted(peer)
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    forwarded = b",".join(lines)[-_LONGEST_LIST:].decode("latin-1")
    for hop in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_trusted(hop, trusted):
            return counted(hop) or counted(peer)
    return counted(peer)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
