"""During its rotation, a web app's previous callback secret also signs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds a column that older code ignores."""
    op.add_column("clients", sa.Column("previous_callback_secret", sa.Text(), nullable=True))
