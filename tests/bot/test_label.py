"""A label is made safe for a text with a code, whatever a web app sends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.label import LONGEST_LABEL, safe_label
from bot.wording import gsm_7_length


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Chrome, Paris", "Chrome, Paris"),
        ("Zoé-Maria, 12 bis", "Zoé-Maria, 12 bis"),
        ("Ärzte", "Ärzte"),
        ("Zoe's iPhone", "Zoes iPhone"),
        ("Čeněk na Łódź", "Cenek na Lodz"),
        ("Firefox 128.0 (Linux)", "Firefox 128 0 Linux"),
        ("Chrome – Köln", "Chrome - Köln"),
        ("  a  b , c ", "a b, c"),
        ("x" * 25, "x" * 24),
        ("Safari on iPhone in Paris, France", "Safari on iPhone in Pari"),
        ("twenty-three characters, x", "twenty-three characters"),
    ],
)
def test_a_label_keeps_what_a_text_can_carry(text: str, label: str) -> None:
    assert safe_label(text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("pin 1234", "pin"),
        ("123456", None),
        ("123 12345678 4", "123 4"),
        ("١٢٣٤", None),
        ("１２３４５ x", "x"),
        ("12'34'56", None),
        ("12\u200b34", None),
        ("①②③④", None),
    ],
)
def test_digits_that_look_like_a_code_are_dropped(text: str, label: str | None) -> None:
    assert safe_label(text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("https://evil.example/a?b", "https evil example a b"),
        ('say “LOGIN” or "NO"', "say LOGIN or NO"),
        ("a\nb\x00c\u202ed", "a b cd"),
        ("@evil.example #123456", "evil example"),
        ("{code}", "code"),
        ("<b>", "b"),
        ("Чром", None),
        ("浏览器 Chrome", "Chrome"),
        ("😀", None),
        ("", None),
        (" ,", None),
    ],
)
def test_links_quotes_controls_and_other_scripts_are_harmless(text: str, label: str | None) -> None:
    assert safe_label(text) == label


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(max_size=60))
def test_any_text_becomes_a_label_of_plain_words_or_none(text: str) -> None:
    label = safe_label(text)
    if label is not None:
        assert 1 <= (gsm_7_length(label) or 0) <= LONGEST_LABEL
        assert all(one.isalnum() or one in " ,-" for one in label)
        assert not re.search("[0-9]{4}", label)
        assert label == label.strip()
        assert safe_label(label) == label
