"""Open requests: how many there may be, and that none keeps its ref after its end."""

from __future__ import annotations

from msgspec.structs import replace

from bot.commands import PAGES_CLIENT
from bot.events import Refused
from bot.intents import REF_ALPHABET, REF_LENGTH
from bot.open_requests import may_open
from bot.outcomes import Found, Limited
from bot.policy import OPEN_IN_ALL, OPEN_PER_ADDRESS
from tests.harness.constants import ADDRESS, MINUTE_MS, OTHER_ADDRESS, OTHER_APP, SHOP
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation
from webhooks.service import vocabulary


def ask(sim: Simulation, client: str = SHOP, address: str | None = None) -> object:
    return sim.try_request(client=client, address=address)


def refusal(outcome: object) -> str:
    assert isinstance(outcome, Limited), outcome
    return outcome.limit


def test_a_web_app_has_no_more_open_requests_than_it_may() -> None:
    sim = Simulation(open_per_app=3)
    for _ in range(3):
        assert isinstance(ask(sim), Found)
        sim.wait(MINUTE_MS)

    (decision,) = sim.decide(sim.request_command())

    until = sim.now + 12 * MINUTE_MS
    assert decision.outcome == Limited("open_per_app", until, sim.now)
    assert decision.events == (Refused("", "page", "open_per_app", until),)
    assert isinstance(ask(sim, OTHER_APP), Found)


def test_the_limit_is_exact_within_one_batch() -> None:
    sim = Simulation(open_per_app=3)

    outcomes = sim.carry_out(*(sim.request_command() for _ in range(20)))

    assert [type(one) for one in outcomes] == [Found] * 3 + [Limited] * 17


def test_a_request_that_is_claimed_canceled_or_expired_makes_room() -> None:
    sim = Simulation(open_per_app=1)
    claimed = sim.request()
    assert refusal(ask(sim)) == "open_per_app"
    sim.start_login(words=f"LOGIN {claimed.ref}")

    canceled = sim.request()
    assert refusal(ask(sim)) == "open_per_app"
    sim.cancel(canceled.id)

    sim.request()
    assert refusal(ask(sim)) == "open_per_app"
    sim.wait(15 * MINUTE_MS)
    assert isinstance(ask(sim), Found)


def test_room_that_is_made_within_a_batch_is_used_in_it() -> None:
    sim = Simulation(open_per_app=1)
    opened = sim.request()

    outcomes = sim.carry_out(
        sim.request_command(),
        sim.text_command(f"LOGIN {opened.ref}"),
        sim.request_command(),
        sim.request_command(),
    )

    assert [type(one).__name__ for one in outcomes] == ["Limited", "Recorded", "Found", "Limited"]


def test_one_address_cannot_use_up_the_pool_of_the_hosted_pages() -> None:
    sim = Simulation()
    for _ in range(OPEN_PER_ADDRESS):
        assert isinstance(ask(sim, PAGES_CLIENT, ADDRESS), Found)

    assert refusal(ask(sim, PAGES_CLIENT, ADDRESS)) == "open_per_app"
    assert isinstance(ask(sim, PAGES_CLIENT, OTHER_ADDRESS), Found)
    assert isinstance(ask(sim, SHOP, ADDRESS), Found)


def test_the_hosted_pages_have_a_pool_of_their_own() -> None:
    sim = Simulation(open_per_app=2)
    for address in ("192.0.2.1", "192.0.2.2"):
        assert isinstance(ask(sim, PAGES_CLIENT, address), Found)

    assert refusal(ask(sim, PAGES_CLIENT, "192.0.2.3")) == "open_per_app"
    assert isinstance(ask(sim, SHOP), Found)


def test_all_web_apps_together_have_no_more_open_requests_than_there_may_be() -> None:
    sim = Simulation(open_per_app=OPEN_IN_ALL)
    opened = sim.request(client="many")
    (command,) = (sim.request_command(),)
    snapshot = sim.store.gather([command], sim.now)
    (pool,) = snapshot.open_requests.values()

    full = replace(pool, many=OPEN_IN_ALL)

    assert may_open([full], replace(opened, client=SHOP), sim.policy) is not None
    almost = replace(pool, many=OPEN_IN_ALL - 1)
    assert may_open([almost], replace(opened, client=SHOP), sim.policy) is None


def test_a_code_that_is_sent_at_once_is_no_open_request() -> None:
    sim = Simulation(open_per_app=1)
    sim.request()

    assert isinstance(sim.try_request("sms", "+12025550188"), Found)


def test_an_expired_request_frees_its_ref_at_once() -> None:
    sim = Simulation()
    expired = sim.request()
    assert expired.ref is not None
    sim.wait(15 * MINUTE_MS)

    outcome = sim.carry_out(replace(sim.request_command(), refs=(expired.ref,)))[0]

    assert isinstance(outcome, Found)
    assert outcome.verification.ref == expired.ref
    assert sim.store.verifications[expired.id].status == "expired"
    assert kinds(sim.text(f"LOGIN {expired.ref}")) == ["code_claimed"]


def test_the_sweep_stores_an_expiry_also_without_a_callback() -> None:
    sim = Simulation()
    opened = sim.request()
    sim.wait(15 * MINUTE_MS)

    sim.sweep_callbacks()

    assert sim.store.verifications[opened.id].status == "expired"


def test_a_mistyped_ref_is_somebodys_with_a_probability_of_less_than_one_in_ten_thousand() -> None:
    assert OPEN_IN_ALL / _refs_without(vocabulary().never_in_a_ref) <= 1e-4


def _refs_without(words: frozenset[str]) -> int:
    """How many refs there are that contain none of these words. Of each beginning of a ref only its
    end counts: as much as may begin a word."""
    beginnings = {word[:length] for word in words for length in range(len(word))}
    ends: dict[str, int] = {"": 1}
    for _ in range(REF_LENGTH):
        longer: dict[str, int] = {}
        for end, many in ends.items():
            for letter in REF_ALPHABET:
                text = end + letter
                if not any(text.endswith(word) for word in words):
                    kept = next(
                        end for at in range(len(text) + 1) if (end := text[at:]) in beginnings
                    )
                    longer[kept] = longer.get(kept, 0) + many
        ends = longer
    return sum(ends.values())
