"""The page door: wrong codes in a row, and until when pages get no codes for a phone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    """Adds columns with defaults, so that older code goes on working."""
    for name in ("wrong_in_a_row", "page_closed_until"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("phones", column)
