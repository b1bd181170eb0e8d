"""How to guess codes for 24 hours: fixed strategies, and random ones."""

from __future__ import annotations

import random
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
    gathered: "both",
}


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


def carry_out(strategy: Strategy) -> Guesser:
    """A day of this strategy."""
    guesser = Guesser()
    strategy(guesser)
    return guesser
