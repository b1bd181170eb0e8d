"""Spraying: who guesses codes of very many phones is noticed, honest typos are not."""

from __future__ import annotations

from math import comb

from bot.commands import Access, CodeChecked
from bot.events import SprayingNoticed
from bot.expiry import has_live_code
from bot.outcomes import Found, NoCode
from bot.policy import SPRAYED_SHARE, SPRAYED_WRONG
from bot.records import HOUR_MS, Usage, Verification
from tests.harness.constants import PHONE, SHOP
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation

#: Of each hundred honest codes so many are mistyped, at worst.
TYPOS_PERCENT = 10


def phone(number: int) -> str:
    return f"+1202{200 + number // 10_000}{number % 10_000:04}"


def compared(sim: Simulation, *, right: int = 0, wrong: int = 0) -> None:
    """So many codes of other phones were compared in this hour."""
    hour = sim.now // HOUR_MS
    sim.store.usage[hour] = Usage(hour, right_codes=right, wrong_codes=wrong)


def sprayed(**policy: int) -> Simulation:
    """A service at which somebody has guessed so much that it was noticed."""
    sim = Simulation(**policy)
    compared(sim, wrong=SPRAYED_WRONG - 1)
    guess(sim, phone(0))
    return sim


def guess(sim: Simulation, at: str) -> list[SprayingNoticed]:
    """Text LOGIN and a wrong code in a phone's name. Returns the alarms."""
    sim.start_login(at)
    awaited = sim.verifications(at)[-1]
    (decision,) = sim.decide(sim.text_command(wrong_code(sim.code_of(awaited)), at))
    sim.apply(decision)
    return [one for one in decision.events if isinstance(one, SprayingNoticed)]


def digits_of_next_code(sim: Simulation, number: int = 1) -> int:
    return len(sim.start_login(phone(number)))


def test_fifty_wrong_codes_of_many_phones_make_new_codes_longer() -> None:
    sim, told = Simulation(), []
    for number in range(SPRAYED_WRONG):
        assert digits_of_next_code(sim, 1000 + number) == 6, number
        told += guess(sim, phone(number))

    assert told == [SprayingNoticed(SPRAYED_WRONG, SPRAYED_WRONG)]
    assert digits_of_next_code(sim, 2000) == 8
    assert sim.request("sms", phone(3000)).digits == 8


def test_wrong_codes_typed_on_pages_count_too() -> None:
    sim = Simulation()
    compared(sim, wrong=SPRAYED_WRONG - 1)
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, wrong_code(sim.code_of(requested)))

    assert digits_of_next_code(sim) == 8


def test_a_share_below_a_fifth_is_not_noticed_however_many_codes_are_wrong() -> None:
    sim = Simulation()
    compared(sim, right=4 * 1000 + 5, wrong=1000)
    assert guess(sim, phone(0)) == []
    compared(sim, right=4 * 1000, wrong=1000)
    assert guess(sim, phone(1)) == [SprayingNoticed(1001, 5001)]


