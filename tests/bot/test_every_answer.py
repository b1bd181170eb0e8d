"""Every kind of text in every state and language: an answer of one segment, or silence."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import replace

from bot.intents import Intent
from bot.wording import fits
from tests.harness.considered import answers, consider
from tests.harness.states import STATES, TEXTS, Scenario
from tests.harness.texts import LONGEST
from tests.harness.words import LANGUAGES, understand

#: These are never answered by us.
ALWAYS_SILENT = {"STOP", "START", "thanks", "reaction"}
#: What an opted-out phone may text and be answered. Without a claimed ref, `same-ref` is LOGIN.
ANSWERED_AFTER_A_STOP = {"LOGIN", "open-ref", "page-ref", "same-ref"}
#: Texts that these states leave unanswered too.
SILENT = {
    "locked": {"code-in-text", "wrong-length", "other"},
    "opted-out": set(TEXTS) - ANSWERED_AFTER_A_STOP,
    "own-stop": set(TEXTS) - ANSWERED_AFTER_A_STOP,
}


def with_the_longest_values(scenario: Scenario) -> None:
    """Give the service the longest name, the web apps the longest labels and hosts."""
    sim = scenario.sim
    sim.policy = replace(sim.policy, app_name=LONGEST["app"], support_contact=LONGEST["contact"])
    for id, one in list(sim.store.verifications.items()):
        if one.client is not None:
            named = replace(one, label=LONGEST["label"], origin=LONGEST["origin"])
            sim.store.verifications[id] = named


def test_the_texts_that_are_tried_have_every_meaning() -> None:
    scenario = STATES["awaiting-claimed"]()
    tried = {type(understand(words(scenario))) for words in TEXTS.values()}

    assert tried == set(get_args(Intent))


@pytest.mark.parametrize("state", STATES)
def test_every_text_is_answered_in_every_language_or_silent_on_purpose(state: str) -> None:
    silent = set()
    for name, words in TEXTS.items():
        scenario = STATES[state]()
        written = words(scenario)
        with_the_longest_values(scenario)
        for language in LANGUAGES:
            decision = consider(scenario.sim, written, language)
            texts = answers(scenario.sim, decision)
            assert {one.locale for one in decision.rows.messages.values()} <= {language}
            assert all(fits(one.text) for one in texts), (name, language)
            assert len(texts) <= 1, (name, language)
            silent |= set() if texts else {name}

    assert silent == ALWAYS_SILENT | SILENT.get(state, set())
