"""STOP and START: opting out, and in again."""

from __future__ import annotations

from tests.harness.constants import (
    BRITISH_PHONE,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OTHER_NUMBER,
    PHONE,
    SECOND_MS,
)
from tests.harness.outbox import code_queued
from tests.harness.sent_texts import code_in, kinds
from tests.harness.simulation import Simulation
from tests.harness.states import awaiting, opted_out, state_of


def test_texts_from_an_opted_out_phone_have_no_answer_and_no_effect() -> None:
    scenario = opted_out()
    sim = scenario.sim
    before = sim.verifications()

    for words in (scenario.right_code, "RESEND", "NO", "STATUS", "HELP", "hello", None, "STOP"):
        assert sim.text(words) == []

    assert sim.verifications() == before


def test_a_phone_stays_opted_out_if_telnyx_refuses_its_code() -> None:
    scenario = opted_out()
    sim = scenario.sim

    sim.text("LOGIN")

    assert sim.is_opted_out()
    assert sim.statuses()[-1] == "failed:opted_out"


def test_the_opt_out_ends_if_telnyx_accepts_a_code() -> None:
    scenario = opted_out()
    sim = scenario.sim
    del sim.send_errors[PHONE]

    (sent,) = sim.text("LOGIN")

    assert not sim.is_opted_out()
    sim.text(code_in(sent.text))
    assert state_of(sim) == "approved"


def test_start_ends_the_opt_out() -> None:
    scenario = opted_out()
    scenario.sim.text("START")

    assert not scenario.sim.is_opted_out()


def test_stop_and_start_count_in_the_order_in_which_they_were_sent() -> None:
    sim = Simulation()
    sim.text("START")
    sim.text("STOP", received_at=sim.now - 1)
    assert state_of(sim) == "idle"

    sim.wait(MINUTE_MS)
    sim.text("STOP")
    sim.text("START", received_at=sim.now - 1)
    assert state_of(sim) == "opted-out"


def test_stop_withdraws_queued_messages() -> None:
    sim = Simulation()
    sim.sending_paused = True
    sim.text("LOGIN")
    sim.text("STATUS")

    sim.text("STOP")

    assert {message.state for message in sim.store.messages.values()} == {"withdrawn"}


def test_stop_opts_out_of_the_texted_number_only() -> None:
    sim = Simulation()
    sim.text("STOP", number=OTHER_NUMBER)
    assert sim.is_opted_out(number=OTHER_NUMBER)

    sim.text(sim.start_login())
    assert state_of(sim) == "approved"


def test_stop_does_not_end_a_login_with_another_number() -> None:
    scenario = awaiting()

    scenario.sim.text("STOP", number=OTHER_NUMBER)

    assert scenario.sim.verifications()[0].status == "pending"
    assert kinds(scenario.sim.text(scenario.right_code)) == ["approved"]


def test_stop_and_start_count_when_they_were_sent_at_the_same_time() -> None:
    sim = Simulation()
    sim.text("START")
    sim.text("STOP")
    assert sim.is_opted_out()

    sim.text("START")
    assert not sim.is_opted_out()


def test_a_stop_sent_before_the_last_start_ends_and_withdraws_nothing() -> None:
    sim = Simulation()
    sim.sending_paused = True
    sim.text("START")
    sim.text("LOGIN")

    sim.text("STOP", received_at=sim.now - 1)

    assert sim.statuses() == ["pending"]
    assert sim.message_of(sim.verifications()[0]).state == "queued"


def test_stop_does_not_withdraw_messages_from_another_number() -> None:
    sim, message = code_queued()

    sim.text("STOP", number=OTHER_NUMBER)

    assert sim.store.messages[message.id].state == "queued"


def test_a_phone_that_is_opted_out_and_locked_is_sent_no_code() -> None:
    sim = Simulation()
    sim.start_login()
    sim.reply_wrong(5)
    sim.text("STOP")
    sim.wait(61 * SECOND_MS)
    requested = sim.request()

    assert sim.text("LOGIN") == []
    assert sim.text(f"LOGIN {requested.ref}") == []
    assert sim.statuses() == ["max_attempts_reached"]
    assert sim.verification(requested.id) == requested


def test_a_text_made_before_start_does_not_opt_out_again_if_telnyx_refuses_it() -> None:
    sim, message = code_queued()
    sim.wait(1)
    sim.text("START")

    sim.settle_message(message.id, "refused", "40300")

    assert not sim.is_opted_out()


