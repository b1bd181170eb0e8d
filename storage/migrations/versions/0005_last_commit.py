"""The time of the last commit, which no process's time may be earlier than."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds a table of one row."""
    last_commit = op.create_table(
        "last_commit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(last_commit, [{"id": 1, "committed_at": 0}])
