"""Rename the `*_told_until` columns to `*_notified_until`, the word that the code uses."""

from alembic import op

revision = "0004"
down_revision = "0003"

_NOTICES = ("wait", "lock", "nothing", "hint", "done")


def upgrade() -> None:
    """Renames columns that older code needs. No release had them."""
    for notice in _NOTICES:
        op.alter_column(
            "phones", f"{notice}_told_until", new_column_name=f"{notice}_notified_until"
        )
