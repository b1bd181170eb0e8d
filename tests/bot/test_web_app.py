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
    World,
    codes_in,
    fate,
)
from tests.harness.states import (
    awaiting,
    page,
)


def test_what_is_over_stays_over_also_for_the_right_code() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()
    world.text("NO")

    assert world.check(asked.id, scene.right) == AlreadyFinished("denied")


def test_no_live_code_is_told_and_not_counted() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()
    world.wait(5 * MINUTE_MS)

    assert world.check(asked.id, scene.right) == NoCode()
    assert world.of()[0].attempts_left == world.policy.max_attempts
    assert world.check(world.request().id, "123456") == NoCode()


@pytest.mark.parametrize("typed", ["", " ", "abc", "12345", "\x00", "1" * 64, "LOGIN", "STOP"])
def test_what_is_no_code_is_a_wrong_one(typed: str) -> None:
    scene = page()
    (asked,) = scene.world.of()

    outcome = scene.world.check(asked.id, typed)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.attempts_left) == ("pending", 4)


def test_a_code_may_be_typed_with_spaces_and_in_digits_of_any_script() -> None:
    for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"):
        scene = page()
        (asked,) = scene.world.of()
        typed = scene.right.translate(str.maketrans("0123456789", digits))

        outcome = scene.world.check(asked.id, f" {typed[:3]} {typed[3:]} ")

        assert isinstance(outcome, Found)
        assert outcome.verification.status == "approved"


def test_an_approval_is_good_for_one_login() -> None:
    scene = page()
    (asked,) = scene.world.of()
    assert scene.world.redeem(asked.id) == AlreadyFinished("pending")
    scene.world.check(asked.id, scene.right)

    assert isinstance(scene.world.redeem(asked.id), Found)
    assert scene.world.redeem(asked.id) == AlreadyFinished("approved")


def test_another_web_apps_verification_is_as_unknown_as_none() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()

    answers = {
        type(world.check(asked.id, scene.right, client="other")),
        type(world.redeem(asked.id, client="other")),
        type(world.check("ver_none", scene.right)),
        type(world.redeem("ver_none")),
    }

    assert {answer.__name__ for answer in answers} == {"NotFound"}
    assert world.of()[0].attempts_left == world.policy.max_attempts


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        ("opted_out", lambda world: world.text("STOP")),
        ("locked", lambda world: (world.login(), world.guess(5))),
        ("region_not_allowed", lambda world: None),
    ],
)
def test_a_refused_phone_is_told_before_anything_is_sent(
    reason: str, prepare: Callable[[World], object]
) -> None:
    world = World()
    prepare(world)
    world.wait(61 * SECOND_MS)
    phone = "+447400123456" if reason == "region_not_allowed" else PHONE
    sent, codes = len(world.sent), world.phone(phone).codes_at

    outcome = world.ask("sms", phone)

    assert isinstance(outcome, Found)
    assert fate(outcome.verification) == f"failed:{reason}"
    assert (len(world.sent), world.phone(phone).codes_at) == (sent, codes)


def test_a_request_in_the_cooldown_sends_nothing_and_leaves_nothing() -> None:
    world = World()
    world.login()
    world.wait(20 * SECOND_MS)
    sent, known = len(world.sent), dict(world.tables.verifications)

    refused = world.ask("sms", PHONE)

    assert refused == Limited("resend_cooldown", START + MINUTE_MS, world.now)
    assert len(world.sent) == sent
    assert world.tables.verifications == known


def test_stop_ends_a_request_for_a_phone_never_heard_of() -> None:
    world = World()
    asked = world.request(phone=PHONE)
    world.text("STOP")
    assert fate(world.verification(asked.id)) == "failed:opted_out"


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_new_code_comes_from_the_number_that_was_texted(words: str) -> None:
    (sent,) = awaiting().world.text(words, number=OTHER_NUMBER)
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
    world = World()
    asked = world.request("sms", PHONE, origin=origin)
    assert [sent.kind for sent in world.sent] == [kind]
    assert set(codes_in(world.sent[0].text)) == {world.code_of(asked)}
