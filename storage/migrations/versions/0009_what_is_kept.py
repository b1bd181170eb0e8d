"""What is kept of a forgotten phone, and the service's own values."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds tables that older code ignores."""
    op.create_table(
        "forgotten_opt_outs",
        sa.Column("hash", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in ("opted_out_at", "own_stop_at")
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "own_values",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
