"""What a text with a code leaves out when it does not fit, and in which order."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import product

import pytest

from bot.wording import LEFT_OUT, SEGMENT, Catalogue, fits, gsm_7_length
from tests.harness.texts import CODE_KINDS, TYPICAL, every_text, text
from tests.harness.words import LANGUAGES

CODES = [(language, kind) for language in LANGUAGES for kind in CODE_KINDS]
HOST = "login.shop.test1"


@cache
def pieces(language: str) -> dict[str, str]:
    path = files("bot").joinpath("locales", f"{language}.toml")
    found: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))["pieces"]
    return found


def there(language: str, carried: str) -> list[str]:
    """The optional pieces that a text has, in the order in which they are left out."""
    life = re.escape(pieces(language)["life"]).replace(r"\{minutes\}", "[0-9]+")
    found = {
        "life": re.search(life, carried) is not None,
        "letters": pieces(language)["letters"] in carried,
        "origin_line": carried.endswith(f"\n@{HOST} #{TYPICAL['code']}"),
    }
    return [name for name in LEFT_OUT if found[name]]


@pytest.mark.parametrize(("language", "kind"), CODES)
def test_pieces_are_left_out_in_order_as_the_name_grows(language: str, kind: str) -> None:
    possible = {"code": ["life", "letters"], "code_claimed": ["life"]}
    seen = [
        there(language, text(language, kind, TYPICAL | {"app": "W" * length}))
        for length in range(1, 160)
    ]

    whole = possible.get(kind, ["life", "origin_line"])
    steps = [whole[count:] for count in range(len(whole) + 1)]
    assert [one for at, one in enumerate(seen) if at == 0 or one != seen[at - 1]] == steps


#: A text with every piece, so that the whole order shows.
EVERYTHING = Catalogue(
    {"en": {"code": "{app}: {code}{life}{letters}{asker}."}},
    {"en": {"life": " {minutes} min", "letters": " LETTERS", "asker": " for {label}"}},
)


def test_minutes_go_first_then_letters_then_the_origin_line_then_the_label_is_cut() -> None:
    values = {"code": "482915", "minutes": "5", "label": "L" * 24, "origin": HOST}
    found: list[tuple[bool, bool, bool, int]] = []
    for length in range(1, 160):
        carried = EVERYTHING.text("code", "en", values | {"app": "W" * length})
        label = re.search("for (L+)", carried)
        assert label is not None
        has = (" 5 min" in carried, "LETTERS" in carried, HOST in carried, len(label[1]))
        if not found or found[-1] != has:
            found.append(has)
            assert fits(carried) or has[3] == 12

    assert found[:4] == [
        (True, True, True, 24),
        (False, True, True, 24),
        (False, False, True, 24),
        (False, False, False, 24),
    ]
    cut = [(False, False, False, length) for length in range(23, 11, -1)]
    assert found[4:] == cut


@pytest.mark.parametrize(("language", "kind"), [one for one in CODES if one[1] != "code"])
def test_a_label_of_characters_that_count_twice_is_cut_to_what_fits(
    language: str, kind: str
) -> None:
    values = TYPICAL | {"app": "W" * 20, "code": "48291573", "label": "€" * 24}
    carried = text(language, kind, values)

    assert fits(carried)
    assert 12 <= carried.count("€") < 24
    assert (gsm_7_length(carried) or 0) + 2 > SEGMENT  # no further character would fit


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_origin_line_is_exact_and_last(language: str) -> None:
    carried = text(language, "code_page", TYPICAL)

    assert carried.split("\n")[1:] == ["@login.shop.test1 #482915"]
    assert "\n" not in text(language, "code_page", TYPICAL, "origin")


@pytest.mark.parametrize(("language", "kind"), CODES)
def test_the_same_values_give_the_same_text(language: str, kind: str) -> None:
    for app, label in product(("A", "W" * 20), ("x", "€" * 24)):
        values = TYPICAL | {"app": app, "label": label}
        assert len({text(language, kind, values) for _ in range(3)}) == 1


def test_braces_in_a_value_are_not_expanded() -> None:
    values = TYPICAL | {"app": "{code} {0}", "label": "{app} {minutes}"}

    assert text("en", "code_claimed", values).startswith(
        "{code} {0}: 482915 is your code for {app} {minutes}, 5 min."
    )


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("DE-at", "de"), ("pt-BR", "pt"), ("zh-Hant-TW", "en"), ("xx", "en")],
)
def test_a_locale_is_known_by_its_language_and_an_unknown_one_is_english(
    locale: str, language: str
) -> None:
    assert every_text().text("denied", locale, TYPICAL) == text(language, "denied", TYPICAL)


def test_a_catalogue_without_english_or_with_a_text_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="no en"):
        Catalogue({"de": {}}, {})
    with pytest.raises(ValueError, match="not in every language: b"):
        Catalogue({"en": {"a": "", "b": ""}, "de": {"a": ""}}, {})
    with pytest.raises(ValueError, match="not in every language: life"):
        Catalogue({"en": {"a": ""}, "de": {"a": ""}}, {"en": {"life": ""}})
