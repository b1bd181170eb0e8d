"""Codes whose secret key is no longer configured: nothing could match them, so they are no try."""

from __future__ import annotations

from msgspec.structs import replace

from bot.codes import Secrets
from bot.outcomes import NoCode
from tests.harness.constants import OLD_SECRET_KEY, PHONE, SECOND_MS, SECRET_KEY
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation


def lose_the_key(sim: Simulation) -> None:
    sim.policy = replace(sim.policy, secrets=Secrets([SECRET_KEY]))


def test_a_typed_code_whose_key_is_gone_is_no_code_and_not_a_try() -> None:
    sim = Simulation(secrets=Secrets([OLD_SECRET_KEY]))
    requested = sim.request("sms", PHONE)
    code = sim.code_of(requested)
    lose_the_key(sim)

    assert sim.check(requested.id, code) == NoCode()
    assert sim.check(requested.id, wrong_code(code)) == NoCode()

    assert sim.verification(requested.id).attempts_left == 5
    assert (sim.phone().wrong_at, sim.phone().wrong_in_a_row) == ("", 0)


def test_a_texted_code_whose_key_is_gone_is_told_to_ask_again_and_not_a_try() -> None:
    sim = Simulation(secrets=Secrets([OLD_SECRET_KEY]))
    code = sim.start_login()
    lose_the_key(sim)

    assert kinds(sim.text(code)) == ["code_expired"]

    assert sim.verifications()[0].attempts_left == 5
    assert (sim.phone().wrong_at, sim.phone().locked_until) == ("", 0)
    sim.wait(61 * SECOND_MS)
    (again,) = sim.text("RESEND")
    assert again.kind == "code"
    assert kinds(sim.text(sim.code_of(sim.verifications()[0]))) == ["approved"]
