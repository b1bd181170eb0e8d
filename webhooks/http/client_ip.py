"""The client's IP address, also behind trusted proxies, and its key for rate limits."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.requests import Request

log = logging.getLogger("textlogin.http")

Network = IPv4Network | IPv6Network
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
#: Link-local addresses and those that providers share: nobody on the internet has them either.
_ALSO_NEAR = ("169.254.0.0/16", "fe80::/10", "100.64.0.0/10")
#: Only the last bytes of `X-Forwarded-For` are read: a client can write anything before them.
_FORWARDED_BYTES = 2048
#: What a provider gives to one customer: who has it can use any address in it.
_IPV6_PREFIX = 56


def parse_networks(names: Iterable[str]) -> list[Network]:
    """CIDRs as networks; `private` stands for the private ranges. Raises ValueError."""
    cidrs: list[str] = []
    for name in names:
        cidrs += _PRIVATE if name == "private" else [name]
    return [ip_network(cidr) for cidr in cidrs]


def is_in(ip: str, networks: Iterable[Network]) -> bool:
    """Whether it is an address in one of the networks."""
    parsed = _parse(ip)
    return parsed is not None and any(parsed in network for network in networks)


def rate_limit_key(ip: str) -> str | None:
    """The address itself for IPv4, its /56 network for IPv6; None if `ip` is not an address."""
    parsed = _parse(ip)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return None if parsed is None else str(parsed)


_NEAR = parse_networks((*_PRIVATE, *_ALSO_NEAR))


class ClientAddresses:
    """Tells what a request counts for in rate limits by address."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted
        self._has_warned = False

    def key(self, request: Request) -> str | None:
        """The client's `rate_limit_key`. None where no address counts: a proxy that is not
        trusted seems to stand before this service, and everybody would share its address."""
        ip = self._ip(_peer(request), request)
        return None if ip is None else rate_limit_key(ip)

    def _ip(self, peer: str, request: Request) -> str | None:
        """The nearest address that is no trusted proxy's; the peer's if there is none."""
        forwarded = request.headers.getlist("x-forwarded-for")
        if is_in(peer, self._trusted):
            hops = [hop for hop in _hops(forwarded) if not is_in(hop, self._trusted)]
            return hops[-1] if hops else peer
        if forwarded and (not _parse(peer) or is_in(peer, _NEAR)):
            self._warn(peer)
            return None
        return peer

    def _warn(self, peer: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "%s sends X-Forwarded-For but is not in TRUSTED_PROXIES: no address is counted for "
                "such requests. If it is your proxy, add it to TRUSTED_PROXIES",
                peer or "The proxy",
            )


def _peer(request: Request) -> str:
    """The address at the other end of the connection, "" if it has none. uvicorn's
    `--proxy-headers` puts another one into the scope; the transport still has this one."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is not None:
        name = transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""
    return request.client.host if request.client else ""


def _hops(lines: Sequence[str]) -> list[str]:
    """The addresses in `X-Forwarded-For`, without ports; what is no address is left out."""
    parts = ",".join(lines)[-_FORWARDED_BYTES:].split(",")
    return [hop for part in parts if _parse(hop := _without_port(part.strip()))]


def _without_port(hop: str) -> str:
    """`203.0.113.9:5678` → `203.0.113.9`, `[2001:db8::1]:80` → `2001:db8::1`."""
    if hop.startswith("["):
        host, closing, _ = hop[1:].partition("]")
        return host if closing else ""
    host, _, _ = hop.partition(":")
    return host if hop.count(":") == 1 else hop


def _parse(ip: str) -> IPv4Address | IPv6Address | None:
    """IPv4 inside IPv6 is IPv4. A zone (`fe80::1%eth0`) is left out."""
    try:
        parsed = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed
