"""`make cost`: what one attacker can make the operator pay in 24 hours, with the default settings.

Each row is a run of the core. Where very many phones have the same course, the counts of all but
the last few are put into the hour's row, and the core decides on those. Exits 1 if a row is above
its ceiling.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from bot.commands import PAGES_CLIENT
from bot.policy import APP_DAILY_UNUSED, DAILY_UNUSED, PAGE_SHARE, RECENT_MS, REPLIES_PER_DAY
from bot.records import Usage
from bot.telnyx_errors import TRANSIENT
from tests.attacks import bombing
from tests.benchmarks.table import table
from tests.harness.constants import ADDRESS, DAY_MS, HOUR_MS, MINUTE_MS, PHONE, SHOP
from tests.harness.simulation import Simulation

#: US dollars for one text.
PRICE = 0.008
_STEP_MS = 3 * MINUTE_MS
#: So many phones before a ceiling the core decides on each.
_PLAYED = 50


class Row(NamedTuple):
    """One attack, the most texts that it may cause in 24 hours, and how many it did."""

    attack: str
    most: int
    run: Callable[[], int]


def phone(number: int) -> str:
    """Each has a prefix of its own, up to 790; then further numbers of the same prefixes."""
    return f"+1202{210 + number % 790:03}{5000 + number // 790 % 1000:04}"


def one_phone_by_text() -> int:
    """Everything that a spoofed sender can cause."""
    return len(bombing.by_hand().worst_day())


def one_phone_by_pages() -> int:
    """Requests to one phone, each from another address and web app."""
    return _all_day(
        lambda sim, step: sim.try_request(
            "sms", PHONE, client=f"app{step}", address=f"203.0.113.{step}"
        )
    )


def one_phone_by_help_and_hints() -> int:
    """HELP, and texts that are not understood."""

    def ask(sim: Simulation, step: int) -> None:
        sim.text("HELP")
        sim.text(f"good morning, {'ab'[step % 2]}")
        sim.text("STATUS")

    return _all_day(ask)


def one_phone_by_failed_receipts() -> int:
    """LOGIN, and a receipt for each code that says it was not delivered."""
    failed = sorted(TRANSIENT)[0]

    def ask(sim: Simulation, step: int) -> None:
        before = set(sim.store.messages)
        sim.text("LOGIN")
        for _ in range(3):
            new = [one for one in sim.store.messages.values() if one.id not in before]
            for one in new:
                if one.provider_id and one.code:
                    sim.receive_receipt(one.provider_id, "delivery_failed", failed)
            sim.wait(1000)
            sim.send_queued()

    return _all_day(ask, codes_only=True)


def one_prefix_by_pages() -> int:
    """Requests to the phones of one prefix, each from another address and web app."""
    return _all_day(
        lambda sim, step: sim.try_request(
            "sms", f"+1202555{step:04}", client=f"app{step}", address=f"203.0.{step}.9"
        )
    )


def one_address() -> int:
    """Requests at the hosted pages from one address, each to another prefix."""
    return _all_day(
        lambda sim, step: sim.try_request(
            "sms", phone(step), client=PAGES_CLIENT, address=ADDRESS, discreet=False
        )
    )


def one_key() -> int:
    """A stolen API key: requests to very many prefixes, without the users' addresses."""

    def ask(sim: Simulation, step: int) -> None:
        for number in range(2):
            sim.try_request("sms", phone(2 * step + number), client=SHOP)

    return _all_day(ask)


def many_addresses() -> int:
    """Requests at the hosted pages from as many addresses as he likes."""
    sim = _with(codes=_share(10_000) - _PLAYED, pages=True)
    for number in range(2 * _PLAYED):
        sim.try_request(
            "sms", phone(number), client=PAGES_CLIENT, address=f"2001:db8:0:{number:x}::"
        )
    return _texts(sim)


def many_phones_by_login() -> int:
    """LOGIN in the names of as many phones as he likes. Each is answered with a code, and once no
    more codes are sent, by when to try again."""
    sim = _with(codes=10_000 - _PLAYED)
    for number in range(2 * _PLAYED):
        sim.text("LOGIN", phone(number))
    used = _usage(sim)
    assert used.codes <= 10_000, used
    sim.store.usage[used.hour] = Usage(used.hour, used.codes, 0, 30_000 - _PLAYED)
    for number in range(2 * _PLAYED, 4 * _PLAYED):
        sim.text("LOGIN", phone(number))
    return _texts(sim)


def many_phones_by_help() -> int:
    """HELP in the names of as many phones as he likes."""
    sim = _with(texts=30_000 - _PLAYED)
    for number in range(2 * _PLAYED):
        sim.text("HELP", phone(number))
    return _texts(sim)


ROWS: tuple[Row, ...] = (
    Row("one phone, by spoofed texts", bombing.MOST, one_phone_by_text),
    Row("one phone, by HELP and hints", REPLIES_PER_DAY, one_phone_by_help_and_hints),
    Row("one phone, codes whose receipts fail", 10, one_phone_by_failed_receipts),
    Row("one phone, by pages and web apps", 10, one_phone_by_pages),
    Row("one prefix, by pages and web apps", DAILY_UNUSED, one_prefix_by_pages),
    Row("one address at the hosted pages", DAILY_UNUSED, one_address),
    Row("one stolen API key", APP_DAILY_UNUSED, one_key),
    Row("many addresses at the hosted pages", int(10_000 * PAGE_SHARE), many_addresses),
    Row("many phones, by LOGIN", 30_000, many_phones_by_login),
    Row("many phones, by HELP", 30_000, many_phones_by_help),
)


def dollars(texts: int) -> str:
    return f"{texts * PRICE:.2f}"


def main() -> int:
    """Print the table. Returns 1 if a row is above its ceiling."""
    found = [(row, row.run()) for row in ROWS]
    shown = [
        (row.attack, str(texts), str(row.most), dollars(texts), dollars(row.most))
        for row, texts in found
    ]
    print(table(("attack", "texts in 24 h", "at most", "US dollars", "at most"), shown))
    return int(any(texts > row.most for row, texts in found))


def _all_day(ask: Callable[[Simulation, int], object], *, codes_only: bool = False) -> int:
    """Ask every three minutes of a day. Returns how many texts that sends."""
    sim = Simulation()
    end, step = sim.now + DAY_MS, 0
    while sim.now < end:
        ask(sim, step)
        _forget(sim)
        sim.wait(_STEP_MS)
        step += 1
    return sum(one.codes if codes_only else one.texts for one in sim.store.usage.values())


def _forget(sim: Simulation) -> None:
    """Forget what no decision needs any more, which makes the run fast."""
    sim.sent.clear()
    store, since = sim.store, sim.now - RECENT_MS
    for message in list(store.messages.values()):
        if message.created_at < since:
            del store.messages[message.id]
    for one in list(store.verifications.values()):
        if one.created_at < since:
            del store.verifications[one.id]


def _with(*, codes: int = 0, texts: int = 0, pages: bool = False) -> Simulation:
    """A day in which so many codes and texts were sent to phones that are not played."""
    sim = Simulation()
    hour = sim.now // HOUR_MS
    sim.store.usage[hour] = Usage(hour, codes, codes if pages else 0, max(codes, texts))
    return sim


def _usage(sim: Simulation) -> Usage:
    return sim.store.usage[sim.now // HOUR_MS]


def _texts(sim: Simulation) -> int:
    return _usage(sim).texts


def _share(ceiling: int) -> int:
    return int(ceiling * PAGE_SHARE)


if __name__ == "__main__":
    sys.exit(main())
