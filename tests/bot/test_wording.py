"""How a message becomes its text: the code in it, its length, the times that it names."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import msgspec
import pytest

from bot import code_reply, conversation, denial, issue, login, opt_out, replies
from bot.conversation_state import Phase
from bot.outbound import Outbound
from bot.records import Message
from bot.wording import GSM_7, SEGMENT, CodeGone, compose, gsm_7_length, has_digit_run
from tests.harness.constants import DAY_MS, MINUTE_MS, NUMBER, PHONE, SECOND_MS, START_MS
from tests.harness.policy import policy
from tests.harness.sent_texts import code_in, kinds
from tests.harness.simulation import Simulation, english
from tests.harness.verifications import open_verification


def words_in_the_code() -> set[str]:
    """Every string in the modules that decide what is sent."""
    modules = (conversation, login, code_reply, denial, opt_out, replies, issue)
    return {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_text_is_sent_by_some_decision() -> None:
    by_state = {f"status_{state.name.lower()}" for state in Phase}

    assert set(english().kinds) <= words_in_the_code() | by_state


def outbound(**changes: Any) -> Outbound:
    """The message with a code, and its verification with changes."""
    message = Message(
        id="msg_1",
        phone=PHONE,
        number=NUMBER,
        kind="code",
        locale="en",
        params=msgspec.json.encode({"app": "Textlogin", "minutes": "5"}).decode(),
        created_at=START_MS,
        send_before=START_MS + MINUTE_MS,
        verification_id="ver_1",
        code=1,
    )
    return Outbound(message, open_verification(**changes))


def test_a_message_composes_the_same_bytes_each_time() -> None:
    secrets = policy().secrets
    texts = {compose(outbound(), english(), secrets).encode() for _ in range(3)}
    changed = outbound(attempts_left=1, revision=7, delivery="sent", expires_at=START_MS)

    assert texts == {compose(changed, english(), secrets).encode()}


@pytest.mark.parametrize(
    "change", [{"codes": 2}, {"seed": None}, {"secret_id": "00000000"}], ids=lambda one: str(one)
)
def test_a_code_that_is_replaced_or_cannot_be_computed_is_not_sent(change: dict[str, Any]) -> None:
    with pytest.raises(CodeGone):
        compose(outbound(**change), english(), policy().secrets)


def test_a_code_without_its_verification_is_not_sent() -> None:
    with pytest.raises(CodeGone):
        compose(Outbound(outbound().message, None), english(), policy().secrets)


def test_lengths_are_counted_in_septets() -> None:
    assert gsm_7_length("") == 0
    assert gsm_7_length("a@ñ\n") == 4
    assert gsm_7_length("^{}\\[~]|€") == 18
    assert gsm_7_length("ł") is None
    assert gsm_7_length("👍") is None
    assert len(GSM_7) == 127  # the 128 places of the default alphabet less the escape


def test_a_run_of_digits_in_a_name_is_found() -> None:
    assert has_digit_run("Shop 1234", 4)
    assert not has_digit_run("Shop 123 4", 4)


def test_texts_with_the_longest_waits_fit_one_segment() -> None:
    sim = Simulation(
        app_name="W" * 20, resend_cooldown_ms=60 * MINUTE_MS, lockout_ms=DAY_MS, codes_per_day=1
    )
    sim.start_login()
    sim.text("LOGIN")
    sim.reply_wrong(5)
    sim.text("LOGIN")
    sent = kinds(sim.sent)

    assert sent[1] == "wait_tomorrow"
    assert sent[-2:] == ["now_locked", "locked"]
    assert all((gsm_7_length(one.text) or SEGMENT + 1) <= SEGMENT for one in sim.sent)


def test_minutes_to_wait_are_rounded_up() -> None:
    sim = Simulation(resend_cooldown_ms=200 * SECOND_MS)
    sim.start_login()
    sim.wait(SECOND_MS)

    (answer,) = sim.text("LOGIN")

    assert " 4 min " in answer.text


def test_the_life_of_a_code_is_rounded_down_to_whole_minutes() -> None:
    sim = Simulation(code_ttl_ms=119 * SECOND_MS)

    (sent,) = sim.text("LOGIN")

    assert " is your code, 1 min." in sent.text
    assert len(code_in(sent.text)) == 6
