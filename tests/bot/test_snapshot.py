"""Rows of a batch, by table."""

from bot.records import TABLES
from bot.snapshot import Rows


def test_rows_take_over_what_is_newer_in_every_table() -> None:
    older, newer = Rows(), Rows()
    for name in TABLES:
        getattr(older, name).update(kept="old", replaced="old")
        getattr(newer, name).update(replaced="new")

    older.update(newer)

    for name in TABLES:
        assert getattr(older, name) == {"kept": "old", "replaced": "new"}, name
