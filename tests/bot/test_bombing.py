"""How many texts somebody can make a phone receive by texting in its name."""

from __future__ import annotations

from collections import Counter

from tests.attacks.bombing import MOST, by_hand, search


def test_spoofed_texts_make_a_phone_receive_at_most_72_texts_in_a_day() -> None:
    worst = by_hand().worst_day()

    assert Counter(worst) == {
        "code": 10,
        "wrong": 10,
        "denied": 11,
        "status_idle": 40,
        "stopped": 1,
    }
    assert len(worst) <= MOST


def test_no_order_of_spoofed_texts_that_a_search_finds_is_worse() -> None:
    found = search(restarts=1, changes=2)

    assert 50 < len(found) <= len(by_hand().worst_day())


def test_pages_and_spoofed_texts_together_make_a_phone_receive_at_most_82() -> None:
    worst = Counter(by_hand(with_pages=True).worst_day())

    assert worst.total() == 82
    assert (worst["code"], worst["code_page"], worst["denied"]) == (10, 10, 11)
