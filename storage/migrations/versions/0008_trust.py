"""What holds off attackers: the page door, open requests, texts by hour, the guard."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TO_EXPIRE = sa.text("status = 'pending' AND client IS NOT NULL")
_UNCLAIMED = sa.text("status = 'pending' AND claimed_at IS NULL")


def upgrade() -> None:
    """Adds what older code can ignore. Its sweep goes on without the index that is replaced."""
    for name in ("wrong_in_a_row", "page_closed_until"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("phones", column)
    op.add_column("verifications", sa.Column("address", sa.Text(), nullable=True))
    op.create_table(
        "usage",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("codes", "page_codes", "texts")
        ),
        sa.PrimaryKeyConstraint("hour"),
    )
    op.create_table(
        "guards",
        sa.Column("key", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("unused_at", "approved_at", "regions")
        ),
        sa.PrimaryKeyConstraint("key"),
    )
    op.drop_index("verifications_to_announce", "verifications")
    op.create_index(
        "verifications_to_expire",
        "verifications",
        ["expires_at"],
        postgresql_where=_TO_EXPIRE,
        sqlite_where=_TO_EXPIRE,
    )
    op.create_index(
        "verifications_unclaimed",
        "verifications",
        ["client", "address", "expires_at"],
        postgresql_where=_UNCLAIMED,
        sqlite_where=_UNCLAIMED,
    )
