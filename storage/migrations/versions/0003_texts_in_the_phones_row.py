"""A phone's own row remembers its last texts; `events` keeps what is no text."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Takes columns away, which older code would miss: there is no release that has them."""
    op.add_column("phones", sa.Column("texts", sa.Text(), nullable=False, server_default=""))
    op.execute("DELETE FROM events WHERE kind = 'text'")
    op.drop_index("events_text", table_name="events")
    for column in ("phone", "number", "intent"):
        op.drop_column("events", column)
