"""Guessing at very many phones for a month: each is attacked once, and none notices more than that.

The core decides on one phone of each kind: whether it gets a code, how many digits that has, how
many guesses are compared. Further phones in the same state have the same course, so their texts and
wrong codes are added to the hour's count without playing them. Near a threshold every phone is
played. Logins of honest people are added in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from msgspec.structs import replace

from bot.ceilings import hour_of
from bot.commands import Command
from bot.expiry import has_live_code
from bot.intents import Code, Login
from bot.policy import SPRAYED_SHARE, SPRAYED_WRONG
from bot.records import CodeEntry, Usage, Verification
from bot.snapshot import Rows
from tests.harness.constants import HOUR_MS
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation
from tests.harness.words import understand

#: What a sprayer of 100,000 texts may take over in a month: fewer than this many logins.
MOST = Fraction(1, 10)
TEXTS = 100_000
MONTH_HOURS = 30 * 24
#: So many phones before a threshold every phone is played.
_MARGIN = 3


class Sprayer:
    """One attacker. `honest`: right codes an hour of everybody else. `entry`: whether he types his
    guesses on a page, or texts them."""

    def __init__(self, *, honest: int = 0, entry: CodeEntry = "page") -> None:
        self.sim = Simulation(fraud_guard="off")
        self.honest = honest
        self.entry: CodeEntry = entry
        self.texts = 0
        self.guesses: Counter[int] = Counter()
        self._phones = 0
        self._begin_hour()

    def takeovers(self) -> Fraction:
        """How many logins he is expected to take over."""
        return sum((Fraction(many, 10**one) for one, many in self.guesses.items()), Fraction())

    def next_hour(self) -> None:
        self.sim.now += HOUR_MS
        self._begin_hour()

    def used(self) -> Usage:
        """The counts of this hour."""
        hour = hour_of(self.sim.now)
        return self.sim.store.usage.get(hour, Usage(hour))

    def room(self) -> int:
        """How many more codes the day's ceiling has."""
        hour, ceiling = hour_of(self.sim.now), self.sim.policy.codes_per_day_total or 0
        day = (one.codes for at, one in self.sim.store.usage.items() if at >= hour - 24)
        return max(ceiling - sum(day), 0)

    def attack(self, phones: int) -> None:
        """Attack so many phones that he has not attacked before, as far as the ceiling lets him."""
        left = min(phones, self.room())
        while left > 0:
            alike = 1 + max(min(left - 1, self._phones_until_noticed() - _MARGIN), 0)
            before = replace(self.used())
            texts, guesses = self.play()
            self._repeat(alike - 1, before, texts, guesses)
            left -= alike

    def play(self) -> tuple[int, Counter[int]]:
        """Attack one phone. Returns his texts, and his guesses by digits; they are counted."""
        opened = self.open()
        texts = 1 + self.guess(opened)
        made = Counter({self.sim.verification(opened.id).digits: self._compared(opened)})
        self.texts += texts
        self.guesses += made
        self._forget()
        return texts, made

    def open(self) -> Verification:
        """Open a request at a login page, and text its ref in a new phone's name."""
        self._phones += 1
        number = self._phones
        phone = f"+1202{200 + number // 10_000}{number % 10_000:04}"
        opened = self._request()
        self.sim.text(f"LOGIN {opened.ref}", phone)
        assert self.sim.verification(opened.id).codes == 1, "no code was sent"
        return self.sim.verification(opened.id)

    def _request(self) -> Verification:
        """Open a request whose ref has no chat word, as the service makes them."""
        while True:
            opened = self.sim.request(code_entry=self.entry)
            if understand(f"LOGIN {opened.ref}") == Login(opened.ref):
                return opened

    def guess(self, opened: Verification) -> int:
        """Guess until no code is live. Returns how many texts that takes."""
        texts = 0
        while has_live_code(known := self.sim.verification(opened.id)):
            code = self.sim.code_of(known)
            if not self._approves(known, code):
                return texts
            self.sim.carry_out(self._command(known, wrong_code(code)))
            texts += self.entry == "reply"
        return texts

    def count(self, opened: Verification) -> None:
        """Count the guesses at a request that was opened before."""
        self.guesses[opened.digits] += self._compared(opened)

    def _compared(self, opened: Verification) -> int:
        return opened.attempts_left - self.sim.verification(opened.id).attempts_left

    def _approves(self, known: Verification, code: str) -> bool:
        (decision,) = self.sim.decide(self._command(known, code))
        decided = decision.rows.verifications.get(known.id)
        return decided is not None and decided.status == "approved"

    def _command(self, known: Verification, code: str) -> Command:
        if self.entry == "page":
            return self.sim.check_command(known.id, code)
        return replace(self.sim.text_command("", known.phone or ""), intent=Code(code))

    def _phones_until_noticed(self) -> int:
        used = self.used()
        if any(one.sprayed for one in self.sim.store.usage.values()):
            return 10**9
        share = Fraction(SPRAYED_SHARE).limit_denominator(100)
        most = max(Fraction(SPRAYED_WRONG), share / (1 - share) * used.right_codes)
        return int((most - used.wrong_codes) / self.sim.policy.max_attempts)

    def _repeat(self, times: int, before: Usage, texts: int, guesses: Counter[int]) -> None:
        """Add what so many further phones do, each like the one since `before`."""
        if times <= 0:
            return
        now = self.used()
        self.sim.store.usage[now.hour] = replace(
            now,
            codes=now.codes + times * (now.codes - before.codes),
            texts=now.texts + times * (now.texts - before.texts),
            wrong_codes=now.wrong_codes + times * (now.wrong_codes - before.wrong_codes),
        )
        self.texts += times * texts
        self.guesses += Counter({one: times * many for one, many in guesses.items()})

    def _begin_hour(self) -> None:
        known, honest = self.used(), min(self.honest, self.room())
        self.sim.store.usage[known.hour] = known.plus(
            Usage(0, codes=honest, texts=honest, right_codes=honest)
        )
        old = [hour for hour in self.sim.store.usage if hour < known.hour - 24]
        for hour in old:
            del self.sim.store.usage[hour]

    def _forget(self) -> None:
        """No phone is attacked twice, so that only the counts matter."""
        usage = self.sim.store.usage
        for name in Rows.__struct_fields__:
            getattr(self.sim.store, name).clear() if name != "usage" else None
        self.sim.store.usage = usage
        self.sim.sent.clear()


