"""What the first page says of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.policy import Policy
from bot.records import Usage
from storage.histories import Day
from storage.queries import Outbox
from webhooks.ops.counts import Family
from webhooks.support.times import duration

#: A name, a value, and a note that may be empty.
Fact = tuple[str, str, str]
#: How often each limit has refused in this process.
Limits = Callable[[], Family]


def facts(day: Day, outbox: Outbox, limits: Family, policy: Policy) -> list[Fact]:
    """Texts, callbacks and limits."""
    used = Usage(0)
    for hour in day.usage:
        used = used.plus(hour)
    waited = "" if outbox.oldest is None else f"the oldest for {duration(day.now - outbox.oldest)}"
    sent, failed = day.callbacks.get("delivered", 0), day.callbacks.get("failed", 0)
    disabled = day.callbacks.get("disabled", 0)
    return [
        ("Opted out today", str(day.opt_outs), ""),
        ("Texts that wait to be sent", str(outbox.size), waited),
        ("Callbacks delivered today", str(sent), f"{day.callbacks.get('queued', 0)} wait"),
        ("Callbacks not delivered", str(failed + disabled), f"{disabled} to disabled URLs"),
        ("Codes in 24 hours", str(used.codes), _of(policy.codes_per_day_total)),
        ("Texts in 24 hours", str(used.texts), _of(policy.texts_per_day_total)),
        *_refused(limits),
    ]


def _of(ceiling: int | None) -> str:
    return "no ceiling" if ceiling is None else f"of {ceiling:,}"


def _refused(limits: Family) -> Sequence[Fact]:
    """Since the start of this process."""
    hit = [(sample.labels[0], int(sample.value)) for sample in limits.samples if sample.value]
    if not hit:
        return [("Limits hit", "0", "since this process started")]
    return [(f"Refused by {name}", str(many), "since this process started") for name, many in hit]
