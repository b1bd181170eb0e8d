"""How to guess codes for 24 hours: fixed strategies, and random ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from bot.expiry import has_live_code
from tests.attacks.guesser import Guesser
from tests.harness.constants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

#: How long codes are gathered before the day begins: a code lives for 5 minutes.
_GATHERING_MS = 4 * MINUTE_MS

Strategy = Callable[[Guesser], None]


def by_text(guesser: Guesser) -> None:
    """Text LOGIN, reply with guesses."""
    _all_day(guesser, guesser.ask_by_login)


def five_by_text(guesser: Guesser) -> None:
    """The first five guesses of `by_text`, which lock the phone."""
    guesser.ask_by_login()
    guesser.guess_all()


def by_ref(guesser: Guesser) -> None:
    """Text the ref of an own web app, type guesses."""
    _all_day(guesser, guesser.ask_by_ref)


def on_pages(guesser: Guesser) -> None:
    """Have pages send codes, type guesses."""
    _all_day(guesser, guesser.ask_on_page)


def at_both(guesser: Guesser) -> None:
    """Text refs, have pages send codes, type guesses."""
    _all_day(guesser, guesser.ask_by_ref, guesser.ask_on_page)


def at_both_with_replies(guesser: Guesser) -> None:
    """Text LOGIN, have pages send codes, reply and type."""
    _all_day(guesser, guesser.ask_by_login, guesser.ask_on_page)


def with_resends(guesser: Guesser) -> None:
    """Both doors, each code replaced by another one after two guesses."""
    while guesser.sim.now < guesser.end:
        guesser.ask_by_login()
        guesser.ask_on_page()
        for target in guesser.live():
            guesser.guess(target)
            guesser.guess(guesser.sim.verification(target.id))
        guesser.sim.wait(61 * SECOND_MS)
        guesser.ask_again()
        guesser.guess_all()
        guesser.wait_for_more()


def while_keys_rotate(guesser: Guesser) -> None:
    """Both doors, while the operator replaces the secret key before each round of guesses."""
    while guesser.sim.now < guesser.end:
        guesser.ask_by_login()
        guesser.ask_on_page()
        guesser.rotate_key()
        guesser.guess_all()
        guesser.wait_for_more()


def gathered(guesser: Guesser) -> None:
    """Both doors, with six live codes when the 24 hours begin, and six more asked for before the
    last guesses: 100 wrong codes in a row close the page door."""
    start = guesser.sim.now
    _gather(guesser)
    guesser.sim.now = start + _GATHERING_MS
    guesser.begin_the_day()
    guesser.guess_all()
    _ask_until(start + DAY_MS - HOUR_MS, guesser, guesser.ask_by_ref, guesser.ask_on_page)
    guesser.sim.now = start + DAY_MS
    _gather(guesser)
    guesser.guess_all()


def _gather(guesser: Guesser) -> None:
    for _ in range(3):
        guesser.ask_by_ref()
        guesser.ask_on_page()
        guesser.sim.wait(61 * SECOND_MS)


def _all_day(guesser: Guesser, *ways: Callable[[], None]) -> None:
    _ask_until(guesser.end, guesser, *ways)


def _ask_until(end: int, guesser: Guesser, *ways: Callable[[], None]) -> None:
    while guesser.sim.now < end:
        for ask in ways:
            ask()
        guesser.guess_all()
        guesser.wait_for_more()


#: Door and strategy of each row of the table.
STRATEGIES: dict[Strategy, str] = {
    by_text: "text",
    by_ref: "text",
    on_pages: "page",
    at_both_with_replies: "both",
    at_both: "both",
    with_resends: "both",
    while_keys_rotate: "both",
    gathered: "both",
}


#: Those that are played for a month, too. The others meet the same limits each day.
MONTHS: tuple[Strategy, ...] = (by_text, on_pages)


def at_random(chance: random.Random) -> Strategy:
    """Any way to ask, any number of guesses at any code, any wait."""

    def strategy(guesser: Guesser) -> None:
        if chance.random() < 0.5:
            guesser.ask_by_ref()
            guesser.ask_on_page()
            guesser.sim.wait(chance.randrange(_GATHERING_MS))
        guesser.begin_the_day()
        ways = (guesser.ask_by_login, guesser.ask_by_ref, guesser.ask_on_page)
        while guesser.sim.now < guesser.end:
            chance.choice(ways)()
            _guess_some(guesser, chance)
            if chance.random() < 0.7:
                guesser.wait_for_more()

    return strategy


def _guess_some(guesser: Guesser, chance: random.Random) -> None:
    for target in guesser.live():
        for _ in range(chance.choice((0, 1, 4, 5, 5))):
            current = guesser.sim.verification(target.id)
            if not has_live_code(current) or not guesser.guess(current):
                break


def month(strategy: Strategy, days: int = 30) -> list[dict[int, int]]:
    """Each day's guesses by digits, of somebody who goes on with one phone."""
    guesser, found, before = Guesser(), [], Counter[int]()
    for _ in range(days):
        guesser.begin_the_day()
        strategy(guesser)
        total = Counter[int]()
        for (_, _, digits), guesses in guesser.guesses.items():
            total[digits] += guesses
        found.append(dict(total - before))
        before = total
        guesser.forget()
    return found


def carry_out(strategy: Strategy) -> Guesser:
    """A day of this strategy."""
    guesser = Guesser()
    strategy(guesser)
    return guesser
