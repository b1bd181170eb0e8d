"""A wish for no more texts ends them, however it is written, and is answered at most once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.considered import answers, consider, reached
from tests.harness.constants import NUMBER, PHONE
from tests.harness.sent_texts import kinds
from tests.harness.states import STATES
from tests.harness.words import FILES, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=150)
STOPS = sorted(
    {phrase for one in FILES for phrase in word_lists(one)["stop_own"]} | {"STOP", "UNSUBSCRIBE"}
)
POLITE = sorted({phrase for one in FILES for phrase in word_lists(one)["polite"]})
ENDINGS = ["", ".", "!", "!!!", " …", " 🙏", " :(", " \n", ","]
states = st.sampled_from(list(STATES))
stops = st.sampled_from(STOPS)
polite = st.sampled_from(["", "", *POLITE])


@st.composite
def any_case(draw: st.DrawFn, words: st.SearchStrategy[str]) -> str:
    """As listed, in lower case, with a capital, or in a mixture."""
    written = draw(words)
    mixed = "".join(one.lower() if draw(st.booleans()) else one for one in written)
    return draw(st.sampled_from([written, written.lower(), written.capitalize(), mixed]))


def is_opted_out(state: str, words: str) -> bool:
    """Whether the phone is opted out after the text, which is confirmed at most."""
    sim = reached(state).sim
    decision = consider(sim, words)
    assert set(kinds(answers(sim, decision))) <= {"stopped"}
    return decision.rows.conversations[PHONE, NUMBER].opted_out_at is not None


@steady
@given(states, any_case(stops), polite, polite, st.sampled_from(ENDINGS))
def test_a_stop_in_any_case_with_punctuation_and_courtesy_opts_out(
    state: str, stop: str, before: str, after: str, ending: str
) -> None:
    assert is_opted_out(state, f"{before} {stop} {after}".strip() + ending)


def test_every_listed_stop_opts_out_in_lower_case_with_a_full_stop() -> None:
    for stop in STOPS:
        assert is_opted_out("awaiting", f"{stop.lower()}."), stop