def test_a_text_made_before_stop_does_not_end_the_opt_out_if_telnyx_accepts_it() -> None:
    sim, message = code_queued()
    sim.wait(1)
    sim.text("STOP")

    sim.settle_message(message.id, "sent")

    assert sim.is_opted_out()


def test_an_own_stop_is_confirmed_once_and_opts_out() -> None:
    scenario = awaiting()
    sim = scenario.sim

    assert kinds(sim.text("Stop texting me!")) == ["stopped"]
    assert sim.is_opted_out()
    assert sim.statuses() == ["failed:opted_out"]
    for words in ("stop texting me", "wrong number", scenario.right_code, "HELP", "hello"):
        assert sim.text(words) == []


def test_the_confirmation_that_telnyx_accepts_does_not_end_the_opt_out() -> None:
    sim = Simulation()
    sim.sending_paused = True
    sim.text("REVOKE", received_at=sim.now - SECOND_MS)
    (message,) = sim.store.messages.values()

    sim.settle_message(message.id, "sent")

    assert message.kind == "stopped"
    assert sim.is_opted_out()


def test_stops_and_starts_in_turns_get_one_confirmation_a_day() -> None:
    sim = Simulation()
    answers = []
    for _ in range(20):
        sim.wait(HOUR_MS)
        answers += sim.text("stop please")
        sim.wait(MINUTE_MS)
        answers += sim.text("START")

    assert kinds(answers) == ["stopped"]
    sim.wait(DAY_MS)
    assert kinds(sim.text("stop please")) == ["stopped"]


def test_an_own_stop_that_is_late_or_from_another_region_opts_out_without_an_answer() -> None:
    sim = Simulation()

    assert sim.text("stop it", received_at=sim.now - 6 * MINUTE_MS) == []
    assert sim.text("stop it", BRITISH_PHONE) == []
    assert sim.is_opted_out()
    assert sim.is_opted_out(BRITISH_PHONE)


def test_an_own_stop_that_says_no_denies_too() -> None:
    sim = Simulation()
    sim.complete_login()

    assert kinds(sim.text("It wasn't me. Stop texting me")) == ["stopped"]

    assert sim.statuses() == ["denied:repudiated"]
    assert sim.is_opted_out()


def test_words_that_telnyx_takes_for_a_stop_opt_out_without_an_answer() -> None:
    sim = awaiting().sim

    assert sim.text("REVOKE", autoresponse="STOP") == []

    assert sim.is_opted_out()
    assert sim.statuses() == ["failed:opted_out"]


def test_words_that_telnyx_takes_for_a_start_opt_in() -> None:
    sim = opted_out().sim

    assert sim.text("YES", autoresponse="START") == []

    assert not sim.is_opted_out()


def test_a_login_that_telnyx_takes_for_a_start_opts_in_and_logs_in() -> None:
    sim = opted_out().sim
    del sim.send_errors[PHONE]
    sim.text("stop it")

    assert kinds(sim.text("LOGIN", autoresponse="START")) == ["code"]

    assert not sim.is_opted_out()


def test_a_stop_that_arrives_late_does_not_change_when_a_newer_one_was_sent() -> None:
    sim = Simulation()
    sim.text("STOP")
    sim.text("STOP", received_at=sim.now - HOUR_MS)

    sim.text("START", received_at=sim.now - MINUTE_MS)

    assert sim.is_opted_out()


def test_an_own_stop_is_lifted_by_start_only() -> None:
    sim = Simulation()
    assert kinds(sim.text("stop texting me")) == ["stopped"]

    assert kinds(sim.text("LOGIN")) == ["say_start"]
    assert sim.text("LOGIN") == []
    assert sim.is_opted_out()
    sim.wait(DAY_MS)
    assert kinds(sim.text(f"LOGIN {sim.request().ref}")) == ["say_start"]
    sim.text("START")

    assert kinds(sim.text("LOGIN")) == ["code"]


def test_an_own_stop_is_confirmed_once_a_day_however_often_start_comes_between() -> None:
    sim = Simulation()
    answers = []
    for _ in range(5):
        answers += kinds(sim.text("ARRET"))
        sim.text("START")
        sim.wait(HOUR_MS)

    assert answers == ["stopped"]
    sim.wait(DAY_MS)
    assert kinds(sim.text("ARRET")) == ["stopped"]


def test_a_request_for_a_phone_with_an_own_stop_fails() -> None:
    sim = Simulation()
    sim.text("Wrong number")

    assert sim.request("sms", PHONE).reason == "opted_out"
