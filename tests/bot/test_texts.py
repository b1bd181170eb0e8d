"""Every text in every language: one segment, plain letters, and what each must say."""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache
from importlib.resources import files
from itertools import combinations, product
from typing import Any

import pytest

from bot.intents import CodeInSentence, Unknown
from bot.wording import fits
from tests.harness.sent_texts import codes_in
from tests.harness.texts import CODE_KINDS, LONGEST, TYPICAL, every_text, text
from tests.harness.words import LANGUAGES, understand

CODES = [(language, kind) for language in LANGUAGES for kind in CODE_KINDS]
#: What a message with a code may lack.
OPTIONAL = ("label", "origin", "minutes")
KINDS = every_text().kinds
#: The same with the digits that a name and a label may have, next to the text's own.
MOST_DIGITS = LONGEST | {"app": "123 456 789 app 123", "label": "123, 123, 123, 123, 123"}

#: What every text with a code says, by language: the word beside the digits, the warning of people
#: who ask for it, that it is not to be shared, and that it is typed on the page.
WORD = {"en": "is your code", "es": "es tu codigo", "fr": "est votre code", "de": "ist Ihr Code",
        "pt": "é seu codigo"}  # fmt: skip
WARNING = {
    "en": "A person told you to do this? Reply NO",
    "es": "¿Te lo pide alguien? Responde NO",
    "fr": "Quelqu'un le demande? Répondez NON",
    "de": "Fragt jemand danach? NEIN antworten",
    "pt": "Alguém pediu isso? Responda NAO",
}
NOT_SHARED = {
    "en": "[Dd]on't share",
    "es": "no lo compartas",
    "fr": "ne le donnez pas|Ne le donnez qu'à cette page",
    "de": "nicht teilen",
    "pt": "nao compartilhe",
}
REPLY = {"en": "Reply with it", "es": "esponde con él", "fr": "Répondez avec",
         "de": "amit antworten", "pt": "esponda com ele"}  # fmt: skip
PAGE = {
    "en": "Type it only on that page",
    "es": "Ponlo solo en esa pagina",
    "fr": "Ne le donnez qu'à cette page",
    "de": "Nur auf der Seite eingeben",
    "pt": "Digite apenas nessa pagina",
}
#: The first words that a person should read, where somebody else may be logging in.
NO_FIRST = {"en": "Not you? Reply NO.", "es": "¿No eres tu? Responde NO.",
            "fr": "Pas vous? Répondez NON.", "de": "Nicht Sie? Antworten Sie NEIN.",
            "pt": "Nao é voce? Responda NAO."}  # fmt: skip


@cache
def templates(language: str) -> dict[str, Any]:
    """The file of one language."""
    path = files("bot").joinpath("locales", f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def fields(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_language_has_every_kind_and_every_piece() -> None:
    english = templates("en")

    for language in LANGUAGES:
        there = templates(language)
        assert there.keys() == english.keys(), language
        assert there["pieces"].keys() == english["pieces"].keys(), language
    assert set(every_text().languages) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_names_the_same_values_in_every_language(language: str) -> None:
    english, there = templates("en"), templates(language)

    for kind in KINDS:
        assert fields(there[kind]) == fields(english[kind]), kind
        assert there[kind].startswith("{app}: "), kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_fits_one_segment_with_the_longest_values(language: str) -> None:
    for kind in KINDS:
        assert fits(text(language, kind, LONGEST)), kind
        assert fits(text(language, kind, LONGEST | {"app": "€" * 10})), kind


@pytest.mark.parametrize(("language", "kind"), CODES)
def test_a_text_with_a_code_fits_whatever_it_lacks_and_whatever_its_label_is(
    language: str, kind: str
) -> None:
    for count, label in product(range(len(OPTIONAL) + 1), ("x" * 24, "€" * 24, "[a]" * 8)):
        for lacking in combinations(OPTIONAL, count):
            assert fits(text(language, kind, LONGEST | {"label": label}, *lacking)), lacking


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_is_the_only_long_number_of_its_text(language: str) -> None:
    for kind in KINDS:
        codes = [MOST_DIGITS["code"]] if kind in CODE_KINDS else []
        assert codes_in(text(language, kind, MOST_DIGITS, "origin")) == codes, kind


@pytest.mark.parametrize(("language", "kind"), CODES)
def test_a_typical_text_with_a_code_leaves_nothing_out(language: str, kind: str) -> None:
    pieces = templates(language)["pieces"]
    carried = text(language, kind, TYPICAL)

    assert pieces["life"].format_map(TYPICAL) in carried
    if kind == "code":
        assert pieces["letters"] in carried
    else:
        assert pieces["asker"].format_map(TYPICAL) in carried
    assert carried.endswith("\n@login.shop.test1 #482915") == (kind == "code_page")
    assert fits(carried)


@pytest.mark.parametrize("values", [TYPICAL, LONGEST], ids=["typical", "longest"])
@pytest.mark.parametrize(("language", "kind"), CODES)
def test_a_text_with_a_code_says_what_to_do_with_it(
    language: str, kind: str, values: dict[str, str]
) -> None:
    for lacking in ((), ("label",), ("origin",), ("label", "origin")):
        carried = text(language, kind, values, *lacking)
        start = f"{values['app']}: {values['code']} {WORD[language]}"

        assert carried.startswith(start)
        assert WARNING[language] in carried
        assert re.search(NOT_SHARED[language], carried)
        assert (PAGE if kind == "code_page" else REPLY)[language] in carried
        assert (values["label"] in carried) == (kind != "code" and "label" not in lacking)


@pytest.mark.parametrize("kind", ["page_waits_label", "page_waits", "hint_code_out"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_somebody_else_may_log_in_the_text_says_no_first(language: str, kind: str) -> None:
    assert text(language, kind, TYPICAL).startswith(f"Textlogin: {NO_FIRST[language]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_and_hints_say_how_to_end_texts(language: str) -> None:
    for kind in ("help", "help_contact", "hint", "hint_code_out"):
        assert "STOP" in text(language, kind, TYPICAL), kind
    assert TYPICAL["contact"] in text(language, "help_contact", TYPICAL)
    for kind in ("stopped", "say_start"):
        assert "START" in text(language, kind, TYPICAL), kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_in_capitals_is_understood(language: str) -> None:
    for kind in KINDS:
        words = set(re.findall(r"(?<!\w)[A-ZÄÖÜ]{2,}(?!\w)", templates(language)[kind]))
        for word in words - {"SMS"}:
            assert not isinstance(understand(word), Unknown | CodeInSentence), (kind, word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_ours_that_comes_back_means_nothing(language: str) -> None:
    for kind in KINDS:
        returned = understand(text(language, kind, TYPICAL))
        assert isinstance(returned, Unknown | CodeInSentence), (kind, returned)
