"""A phone's row holds the ids of its last texts; `events` no longer holds texts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drops columns that older code needs. No release had them."""
    op.add_column("phones", sa.Column("texts", sa.Text(), nullable=False, server_default=""))
    op.execute("DELETE FROM events WHERE kind = 'text'")
    op.drop_index("events_text", table_name="events")
    for column in ("phone", "number", "intent"):
        op.drop_column("events", column)
