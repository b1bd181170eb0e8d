"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first version of `storage.tables`."""
    op.create_table(
        "conversations",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("opted_out_at", sa.BigInteger(), nullable=True),
        sa.Column("opted_in_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("phone", "number"),
    )
    op.create_table(
        "events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("unmatched", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index(
        "events_text",
        "events",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'text'"),
        sqlite_where=sa.text("kind = 'text'"),
    )
    op.create_index(
        "events_unmatched",
        "events",
        ["message_id"],
        unique=False,
        postgresql_where=sa.text("unmatched IS NOT NULL"),
        sqlite_where=sa.text("unmatched IS NOT NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("send_before", sa.BigInteger(), nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=True),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'expired', 'withdrawn')", name="state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "messages_provider",
        "messages",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
        sqlite_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "messages_queued",
        "messages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
        sqlite_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "phones",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("codes_at", sa.Text(), nullable=False),
        sa.Column("cooldown_until", sa.BigInteger(), nullable=False),
        sa.Column("wrong_at", sa.Text(), nullable=False),
        sa.Column("wrong_texts_at", sa.Text(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("ref_misses_at", sa.Text(), nullable=False),
        sa.Column("replies_at", sa.Text(), nullable=False),
        sa.Column("wait_told_until", sa.BigInteger(), nullable=False),
        sa.Column("lock_told_until", sa.BigInteger(), nullable=False),
        sa.Column("nothing_told_until", sa.BigInteger(), nullable=False),
        sa.Column("hint_told_until", sa.BigInteger(), nullable=False),
        sa.Column("done_told_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("phone"),
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("code_entry", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("awaiting", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts_left", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("binding", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column("secret_id", sa.Text(), nullable=True),
        sa.Column("digits", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.BigInteger(), nullable=False),
        sa.Column("code_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("resend_at", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'pending') = (completed_at IS NULL)", name="completed"),
        sa.CheckConstraint("code_entry IN ('reply', 'page')", name="code_entry"),
        sa.CheckConstraint("method IN ('text', 'sms')", name="method"),
        sa.CheckConstraint(
            "redeemed_at IS NULL OR status IN ('approved', 'denied')", name="redeemed"
        ),
        sa.CheckConstraint("status = 'pending' OR seed IS NULL", name="seed_erased"),
        sa.CheckConstraint("attempts_left >= 0", name="attempts_left"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("verifications_phone", "verifications", ["phone", "created_at"], unique=False)
    op.create_index(
        "verifications_ref",
        "verifications",
        ["ref"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    )
