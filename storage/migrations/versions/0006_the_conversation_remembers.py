"""What the conversation remembers: limits per door, own stops, notices, locale, repudiation."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_PHONES = (
    ("page_codes_at", sa.Text(), ""),
    ("page_cooldown_until", sa.BigInteger(), "0"),
    ("code_alone_said", sa.BigInteger(), "0"),
    ("refs_notified_until", sa.BigInteger(), "0"),
    ("helped_at", sa.Text(), ""),
    ("locale", sa.Text(), ""),
)


def upgrade() -> None:
    """Adds columns with defaults, so that older code goes on working."""
    for name, kind, default in _PHONES:
        column = sa.Column(name, kind, nullable=False, server_default=default)
        op.add_column("phones", column)
    for name in ("own_stop_at", "stop_confirmed_at", "start_told_at"):
        op.add_column("conversations", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("verifications", sa.Column("repudiated_at", sa.BigInteger(), nullable=True))
