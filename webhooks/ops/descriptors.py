"""How the descriptors of a process are shared out: `ulimit -n` limits files and sockets together.

Webhooks must get in when everybody else wants a descriptor too. So waiting callers get only what
the other uses leave, and connections of all kinds leave what the process opens by itself.
"""

from __future__ import annotations

import logging
import resource

log = logging.getLogger("textlogin")

#: What the process opens by itself: 32 for the event loop, files and the database (6 connections,
#: SQLite has 3 files each), 64 for sends, 32 for callbacks.
OWN = 128
#: Connections beside those of waiting callers: webhooks and short calls.
CALLS = 64
_FEWEST = 8


def raise_limit() -> None:
    """Raise the limit to its maximum: each waiting poll takes a descriptor, and shells often allow
    only 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_connections() -> int:
    """How many connections may be open at once."""
    return max(_limit() - OWN, _FEWEST)


def most_waiters(wanted: int) -> int:
    """`wanted`, or the fewer that the limit allows; then a line in the log says so."""
    allowed = max(_limit() - OWN - CALLS, _FEWEST)
    if allowed < wanted:
        log.warning(
            "MAX_WAITERS is %d, but the limit on open files (ulimit -n) of %d allows %d",
            *(wanted, _limit(), allowed),
        )
    return min(wanted, allowed)


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft
