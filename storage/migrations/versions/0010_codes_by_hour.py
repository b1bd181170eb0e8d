"""Right and wrong codes by hour over all phones, and the codes of a web app by hour."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds what older code can ignore."""
    for name in ("right_codes", "wrong_codes", "sprayed", "judged"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("usage", column)
    op.add_column("guards", sa.Column("hours", sa.Text(), nullable=False, server_default=""))
