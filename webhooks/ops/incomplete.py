"""The connections of a server without a request under way: bounded in number and in time.

Connections that send nothing, or send slowly, must not keep webhooks out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from webhooks.http.client_ip import Network, is_in, parse_networks, rate_limit_key
from webhooks.http.limits import BODY_TIMEOUT_S, HEAD_TIMEOUT_S
from webhooks.ops.deadlines import Deadlines, Ordered
from webhooks.ops.descriptors import most_connections

LOOPBACK = parse_networks(["127.0.0.0/8", "::1/128"])
#: Connections without a complete head: of one peer, and in all. A head comes with its connection,
#: so that only those who hold it back get near.
HEADS_PER_PEER = 64
HEADS = 1_000
#: The application answers a slow body with 408; if it does not, the connection is closed now.
_ANSWER_S = 1
#: A refused client may go on sending for so long, so that it reads why.
_LINGER_S = 2


class Waiting(Protocol):
    """`webhooks.ops.connection`, which imports this module."""

    #: What its heads are counted by; None if they are not.
    peer: str | None

    def evict(self) -> None:
        """Close it; its place is free at once."""

    def abort(self) -> None:
        """Close it without sending what has not been sent yet."""

    def head_late(self) -> None:
        """Its head is not complete in time."""


class Heads(Deadlines[Waiting]):
    """Connections that wait for the rest of a head, or have sent nothing yet. Beyond the caps, the
    one that has waited longest is closed."""

    def __init__(self) -> None:
        super().__init__(HEAD_TIMEOUT_S, lambda one: one.head_late())
        self._of_peers: dict[str, Ordered[Waiting]] = {}
        self._most = min(HEADS, most_connections() // 2)

    def add(self, item: Waiting) -> None:
        """Add it, and close another one if it is one too many."""
        super().add(item)
        if item.peer is not None:
            of_peer = self._of_peers.setdefault(item.peer, Ordered())
            of_peer.add(item)
            if len(of_peer) > HEADS_PER_PEER:
                of_peer.oldest.evict()
        if len(self) > self._most:
            self.oldest.evict()

    def discard(self, item: Waiting) -> None:
        """Remove it, if it is in it."""
        super().discard(item)
        of_peer = self._of_peers.get(item.peer) if item.peer else None
        if of_peer is not None:
            of_peer.discard(item)
            if not of_peer:
                del self._of_peers[item.peer or ""]


class IncompleteRequests:
    """Where a connection waits: `idle` between two requests (uvicorn closes it after its keep-alive
    time), for a head, for the rest of a body, or `refused` and read on for a moment."""

    def __init__(self, exempt: Sequence[Network]) -> None:
        self.idle: Ordered[Waiting] = Ordered()
        self.heads = Heads()
        self.bodies: Deadlines[Waiting] = Deadlines(
            BODY_TIMEOUT_S + _ANSWER_S, lambda one: one.evict()
        )
        self.refused: Deadlines[Waiting] = Deadlines(_LINGER_S, lambda one: one.abort())
        self._exempt = exempt
        self.peer = lru_cache(4096)(self._peer)

    def make_room(self) -> bool:
        """Close one connection. False if each of them has a request under way."""
        for place in (self.idle, self.heads, self.bodies, self.refused):
            if place:
                place.oldest.evict()
                return True
        return False

    def _peer(self, host: str) -> str | None:
        """What heads are counted by; None for loopback and trusted proxies."""
        return None if is_in(host, self._exempt) else rate_limit_key(host)
