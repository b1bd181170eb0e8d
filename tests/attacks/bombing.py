"""The most texts that spoofed texts can make one phone receive in 24 hours.

A search: each attacker has an order of preference. At each step he sends the first text of it that
is answered; if none is, he waits. The best order is changed a little, again and again.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.policy import RECENT_MS
from tests.attacks.spoofed_texts import SPOOFED, Spoofer
from tests.harness.constants import DAY_MS, HOUR_MS, MINUTE_MS, PHONE, SECOND_MS
from tests.harness.simulation import Simulation

#: The most texts in 24 hours (docs/contract.md, Limits).
MOST = 75
#: After a cooldown, the life of a code, a quiet period, a lock, the windows.
WAITS_MS = (
    *(20 * SECOND_MS, 61 * SECOND_MS, 4 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS),
    *[HOUR_MS] * 3,
)
#: Longer than a day, because limits slide: the worst 24 hours need not be the first ones.
LENGTH_MS = DAY_MS + HOUR_MS
#: How often he sends a text that is not answered: its effect may be worth it.
_UNANSWERED = 0.03
_MOST_STEPS = 1000


@dataclass
class Flood:
    """What a phone has received, by time (ms) and kind."""

    texts: list[tuple[int, str]] = field(default_factory=list)

    def worst_day(self) -> list[str]:
        """The kinds of the texts of the 24 hours that have most of them."""
        times = [at for at, _ in self.texts]
        ends = [bisect_left(times, at + DAY_MS) for at in times]
        days = [self.texts[start:end] for start, end in enumerate(ends)]
        return [kind for _, kind in max(days, key=len, default=[])]


class Bomber:
    """One attacker and the phone. `with_pages`: he asks hosted pages for codes too."""

    def __init__(self, *, with_pages: bool = False) -> None:
        self.sim = Simulation()
        self.spoofer = Spoofer(self.sim)
        self.with_pages = with_pages
        self.flood = Flood()

    def text(self, name: str, *, even_unanswered: bool = True) -> bool:
        """Send a text in the phone's name. Returns whether the phone gets an answer. An
        unanswered one is not sent at all unless it is to be."""
        (decision,) = self.sim.decide(self.sim.text_command(self.spoofer.words(name)))
        answered = bool(decision.rows.messages)
        if answered or even_unanswered:
            self.sim.apply(decision)
            self._note()
        return answered

    def ask_a_page(self) -> bool:
        """Have a page send a code to the phone."""
        self.sim.try_request("sms", PHONE)
        return self._note()

    def send_first_answered(self, order: list[str]) -> bool:
        """Send the first text of `order` that is answered, if there is one."""
        if self.with_pages and self.ask_a_page():
            return True
        return any(self.text(name, even_unanswered=False) for name in order)

    def wait(self, milliseconds: int) -> None:
        """Wait. What no decision needs any more is forgotten, which makes the search fast."""
        self.sim.wait(milliseconds)
        store, since = self.sim.store, self.sim.now - RECENT_MS
        store.messages.clear()
        for id in [id for id, one in store.verifications.items() if one.created_at < since]:
            del store.verifications[id]

    def _note(self) -> bool:
        """Note what is new for the phone. Returns whether there is any."""
        self.sim.send_queued()
        new = self.sim.sent[len(self.flood.texts) :]
        self.flood.texts += [(self.sim.now, one.kind) for one in new]
        return bool(new)


def by_hand(*, with_pages: bool = False) -> Flood:
    """The worst day that we know. It begins with a NO to a code that was sent before. Each code is
    denied, ten get a wrong reply, and STATUS uses up the counted answers. No code of a page is
    denied while it is pending: that would close the page door."""
    bomber = Bomber(with_pages=with_pages)
    _send(bomber, "LOGIN")
    bomber.wait(4 * MINUTE_MS)
    for _ in range(9):
        _send(bomber, "wrong code", "NO", *["STATUS"] * 20)
        _ask_a_page(bomber)
        bomber.wait(2 * HOUR_MS)
        _send(bomber, "LOGIN")
    _send(bomber, "wrong code", "NO", "own stop", "START")
    _ask_a_page(bomber)
    bomber.wait(6 * HOUR_MS - 3 * MINUTE_MS)  # the first code is a day old
    _send(bomber, "LOGIN", "NO")
    return bomber.flood


def _send(bomber: Bomber, *names: str) -> None:
    for name in names:
        bomber.text(name)


def _ask_a_page(bomber: Bomber) -> None:
    if bomber.with_pages:
        bomber.ask_a_page()


def attack(order: list[str], chance: random.Random, *, with_pages: bool = False) -> Flood:
    """An attack of 25 hours by one order of preference."""
    bomber = Bomber(with_pages=with_pages)
    end = bomber.sim.now + LENGTH_MS
    for _ in range(_MOST_STEPS):
        if bomber.sim.now >= end:
            break
        if bomber.sim.is_opted_out() and chance.random() < 0.5:
            bomber.text("START")
        elif chance.random() < _UNANSWERED:
            bomber.text(chance.choice(order))
        elif not bomber.send_first_answered(order):
            bomber.wait(chance.choice(WAITS_MS))
    return bomber.flood


def search(
    restarts: int,
    changes: int,
    seed: int = 1,
    *,
    with_pages: bool = False,
    progress: Callable[[list[str]], None] = lambda worst: None,
) -> list[str]:
    """The kinds of the worst day found. Each restart begins with a random order and makes so many
    `changes` to it; `progress` gets the worst day so far after each restart."""
    chance = random.Random(seed)  # noqa: S311 -- repeatable, guards nothing
    worst: list[str] = []
    for _ in range(restarts):
        order = chance.sample(list(SPOOFED), len(SPOOFED))
        best = attack(order, chance, with_pages=with_pages).worst_day()
        for _ in range(changes):
            changed = _changed(order, chance)
            found = attack(changed, chance, with_pages=with_pages).worst_day()
            if len(found) >= len(best):
                order, best = changed, found
        worst = max(worst, best, key=len)
        progress(worst)
    return worst


def in_words(kinds: list[str]) -> str:
    """How many texts of each kind, the most frequent first."""
    return ", ".join(f"{count} {kind}" for kind, count in Counter(kinds).most_common())


def _changed(order: list[str], chance: random.Random) -> list[str]:
    """The order with one text moved."""
    moved = chance.choice(order)
    others = [name for name in order if name != moved]
    others.insert(chance.randrange(len(order)), moved)
    return others