def test_honest_typos_are_noticed_less_than_once_in_fifty_years() -> None:
    """One in ten codes is mistyped. An hour has most chances to look sprayed where its number of
    codes is as small as the rule allows: beyond that, the share varies less."""
    hours = 50 * 365 * 24
    fewest = round(SPRAYED_WRONG / SPRAYED_SHARE)
    chances = [_chance_of_looking_sprayed(many) for many in range(fewest, 4 * fewest, fewest // 2)]

    assert chances == sorted(chances, reverse=True)
    assert chances[0] * hours < 1


def _chance_of_looking_sprayed(many: int) -> float:
    right, wrong = 100 - TYPOS_PERCENT, TYPOS_PERCENT
    least = max(SPRAYED_WRONG, round(many * SPRAYED_SHARE))
    ways = (comb(many, k) * wrong**k * right ** (many - k) for k in range(least, many + 1))
    return float(sum(ways) / 100**many)


def test_a_short_code_that_is_out_when_it_is_noticed_approves_nothing() -> None:
    sim = Simulation()
    requested = sim.request("sms", phone(4))
    typed, replied = sim.code_of(requested), sim.start_login(phone(5))
    compared(sim, wrong=SPRAYED_WRONG - 1)
    guess(sim, phone(0))

    assert sim.check(requested.id, typed) == NoCode()
    assert kinds(sim.text(replied, phone(5))) == ["code_expired"]
    assert sim.statuses(phone(4)) == sim.statuses(phone(5)) == ["pending"]
    assert not has_live_code(sim.verification(requested.id))
    assert sim.verification(requested.id).attempts_left == 5


def test_who_asks_again_logs_in_with_a_longer_code() -> None:
    sim = Simulation()
    replied = sim.start_login(PHONE)
    compared(sim, wrong=SPRAYED_WRONG - 1)
    guess(sim, phone(0))
    sim.text(replied)
    sim.wait(61_000)

    assert kinds(sim.text("RESEND")) == ["code"]
    longer = sim.code_of(sim.verifications()[-1])
    assert len(longer) == 8
    assert kinds(sim.text(longer)) == ["approved"]


def test_it_lasts_until_a_day_has_passed_without_such_an_hour() -> None:
    sim = sprayed()
    began = sim.now // HOUR_MS * HOUR_MS
    sim.now = began + 24 * HOUR_MS
    assert digits_of_next_code(sim, 1) == 8
    sim.now = began + 25 * HOUR_MS
    assert digits_of_next_code(sim, 2) == 6


def test_a_sprayed_hour_within_that_day_prolongs_it() -> None:
    sim = sprayed()
    sim.wait(20 * HOUR_MS)
    compared(sim, wrong=SPRAYED_WRONG - 1)
    guess(sim, phone(1))
    sim.wait(20 * HOUR_MS)

    assert digits_of_next_code(sim, 2) == 8


def test_right_codes_after_it_was_noticed_do_not_end_it() -> None:
    sim = sprayed()
    for number in range(300):
        sim.complete_login(phone(100 + number))

    assert digits_of_next_code(sim) == 8


def test_it_is_told_once_an_hour() -> None:
    sim = sprayed()

    assert [guess(sim, phone(10 + number)) for number in range(5)] == [[]] * 5


def test_each_command_of_a_batch_sees_what_the_ones_before_it_counted() -> None:
    sim = Simulation()
    compared(sim, wrong=SPRAYED_WRONG - 1)
    requested = [sim.request("sms", phone(number)) for number in range(2)]
    wrong, right = wrong_code(sim.code_of(requested[0])), sim.code_of(requested[1])

    outcomes = sim.carry_out(
        sim.check_command(requested[0].id, wrong), sim.check_command(requested[1].id, right)
    )

    assert isinstance(outcomes[0], Found)
    assert outcomes[1] == NoCode()


def test_a_decoy_reads_as_a_real_one_while_codes_are_sprayed() -> None:
    """Else a page would tell which phones get codes."""
    shown: list[list[object]] = []
    for is_decoy in (False, True):
        sim = Simulation()
        if is_decoy:
            sim.text("stop it", phone(4))
        requested = sim.request("sms", phone(4), discreet=True)
        compared(sim, wrong=SPRAYED_WRONG - 1)
        guess(sim, phone(0))
        typed = CodeChecked(requested.id, Access(SHOP), "000000", discreet=True)
        (outcome,) = sim.carry_out(typed)
        shown.append([outcome, _as_seen(sim.verification(requested.id))])

    assert shown[0] == shown[1]


def _as_seen(verification: Verification) -> tuple[object, ...]:
    seen = verification
    return seen.status, seen.awaiting, seen.digits, seen.attempts_left, seen.code_expires_at


def test_codes_that_are_long_already_stay_as_they_are() -> None:
    sim = Simulation(code_length=8)
    replied = sim.start_login(phone(5))
    compared(sim, wrong=SPRAYED_WRONG - 1)
    guess(sim, phone(0))

    assert kinds(sim.text(replied, phone(5))) == ["approved"]


def test_it_is_written_in_the_row_of_its_hour() -> None:
    sim = sprayed()
    counted = sim.store.usage[sim.now // HOUR_MS]

    assert (counted.wrong_codes, counted.sprayed) == (SPRAYED_WRONG, 1)
