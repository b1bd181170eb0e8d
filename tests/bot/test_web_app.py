"""What a web app asks for, beside the conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.outcomes import AlreadyFinished, Found, Limited, NoCode
from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_NUMBER,
    PHONE,
    SECOND_MS,
    START,
    Simulation,
    codes_in,
    fate,
)
from tests.harness.states import (
    awaiting,
    page,
)


def test_what_is_over_stays_over_also_for_the_right_code() -> None:
    scene = page()
    sim = scene.sim
    (asked,) = sim.of()
    sim.text("NO")

    assert sim.check(asked.id, scene.right) == AlreadyFinished("denied")


def test_no_live_code_is_told_and_not_counted() -> None:
    scene = page()
    sim = scene.sim
    (asked,) = sim.of()
    sim.wait(5 * MINUTE_MS)

    assert sim.check(asked.id, scene.right) == NoCode()
    assert sim.of()[0].attempts_left == sim.policy.max_attempts
    assert sim.check(sim.request().id, "123456") == NoCode()


@pytest.mark.parametrize("typed", ["", " ", "abc", "12345", "\x00", "1" * 64, "LOGIN", "STOP"])
def test_what_is_no_code_is_a_wrong_one(typed: str) -> None:
    scene = page()
    (asked,) = scene.sim.of()

    outcome = scene.sim.check(asked.id, typed)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.attempts_left) == ("pending", 4)


def test_a_code_may_be_typed_with_spaces_and_in_digits_of_any_script() -> None:
    for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"):
        scene = page()
        (asked,) = scene.sim.of()
        typed = scene.right.translate(str.maketrans("0123456789", digits))

        outcome = scene.sim.check(asked.id, f" {typed[:3]} {typed[3:]} ")

        assert isinstance(outcome, Found)
        assert outcome.verification.status == "approved"


def test_an_approval_is_good_for_one_login() -> None:
    scene = page()
    (asked,) = scene.sim.of()
    assert scene.sim.redeem(asked.id) == AlreadyFinished("pending")
    scene.sim.check(asked.id, scene.right)

    assert isinstance(scene.sim.redeem(asked.id), Found)
    assert scene.sim.redeem(asked.id) == AlreadyFinished("approved")


def test_another_web_apps_verification_is_as_unknown_as_none() -> None:
    scene = page()
    sim = scene.sim
    (asked,) = sim.of()

    answers = {
        type(sim.check(asked.id, scene.right, client="other")),
        type(sim.redeem(asked.id, client="other")),
        type(sim.check("ver_none", scene.right)),
        type(sim.redeem("ver_none")),
    }

    assert {answer.__name__ for answer in answers} == {"NotFound"}
    assert sim.of()[0].attempts_left == sim.policy.max_attempts


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        ("opted_out", lambda sim: sim.text("STOP")),
        ("locked", lambda sim: (sim.login(), sim.guess(5))),
        ("region_not_allowed", lambda sim: None),
    ],
)
def test_a_refused_phone_is_told_before_anything_is_sent(
    reason: str, prepare: Callable[[Simulation], object]
) -> None:
    sim = Simulation()
    prepare(sim)
    sim.wait(61 * SECOND_MS)
    phone = "+447400123456" if reason == "region_not_allowed" else PHONE
    sent, codes = len(sim.sent), sim.phone(phone).codes_at

    outcome = sim.ask("sms", phone)

    assert isinstance(outcome, Found)
    assert fate(outcome.verification) == f"failed:{reason}"
    assert (len(sim.sent), sim.phone(phone).codes_at) == (sent, codes)


def test_a_request_in_the_cooldown_sends_nothing_and_leaves_nothing() -> None:
    sim = Simulation()
    sim.login()
    sim.wait(20 * SECOND_MS)
    sent, known = len(sim.sent), dict(sim.store.verifications)

    refused = sim.ask("sms", PHONE)

    assert refused == Limited("resend_cooldown", START + MINUTE_MS, sim.now)
    assert len(sim.sent) == sent
    assert sim.store.verifications == known


def test_stop_ends_a_request_for_a_phone_never_heard_of() -> None:
    sim = Simulation()
    asked = sim.request(phone=PHONE)
    sim.text("STOP")
    assert fate(sim.verification(asked.id)) == "failed:opted_out"


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_new_code_comes_from_the_number_that_was_texted(words: str) -> None:
    (sent,) = awaiting().sim.text(words, number=OTHER_NUMBER)
    assert (sent.kind, sent.number) == ("code", OTHER_NUMBER)


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ("shop.example", "code_page_origin"),
        ("shop123456.example", "code_page"),
        (None, "code_page"),
    ],
)
def test_an_origin_that_could_be_taken_for_the_code_is_left_out(
    origin: str | None, kind: str
) -> None:
    sim = Simulation()
    asked = sim.request("sms", PHONE, origin=origin)
    assert [sent.kind for sent in sim.sent] == [kind]
    assert set(codes_in(sim.sent[0].text)) == {sim.code_of(asked)}
