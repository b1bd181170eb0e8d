"""Telnyx fails in one way or another for some seconds.

Texts wait in the outbox: the next tries come after 0.5 s, doubling to 8 s. A fresh text is sent as
soon as Telnyx works again.
"""

from __future__ import annotations

from tests.faults import telnyx
from tests.faults.fault import BOTH, fault
from tests.faults.testbed import Testbed

_LASTS_S = 6


@fault(BOTH)
def telnyx_hangs(bed: Testbed) -> None:
    """Telnyx takes requests and answers none: webhooks are answered all the same."""
    with bed.telnyx_answers(telnyx.hang):
        bed.hold(10)  # longer than a try


@fault(BOTH)
def telnyx_fails(bed: Testbed) -> None:
    """Telnyx answers 500: each text is tried again."""
    with bed.telnyx_answers(telnyx.fail):
        bed.hold(_LASTS_S)


@fault(BOTH)
def telnyx_limits_rate(bed: Testbed) -> None:
    """Telnyx answers 429: each text is tried again."""
    with bed.telnyx_answers(telnyx.limit_rate):
        bed.hold(_LASTS_S)


@fault(BOTH)
def telnyx_answers_garbage(bed: Testbed) -> None:
    """Telnyx sends the text but answers nonsense: the next try has the same idempotency key."""
    with bed.telnyx_answers(telnyx.accept_and_garble):
        bed.hold(_LASTS_S)


@fault(BOTH)
def telnyx_accepts_and_cuts(bed: Testbed) -> None:
    """Telnyx sends the text and breaks the connection: the next try has the same key."""
    with bed.telnyx_answers(telnyx.accept_and_cut):
        bed.hold(_LASTS_S)


@fault(BOTH)
def telnyx_is_slow(bed: Testbed) -> None:
    """Telnyx sends the text and answers after three seconds: it is not sent again."""
    with bed.telnyx_answers(telnyx.accept_slowly):
        bed.hold(_LASTS_S)


@fault(BOTH)
def telnyx_unreachable(bed: Testbed) -> None:
    """Telnyx refuses connections: each text is tried again."""
    with bed.telnyx_unreachable():
        bed.hold(_LASTS_S)
