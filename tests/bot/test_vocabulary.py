"""The word lists: every word means one thing, in each spelling."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bot.folding import fold
from bot.intents import (
    Code,
    CodeInSentence,
    Help,
    Intent,
    Login,
    No,
    OwnStop,
    Reaction,
    Resend,
    Start,
    Status,
    Thanks,
    Unknown,
)
from bot.vocabulary import (
    ANY,
    CARRIER_STOP,
    LISTS,
    SLOTS,
    WHOLE,
    Vocabulary,
    spelled_out,
    squash,
)
from tests.harness.words import FILES, LANGUAGES, understand, word_lists

MEANINGS: dict[str, Intent] = {
    "stop_own": OwnStop(),
    "start": Start(),
    "help": Help(),
    "no_code_came": Resend(),
    "no": No(),
    "login": Login(),
    "resend": Resend(),
    "status": Status(),
    "thanks": Thanks(),
}
#: The lists of every language.
EVERYWHERE = set(LISTS) - {
    *("start", "status", "never_in_a_ref", "device", "shared", "conjunction"),
    *("slot_not", "slot_not_behind", "slot_already", "slot_other"),
}


def phrases(name: str) -> list[str]:
    return [phrase for language in FILES for phrase in word_lists(language).get(name, ())]


def test_no_whole_message_means_two_things() -> None:
    meanings = defaultdict(set)
    for name in WHOLE:
        for phrase in phrases(name):
            meanings[squash(phrase)].add(MEANINGS[name])
    for phrase in CARRIER_STOP:
        meanings[squash(phrase)].add(OwnStop())

    assert {phrase: means for phrase, means in meanings.items() if len(means) > 1} == {}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize(
    "spelled", ["{}", "{}!", " {}. ", "“{}”", "{} 🙏", "{}\nSent from my iPhone"]
)
def test_every_phrase_is_understood_as_its_list_says(name: str, spelled: str) -> None:
    for phrase in phrases(name):
        for text in (phrase, phrase.lower(), phrase.capitalize()):
            assert understand(spelled.format(text)) == MEANINGS[name], text


@pytest.mark.parametrize("name", ["stop_own", "start", "help", "no_code_came", "no", "resend"])
def test_every_phrase_may_be_polite(name: str) -> None:
    for phrase in set(phrases(name)) - {"?"}:
        for text in (f"Hi, {phrase} please", f"{phrase}, thank you!", f"Bitte {phrase}"):
            assert understand(text) == MEANINGS[name], text


@pytest.mark.parametrize(
    ("name", "meaning"), [("stop_beginning", OwnStop()), ("no_beginning", No())]
)
@pytest.mark.parametrize("text", ["{} abc", "hello, {} abc def, ghi thanks", "{} JOHN 12"])
def test_every_beginning_of_a_stop_or_a_no_is_one_with_a_few_more_words(
    name: str, meaning: Intent, text: str
) -> None:
    for phrase in phrases(name):
        assert understand(text.format(phrase.lower())) == meaning, phrase
        assert understand(f"{phrase} 482915") == CodeInSentence(), phrase


def test_every_interjection_may_stand_beside_a_no_or_a_stop() -> None:
    for phrase in phrases("interjection"):
        assert understand(f"{phrase}! No") == No(), phrase
        assert understand(f"{phrase.lower()}, it wasn't me who asked") == No(), phrase
        assert understand(f"{phrase.lower()} stop") == OwnStop(), phrase
        assert not isinstance(understand(phrase), No | OwnStop), phrase


@pytest.mark.parametrize(
    ("name", "meaning"), [("stop_beginning", OwnStop()), ("no_beginning", No())]
)
def test_every_beginning_of_a_stop_or_a_no_counts_in_a_later_clause_too(
    name: str, meaning: Intent
) -> None:
    for phrase in phrases(name):
        assert understand(f"I am Ann. {phrase.lower()} abc") == meaning, phrase
        assert understand(f"I am Ann. {phrase} abc?") not in (No(), OwnStop()), phrase


def test_a_stop_or_a_no_counts_after_every_conjunction() -> None:
    for phrase in phrases("conjunction"):
        assert understand(f"I am Ann {phrase.lower()} stop texting me") == OwnStop(), phrase
        assert understand(f"A code came {phrase.lower()} I didn't request it") == No(), phrase
        assert understand(f"Yes {phrase} no, maybe") == Unknown(), phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_in_two_slots_of_a_sentence_about_a_code(language: str) -> None:
    slots = defaultdict(set)
    for lists in (word_lists(language), word_lists(ANY)):
        for name in SLOTS.keys() & lists.keys():
            for phrase in lists[name]:
                slots[squash(phrase)].add(name)

    assert {phrase: names for phrase, names in slots.items() if len(names) > 1} == {}


def test_an_entry_stands_for_each_of_its_alternatives() -> None:
    assert spelled_out(["NO (CODE|TEXT) (YET|)", "ONE"]) == [
        *("NO CODE YET", "NO CODE", "NO TEXT YET", "NO TEXT"),
        "ONE",
    ]


@pytest.mark.parametrize("name", ["stop_own", "no", "thanks"])
def test_every_phrase_may_be_repeated(name: str) -> None:
    for phrase in phrases(name):
        assert understand(f"{phrase} {phrase}, {phrase}!") == MEANINGS[name], phrase


def test_every_courteous_word_may_stand_around_a_code() -> None:
    first_words = set(phrases("question"))
    for phrase in phrases("courtesy"):
        assert understand(f"482915, {phrase}") == Code("482915"), phrase
        if phrase not in first_words:
            assert understand(f"{phrase} 482 915") == Code("482915"), phrase


def test_a_question_with_digits_is_no_code() -> None:
    for phrase in phrases("question"):
        assert understand(f"{phrase} 482915") == CodeInSentence(), phrase


def test_every_filler_may_stand_around_login() -> None:
    for phrase in phrases("login_fillers"):
        assert understand(f"login {phrase}") == Login(), phrase
        assert understand(f"{phrase} LOGIN KTQMWX") == Login("KTQMWX"), phrase


@pytest.mark.parametrize("quoted", ["“{}”", "«{}»", "„{}“", '"{}"'])
def test_every_reaction_to_a_quotation_is_one(quoted: str) -> None:
    for phrase in phrases("reaction"):
        for inside in ("482915", "Reply NO", "LOGIN KTQMWX", "STOP"):
            ours = quoted.format(inside)
            assert understand(f"{phrase.capitalize()} {ours}") == Reaction(), phrase
            assert understand(f"{ours} {phrase.lower()}") == Reaction(), phrase
            assert understand(f"{phrase.lower()} “{inside}…") == Reaction(), phrase


def test_every_signature_is_dropped() -> None:
    for phrase in phrases("signature"):
        assert understand(f"482915\n{phrase.capitalize()} iPhone 15") == Code("482915"), phrase
        assert understand(f"no\n\n-- \n{phrase.lower()} Tel 12") == No(), phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_list(language: str) -> None:
    assert set(word_lists(language)) >= EVERYWHERE - {"login_fillers"}


@pytest.mark.parametrize("language", FILES)
def test_a_list_is_folded_and_has_no_phrase_twice(language: str) -> None:
    for name, listed in word_lists(language).items():
        assert [fold(phrase) for phrase in listed] == listed, name
        assert len(set(listed)) == len(listed), name


def test_a_list_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown word lists: yes"):
        Vocabulary({"en": {"yes": ["YES"]}})
