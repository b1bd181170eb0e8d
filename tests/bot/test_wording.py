"""The texts: each fits one segment, and its only long number is the code."""

from __future__ import annotations

import ast
import inspect
import re
import string
import tomllib
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bot import code_reply, conversation, issue, login, opt_out, replies
from bot.conversation_state import Phase
from bot.records import Message, Outbound
from bot.wording import GSM_7, SEGMENT, Catalogue, CodeGone, compose, gsm_7_length, has_digit_run
from tests.harness.constants import DAY_MS, MINUTE_MS, NUMBER, PHONE, SECOND_MS, START_MS
from tests.harness.policy import policy
from tests.harness.sent_texts import code_in, codes_in, kinds
from tests.harness.simulation import Simulation, english
from tests.harness.verifications import open_verification

ENGLISH: dict[str, str] = tomllib.loads(
    files("bot").joinpath("locales", "en.toml").read_text(encoding="utf-8")
)
del ENGLISH["words"]
CODE_KINDS = {kind for kind, words in ENGLISH.items() if "{code}" in words}
#: A name of 20, a label of 24, the longest code, the longest waits (a day in minutes, two minutes
#: in seconds), the most attempts.
LONGEST = {
    "app": "W" * 20,
    "label": "Firefox 128, Llanfairpwl",
    "code": "88888888",
    "minutes": "1440",
    "seconds": "120",
    "left": "10",
}
#: The same with the digits that a name and a label may have, next to the sentence's own.
MOST_DIGITS = LONGEST | {"app": "123 456 789 app 123", "label": "123, 123, 123, 123, 123"}


@pytest.mark.parametrize("kind", ENGLISH)
def test_a_sentence_fits_one_segment_with_the_longest_values(kind: str) -> None:
    length = gsm_7_length(ENGLISH[kind].format_map(LONGEST))

    assert len(LONGEST["label"]) == 24
    assert length is not None
    assert length <= SEGMENT


@pytest.mark.parametrize("kind", ENGLISH)
def test_an_app_name_of_ten_two_septet_characters_fits_too(kind: str) -> None:
    length = gsm_7_length(ENGLISH[kind].format_map(LONGEST | {"app": "€" * 10}))

    assert length is not None
    assert length <= SEGMENT


@pytest.mark.parametrize("kind", ENGLISH)
def test_the_code_is_the_only_long_number_of_its_sentence(kind: str) -> None:
    words = ENGLISH[kind].format_map(MOST_DIGITS)

    assert codes_in(words) == ([LONGEST["code"]] if kind in CODE_KINDS else [])


@pytest.mark.parametrize("kind", ENGLISH)
def test_a_sentence_begins_with_the_app_name_and_has_known_parameters_only(kind: str) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(ENGLISH[kind]) if name}

    assert ENGLISH[kind].startswith("{app}: ")
    assert names <= LONGEST.keys()


@pytest.mark.parametrize("kind", ENGLISH)
def test_a_sentence_uses_plain_characters_only(kind: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9 .,:?'{}_]+", ENGLISH[kind])


@pytest.mark.parametrize("kind", sorted(CODE_KINDS))
def test_the_text_of_a_code_says_how_to_deny_it(kind: str) -> None:
    assert "reply NO." in ENGLISH[kind] or "Reply NO." in ENGLISH[kind]


@pytest.mark.parametrize("kind", sorted(CODE_KINDS - {"code"}))
def test_the_text_of_a_code_for_a_web_app_warns_of_people_who_ask_for_it(kind: str) -> None:
    assert re.search("[Aa]sked (you )?to send (this|it)(\\?|,) [Rr]eply NO.", ENGLISH[kind])
    assert ("_label" in kind) == ("{label}" in ENGLISH[kind])
    assert ("Type it on the page" in ENGLISH[kind]) == kind.startswith("code_page")


def test_the_text_of_a_stand_alone_login_explains_refs() -> None:
    assert "If a page shows letters, text LOGIN and the letters." in ENGLISH["code"]


def kinds_in_use() -> set[str]:
    """The kinds of text that the core sends, read from its source."""
    used = {f"status_{state.name.lower()}" for state in Phase} - {"status_opted_out"}
    for module in (conversation, login, code_reply, opt_out, replies):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="say" | "conclude" | "hint"),
                    args=[ast.Constant(value=str(kind)), *_],
                ):
                    used.add(kind)
    source = inspect.getsource(issue)
    return used | set(re.findall(r'"(code(?:_(?:claimed|page))?(?:_label)?(?:_origin)?)"', source))


def test_every_kind_in_use_has_a_sentence_and_every_sentence_is_used() -> None:
    assert kinds_in_use() == set(ENGLISH)


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


@pytest.mark.parametrize("kind", sorted(kind for kind in CODE_KINDS if kind.endswith("_origin")))
def test_the_origin_bound_line_is_the_last_and_fits(kind: str) -> None:
    params = LONGEST | {"origin": "a" * issue.LONGEST_ORIGIN}
    carried = outbound(digits=8)
    message = replace(carried.message, kind=kind, params=msgspec.json.encode(params).decode())
    text = compose(replace(carried, message=message), english(), policy().secrets)
    code = re.search("[0-9]{8}", text)

    assert code is not None
    assert text.split("\n")[1:] == [f"@{params['origin']} #{code[0]}"]
    assert (gsm_7_length(text) or SEGMENT + 1) <= SEGMENT


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


def test_placeholders_in_a_parameter_are_not_expanded() -> None:
    message = replace(outbound().message, kind="denied", code=None, params='{"app":"{code} {0}"}')

    words = compose(Outbound(message, None), english(), policy().secrets)

    assert words == "{code} {0}: Denied. Nobody gets in with that code."


def test_an_unknown_language_or_sentence_falls_back_to_english() -> None:
    two = Catalogue({"en": {"a": "one {app}", "b": "two"}, "de": {"a": "eins {app}"}})

    assert two.sentence("a", "de", {"app": "x"}) == "eins x"
    assert two.sentence("b", "de", {}) == "two"
    assert two.sentence("a", "fr", {"app": "x"}) == "one x"
    with pytest.raises(ValueError, match="en"):
        Catalogue({"de": {}})


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

    assert sent[1] == "wait_minutes"
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

    assert " 1 min." in sent.text
    assert len(code_in(sent.text)) == 6
