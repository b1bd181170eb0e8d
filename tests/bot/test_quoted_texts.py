"""A quotation of one of our texts with something beside it does nothing, in every state."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.harness.considered import changed, consider, reached
from tests.harness.states import STATES
from tests.harness.texts import EVERY_KIND, TYPICAL, text
from tests.harness.words import FILES, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=120)
QUOTES = ["“{}”", "„{}“", "« {} »", '"{}"']
#: What could do something without the quotation, and what reactions say.
WORDS = ["NO", "STOP", "stop it", "LOGIN", "RESEND", "HELP", "START", "👍", "Liked ", "yes"]
REACTIONS = sorted({phrase for one in FILES for phrase in word_lists(one).get("reaction", [])})
MARKS = '"“”„‟«»‹›「」『』〝〞〟＂″'
outside = st.sampled_from(WORDS) | st.sampled_from(REACTIONS) | st.text(max_size=30)
outside_without_marks = outside.filter(lambda words: not set(words) & set(MARKS))
#: Members of a phone's row that only remember the text, or that it was answered.
NOTICES = {"texts", "replies_at", "hint_notified_until", "code_alone_said"}

ours = st.sampled_from(EVERY_KIND)
states = st.sampled_from(list(STATES))


def quoted(kind: tuple[str, str], quotes: str, state: str) -> str:
    """One of our texts in quotes. If it has a code, then the awaited one."""
    return quotes.format(text(*kind, TYPICAL | {"code": reached(state).right_code}))


@steady
@given(states, ours, st.sampled_from(QUOTES), outside_without_marks, outside_without_marks)
def test_a_quoted_text_of_ours_changes_nothing_and_is_not_answered(
    state: str, kind: tuple[str, str], quotes: str, before: str, after: str
) -> None:
    sim = reached(state).sim
    decision = consider(sim, before + quoted(kind, quotes, state) + after)

    assert changed(sim, decision) == {"texts"}
    assert decision.rows.messages == {}


@steady
@given(states, ours, st.sampled_from(QUOTES), outside, outside)
@example("awaiting", ("en", "code"), '"{}"', 'NO "', "")
@example("awaiting", ("en", "code"), '"{}"', "", '" STOP')
def test_more_quotation_marks_beside_it_do_not_give_it_an_effect(
    state: str, kind: tuple[str, str], quotes: str, before: str, after: str
) -> None:
    sim = reached(state).sim
    decision = consider(sim, before + quoted(kind, quotes, state) + after)

    assert changed(sim, decision) <= NOTICES


def test_every_text_of_ours_in_every_language_may_be_quoted_in_a_reaction() -> None:
    sim = reached("awaiting").sim
    for kind in EVERY_KIND:
        for quotes in QUOTES:
            decision = consider(sim, f"Liked {quoted(kind, quotes, 'awaiting')}")
            assert changed(sim, decision) == {"texts"}, kind
            assert decision.rows.messages == {}, kind
