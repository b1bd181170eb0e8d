"""The chance that a day of guesses has hit a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from tests.attacks.guesser import Guesser
from tests.attacks.guessing import Strategy

#: The most that a phone and day may have (docs/contract.md, Limits).
MOST = Fraction(25, 10**6)
#: Values of the truncated HMAC of RFC 4226; a code is one of them modulo 10^digits.
_HOTP_VALUES = 2**31


def by_digits(guesser: Guesser) -> dict[int, int]:
    """How many guesses at codes of each length."""
    found: Counter[int] = Counter()
    for (_, _, digits), guesses in guesser.guesses.items():
        found[digits] += guesses
    return dict(sorted(found.items()))


def sum_of_chances(guesser: Guesser) -> Fraction:
    """The sum of 1/10^digits over the guesses."""
    return chance_of(by_digits(guesser))


def chance_of(guesses: Mapping[int, int]) -> Fraction:
    """The sum of 1/10^digits over guesses by digits."""
    return sum((Fraction(many, 10**digits) for digits, many in guesses.items()), Fraction())


def probability(guesser: Guesser) -> float:
    """That at least one guess was right. The codes are independent, the guesses at one code differ,
    and all are values that RFC 4226 makes a little likelier than the others."""
    missed = 1.0
    for (_, _, digits), guesses in guesser.guesses.items():
        likeliest = -(-_HOTP_VALUES // 10**digits) / _HOTP_VALUES
        missed *= 1 - guesses * likeliest
    return 1 - missed


def simulated(strategy: Strategy, attackers: int, digits: int) -> tuple[float, float]:
    """Monte Carlo: the share of `attackers` who guess a code of so few `digits`, and the share that
    `probability` expects."""
    successes, expected = 0, 0.0
    for number in range(attackers):
        guesser = Guesser(first_id=1_000_000 * number, code_length=digits)
        strategy(guesser)
        successes += guesser.succeeded > 0
        expected += probability(guesser)
    return successes / attackers, expected / attackers
