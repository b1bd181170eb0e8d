"""Texts of phones as nobody writes them: every Unicode block, floods of marks, odd lengths."""

from __future__ import annotations

from hypothesis import strategies as st

#: What a text is read for.
WORDS = st.sampled_from(
    [
        *("LOGIN", "LOGIN KTQMWX", "KTQMWX", "RESEND", "NO", "STATUS", "HELP", "START", "STOP"),
        *(
            "123456",
            "１２３４５６",
            "1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣",
            "1 2 3 4 5 6",
            "NO 123456",
            "123456?",
            "Liked “123456”",
        ),
        *(
            "stop texting me",
            "no code came",
            "thanks",
            "👍",
            "%20LOGIN",
            "{app}",
            "{code}",
            "%s",
            "",
        ),
    ]
)
#: Bidirectional, zero-width and other marks that are not seen.
MARKS = st.sampled_from(
    [
        *("\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c"),
        *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u20e3"),
        *(
            "\u0301",
            "\u0316",
            "\u0489",
            "\u1160",
            "\u3164",
            "\x00",
            "\x1b[2J",
            "\u2028",
            "\n",
            "\t",
        ),
        *("\ud800", "\udfff", "\udbff\ud800", "\uffff", "\U0010ffff", "\U000e0041"),
    ]
)
_PAGE = 256
_PAGES = st.integers(0, 0x10FFFF // _PAGE)


@st.composite
def _of_one_block(draw: st.DrawFn) -> str:
    """Characters that are near to one another: of one block, assigned or not."""
    first = draw(_PAGES) * _PAGE
    offsets = draw(st.lists(st.integers(0, _PAGE - 1), min_size=1, max_size=12))
    return "".join(chr(first + offset) for offset in offsets)


def _flood(piece: str, times: int) -> str:
    return piece * times


_pieces = st.one_of(WORDS, MARKS, _of_one_block(), st.text(max_size=20))
_floods = st.builds(_flood, _pieces, st.sampled_from([70, 160, 400, 1_600, 3_000]))


def generated_texts() -> st.SearchStrategy[str]:
    """Up to tens of thousands of characters; lone surrogates too."""
    mixed = st.lists(_pieces, max_size=6).map("".join)
    return st.one_of(WORDS, mixed, mixed, st.builds(str.__add__, mixed, _floods))