def at_once(sprayer: Sprayer) -> None:
    """As many phones as the ceiling lets, every hour."""
    for _ in range(MONTH_HOURS):
        sprayer.attack(10**6)
        sprayer.next_hour()


def evenly(sprayer: Sprayer) -> None:
    """100,000 texts, the same number every hour."""
    each = sprayer.sim.policy.max_attempts + 1 if sprayer.entry == "reply" else 1
    for _ in range(MONTH_HOURS):
        sprayer.attack(TEXTS // each // MONTH_HOURS + 1)
        sprayer.next_hour()


def unnoticed(sprayer: Sprayer) -> None:
    """Every hour as many phones as are not noticed."""
    for _ in range(MONTH_HOURS):
        _stay_unnoticed(sprayer)
        sprayer.next_hour()


def unnoticed_then_at_once(sprayer: Sprayer) -> None:
    """Unnoticed for 29 days, then as many phones as the ceiling lets."""
    for hour in range(MONTH_HOURS):
        if hour < 29 * 24:
            _stay_unnoticed(sprayer)
        else:
            sprayer.attack(10**6)
        sprayer.next_hour()


def gathered(sprayer: Sprayer) -> None:
    """Every 25 hours the codes of as many phones as the ceiling lets, then guesses at all of them.

    Once it is noticed, codes that are out are dead, and the texts for the others were in vain."""
    for hour in range(MONTH_HOURS):
        if hour % 25 == 0:
            _gather(sprayer)
        sprayer.next_hour()


def _stay_unnoticed(sprayer: Sprayer) -> None:
    used = sprayer.used()
    most = max(SPRAYED_WRONG - 1, used.right_codes // 4 - 1)
    sprayer.attack((most - used.wrong_codes) // sprayer.sim.policy.max_attempts)


def _gather(sprayer: Sprayer) -> None:
    many = sprayer.room()
    played = min(many, 2 * SPRAYED_WRONG)
    opened = [sprayer.open() for _ in range(played)]
    for one in opened:
        sprayer.guess(one)
        sprayer.count(one)
    sprayer.texts += many
    assert sprayer.sim.verification(opened[-1].id).attempts_left == opened[-1].attempts_left
    used = sprayer.used()
    rest = many - played
    sprayer.sim.store.usage[used.hour] = replace(
        used, codes=used.codes + rest, texts=used.texts + rest
    )
    sprayer._forget()


Strategy = Callable[[Sprayer], None]
#: Honest people use almost all that the day's ceiling of 10,000 codes leaves for an hour.
_FULL = 380

#: Strategies, and the sprayers who use them.
STRATEGIES: tuple[tuple[Strategy, str, Callable[[], Sprayer]], ...] = (
    (at_once, "page", Sprayer),
    (evenly, "page", Sprayer),
    (evenly, "text", lambda: Sprayer(entry="reply")),
    (gathered, "page", Sprayer),
    (unnoticed, "page", Sprayer),
    (unnoticed, "page, 380 honest logins an hour", lambda: Sprayer(honest=_FULL)),
    (unnoticed_then_at_once, "page, 380 honest logins an hour", lambda: Sprayer(honest=_FULL)),
)


def spray(kind: tuple[Strategy, str, Callable[[], Sprayer]]) -> Sprayer:
    """A month of one of `STRATEGIES`."""
    strategy, _, sprayer = kind
    done = sprayer()
    strategy(done)
    return done


def per_100_000_texts(sprayer: Sprayer) -> Fraction:
    """Takeovers of a month; for 100,000 texts where he has sent more."""
    return sprayer.takeovers() * Fraction(TEXTS, max(sprayer.texts, TEXTS))
