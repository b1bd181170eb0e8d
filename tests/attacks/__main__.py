"""`make guess`: what an attacker reaches in 24 hours. Exits 1 if that is more than the bars."""

from __future__ import annotations

import random
import sys
from typing import Annotated

import typer

from tests.attacks import bombing, spraying
from tests.attacks.chances import MOST, by_digits, chance_of, probability, simulated, sum_of_chances
from tests.attacks.guesser import Guesser
from tests.attacks.guessing import MONTHS, STRATEGIES, at_random, by_text, carry_out, month
from tests.attacks.spraying import per_100_000_texts, spray
from tests.benchmarks.table import table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BROKEN = 1
#: Orders of preference that follow each random one of a bomber.
_CHANGES = 10
HEAD = ("door", "guesses of 6 digits", "of 8", "sum of chances", "probability", "strategy")
SPRAYED_HEAD = (
    *("sprayer's door", "texts a month", "guesses of 6 digits", "of 8", "logins taken over"),
    *("at most for 100,000 texts", "strategy"),
)


@app.command()
def main(
    runs: Annotated[int, typer.Option(min=1, help="Random attackers of each kind.")] = 200,
    seed: Annotated[int, typer.Option(help="Another one gives other attackers.")] = 1,
) -> None:
    """Guess codes of one phone for 24 hours and a month, and codes of very many phones for a month;
    flood a phone with texts.

    `make guess` takes the same options as variables: RUNS, SEED.

    Exits 1 if a code of one phone is guessed in a day with a sum of chances of more than 2.5e-5, if
    100,000 texts of a sprayer take over 0.1 logins or more, or if spoofed texts make the phone
    receive more than 75 texts.
    """
    passes = [_guess(runs, seed), _guess_for_a_month(), _spray(), _flood(runs, seed)]
    raise typer.Exit(0 if all(passes) else EXIT_BROKEN)


def _guess(runs: int, seed: int) -> bool:
    days = [(carry_out(one), door, one.__doc__ or "") for one, door in STRATEGIES.items()]
    best = _best_at_random(runs, seed)
    days.append((best, "both", f"The best of {runs} random ones."))
    print(table(HEAD, [_row(*day) for day in days]))
    _report("simulating attackers")
    share, expected = simulated(by_text, runs, digits=2)
    print(f"\nWith codes of 2 digits, {share:.1%} of {runs} attackers by text guess one;"
          f" {expected:.1%} are expected.\n")  # fmt: skip
    return all(sum_of_chances(guesser) <= MOST for guesser, *_ in days)


def _guess_for_a_month() -> bool:
    months = [(one, [chance_of(day) for day in month(one)]) for one in MONTHS]
    rows = [
        (one.__name__, f"{float(max(days)):.4g}", f"{float(sum(days) / len(days)):.4g}")
        for one, days in months
    ]
    print(table(("a month at one phone", "worst day", "each day"), rows) + "\n")
    return all(max(days) <= MOST for _, days in months)


def _spray() -> bool:
    sprayers = [(*one, spray(one)) for one in spraying.STRATEGIES]
    rows = [
        (
            *(door, str(done.texts), str(done.guesses[6]), str(done.guesses[8])),
            *(f"{float(done.takeovers()):.4f}", f"{float(per_100_000_texts(done)):.4f}"),
            " ".join((one.__doc__ or "").split()),
        )
        for one, door, _, done in sprayers
    ]
    print(table(SPRAYED_HEAD, rows) + "\n")
    return all(per_100_000_texts(done) < spraying.MOST for *_, done in sprayers)


def _best_at_random(runs: int, seed: int) -> Guesser:
    chance = random.Random(seed)  # noqa: S311 -- repeatable, guards nothing
    best = Guesser()
    for run in range(runs):
        best = max(best, carry_out(at_random(chance)), key=sum_of_chances)
        if run % 20 == 19:
            _report(f"guessing: {run + 1} of {runs} random attackers")
    return best


def _row(guesser: Guesser, door: str, strategy: str) -> tuple[str, ...]:
    guesses = by_digits(guesser)
    total, exact = float(sum_of_chances(guesser)), probability(guesser)
    figures = (str(guesses.get(6, 0)), str(guesses.get(8, 0)), f"{total:.4g}", f"{exact:.4g}")
    return (door, *figures, " ".join(strategy.split()))


def _flood(runs: int, seed: int) -> bool:
    restarts = max(runs // _CHANGES, 1)
    found = bombing.search(restarts, _CHANGES, seed, progress=_report_flood)
    rows = [
        ("texts, by hand", bombing.by_hand().worst_day()),
        ("texts, the worst found", found),
        ("texts and pages, by hand", bombing.by_hand(with_pages=True).worst_day()),
    ]
    shown = [(name, str(len(kinds)), bombing.in_words(kinds)) for name, kinds in rows]
    print(table(("attack", "texts in 24 h", "kinds"), shown))
    return all(len(kinds) <= bombing.MOST for _, kinds in rows[:2])


def _report_flood(worst: list[str]) -> None:
    _report(f"flooding: at most {len(worst)} texts so far")


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
