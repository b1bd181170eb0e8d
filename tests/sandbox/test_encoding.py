"""The encoding of a text and its number of parts, at the limits."""

import pytest

from webhooks.sandbox.encoding import encoding_of, parts_of


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("ж" * 70, "UCS-2", 1),
        ("ж" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
    ],
)
def test_a_text_is_counted_in_parts_like_a_carrier_does(
    text: str, encoding: str, parts: int
) -> None:
    assert (encoding_of(text), parts_of(text)) == (encoding, parts)
