"""The client's IP address, also behind trusted proxies, and its key for rate limits."""

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
#: Only the last bytes of `X-Forwarded-For` are read: a client can write anything before them.
_FORWARDED_BYTES = 2048


def parse_networks(names: Iterable[str]) -> list[Network]:
    """CIDRs as networks; `private` stands for the private ranges. Raises ValueError."""
    cidrs: list[str] = []
    for name in names:
        cidrs += _PRIVATE if name == "private" else [name]
    return [ip_network(cidr) for cidr in cidrs]


def client_ip(scope: Scope, trusted: Sequence[Network]) -> str:
    """The nearest address that is not a trusted proxy's; the peer's if there is none.

    `X-Forwarded-For` counts only where the peer is a trusted proxy.
    """
    peer: str = scope["client"][0] if scope.get("client") else ""
    if not _is_trusted(peer, trusted):
        return peer
    for hop in reversed(_forwarded(scope)):
        if not _is_trusted(hop, trusted):
            return hop if _parse(hop) else peer
    return peer


def rate_limit_key(ip: str) -> str | None:
    """The address itself for IPv4, its /64 network for IPv6; None if `ip` is not an address."""
    parsed = _parse(ip)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return None if parsed is None else str(parsed)


def _forwarded(scope: Scope) -> list[str]:
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    value = b",".join(lines)[-_FORWARDED_BYTES:].decode("latin-1")
    return [part.strip() for part in value.split(",")]


def _is_trusted(ip: str, trusted: Sequence[Network]) -> bool:
    parsed = _parse(ip)
    return parsed is not None and any(parsed in network for network in trusted)


def _parse(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(ip)
    except ValueError:
        return None
