"""The schema. The columns are the fields of `bot.records` in the same order, as a test checks.

Times are BIGINT milliseconds: the hot path compares and writes them without conversion. Our own
primary keys are ordered by time, so that inserts stay as fast in a large table as in an empty one.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from storage.columns import number as _number
from storage.columns import text_column as _text
from storage.kept_tables import ForgottenOptOutRow as ForgottenOptOutRow
from storage.kept_tables import OwnValueRow as OwnValueRow
from storage.limit_tables import GuardRow as GuardRow
from storage.limit_tables import UsageRow as UsageRow


class PhoneRow(SQLModel, table=True):
    """`bot.records.Phone`."""

    __tablename__: ClassVar[str] = "phones"

    phone: str = Field(sa_column=_text(key=True))
    codes_at: str = Field(sa_column=_text())
    cooldown_until: int = Field(sa_column=_number())
    wrong_at: str = Field(sa_column=_text())
    wrong_texts_at: str = Field(sa_column=_text())
    locked_until: int = Field(sa_column=_number())
    ref_misses_at: str = Field(sa_column=_text())
    replies_at: str = Field(sa_column=_text())
    wait_notified_until: int = Field(sa_column=_number())
    lock_notified_until: int = Field(sa_column=_number())
    nothing_notified_until: int = Field(sa_column=_number())
    hint_notified_until: int = Field(sa_column=_number())
    done_notified_until: int = Field(sa_column=_number())
    texts: str = Field(sa_column=_text(default=""))
    page_codes_at: str = Field(sa_column=_text(default=""))
    page_cooldown_until: int = Field(sa_column=_number(default="0"))
    code_alone_said: int = Field(sa_column=_number(default="0"))
    refs_notified_until: int = Field(sa_column=_number(default="0"))
    helped_at: str = Field(sa_column=_text(default=""))
    locale: str = Field(sa_column=_text(default=""))
    wrong_in_a_row: int = Field(sa_column=_number(default="0"))
    page_closed_until: int = Field(sa_column=_number(default="0"))


class ConversationRow(SQLModel, table=True):
    """`bot.records.Conversation`."""

    __tablename__: ClassVar[str] = "conversations"

    phone: str = Field(sa_column=_text(key=True))
    number: str = Field(sa_column=_text(key=True))
    opted_out_at: int | None = Field(sa_column=_number(null=True))
    opted_in_at: int | None = Field(sa_column=_number(null=True))
    own_stop_at: int | None = Field(sa_column=_number(null=True))
    stop_confirmed_at: int | None = Field(sa_column=_number(null=True))
    start_told_at: int | None = Field(sa_column=_number(null=True))


_pending = text("status = 'pending'")
_to_expire = text("status = 'pending' AND client IS NOT NULL")
_unclaimed = text("status = 'pending' AND claimed_at IS NULL")


class VerificationRow(SQLModel, table=True):
    """`bot.records.Verification`."""

    __tablename__: ClassVar[str] = "verifications"
    __table_args__ = (
        CheckConstraint("method IN ('text', 'sms')", name="method"),
        CheckConstraint("code_entry IN ('reply', 'page')", name="code_entry"),
        CheckConstraint("(status = 'pending') = (completed_at IS NULL)", name="completed"),
        CheckConstraint("status = 'pending' OR seed IS NULL", name="seed_erased"),
        CheckConstraint("attempts_left >= 0", name="attempts_left"),
        CheckConstraint("redeemed_at IS NULL OR status IN ('approved', 'denied')", name="redeemed"),
        Index("verifications_phone", "phone", "created_at"),
        Index(
            "verifications_to_expire",
            "expires_at",
            postgresql_where=_to_expire,
            sqlite_where=_to_expire,
        ),
        Index(
            "verifications_unclaimed",
            "client",
            "address",
            "expires_at",
            postgresql_where=_unclaimed,
            sqlite_where=_unclaimed,
        ),
        Index(
            "verifications_ref",
            "ref",
            unique=True,
            postgresql_where=_pending,
            sqlite_where=_pending,
        ),
    )

    id: str = Field(sa_column=_text(key=True))
    revision: int = Field(sa_column=_number())
    client: str | None = Field(sa_column=_text(null=True))
    method: str = Field(sa_column=_text())
    code_entry: str = Field(sa_column=_text())
    status: str = Field(sa_column=_text())
    awaiting: str | None = Field(sa_column=_text(null=True))
    phone: str | None = Field(sa_column=_text(null=True))
    number: str = Field(sa_column=_text())
    created_at: int = Field(sa_column=_number())
    expires_at: int = Field(sa_column=_number())
    attempts_left: int = Field(sa_column=_number())
    ref: str | None = Field(sa_column=_text(null=True))
    claimed_at: int | None = Field(sa_column=_number(null=True))
    reference: str | None = Field(sa_column=_text(null=True))
    label: str | None = Field(sa_column=_text(null=True))
    locale: str = Field(sa_column=_text())
    binding: str | None = Field(sa_column=_text(null=True))
    reason: str | None = Field(sa_column=_text(null=True))
    delivery: str | None = Field(sa_column=_text(null=True))
    message_id: str | None = Field(sa_column=_text(null=True))
    seed: str | None = Field(sa_column=_text(null=True))
    secret_id: str | None = Field(sa_column=_text(null=True))
    digits: int = Field(sa_column=_number())
    codes: int = Field(sa_column=_number())
    code_expires_at: int | None = Field(sa_column=_number(null=True))
    resend_at: int | None = Field(sa_column=_number(null=True))
    completed_at: int | None = Field(sa_column=_number(null=True))
    redeemed_at: int | None = Field(sa_column=_number(null=True))
    spent: str | None = Field(sa_column=_text(null=True))
    origin: str | None = Field(sa_column=_text(null=True))
    callback_url: str | None = Field(sa_column=_text(null=True))
    repudiated_at: int | None = Field(sa_column=_number(null=True))
    address: str | None = Field(sa_column=_text(null=True))


_queued = text("state = 'queued'")
_has_provider_id = text("provider_id IS NOT NULL")


class MessageRow(SQLModel, table=True):
    """`bot.records.Message`: the outbox, and what became of each message."""

    __tablename__: ClassVar[str] = "messages"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'expired', 'withdrawn')", name="state"
        ),
        Index("messages_queued", "id", postgresql_where=_queued, sqlite_where=_queued),
        Index(
            "messages_provider",
            "provider_id",
            postgresql_where=_has_provider_id,
            sqlite_where=_has_provider_id,
        ),
    )

    id: str = Field(sa_column=_text(key=True))
    phone: str = Field(sa_column=_text())
    number: str = Field(sa_column=_text())
    kind: str = Field(sa_column=_text())
    locale: str = Field(sa_column=_text())
    params: str = Field(sa_column=_text())
    created_at: int = Field(sa_column=_number())
    send_before: int = Field(sa_column=_number())
    verification_id: str | None = Field(sa_column=_text(null=True))
    code: int | None = Field(sa_column=_number(null=True))
    state: str = Field(sa_column=_text())
    not_before: int = Field(sa_column=_number())
    tries: int = Field(sa_column=_number())
    round: int = Field(sa_column=_number())
    lease_owner: str | None = Field(sa_column=_text(null=True))
    lease_until: int = Field(sa_column=_number())
    provider_id: str | None = Field(sa_column=_text(null=True))
    error: str | None = Field(sa_column=_text(null=True))
    delivery: str | None = Field(sa_column=_text(null=True))


_unmatched = text("unmatched IS NOT NULL")


class EventRow(SQLModel, table=True):
    """`bot.records.WebhookEvent`: every event except texts, whose ids are in `phones.texts`."""

    __tablename__: ClassVar[str] = "events"
    __table_args__ = (
        Index(
            "events_unmatched",
            "message_id",
            postgresql_where=_unmatched,
            sqlite_where=_unmatched,
        ),
    )

    event_id: str = Field(sa_column=_text(key=True))
    kind: str = Field(sa_column=_text())
    message_id: str | None = Field(sa_column=_text(null=True))
    status: str | None = Field(sa_column=_text(null=True))
    error: str | None = Field(sa_column=_text(null=True))
    unmatched: int | None = Field(sa_column=_number(null=True))
    received_at: int = Field(sa_column=_number())


class AddressRow(SQLModel, table=True):
    """`bot.records.Address`."""

    __tablename__: ClassVar[str] = "addresses"

    address: str = Field(sa_column=_text(key=True))
    codes_at: str = Field(sa_column=_text())


class IdempotentRequestRow(SQLModel, table=True):
    """`bot.records.IdempotentRequest`."""

    __tablename__: ClassVar[str] = "idempotent_requests"

    key: str = Field(sa_column=_text(key=True))
    fingerprint: str = Field(sa_column=_text())
    verification_id: str = Field(sa_column=_text())
    created_at: int = Field(sa_column=_number())


class CallbackRow(SQLModel, table=True):
    """`bot.records.Callback`: the outbox to web apps."""

    __tablename__: ClassVar[str] = "callbacks"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'delivered', 'failed', 'disabled')", name="state"),
        Index("callbacks_queued", "not_before", postgresql_where=_queued, sqlite_where=_queued),
        Index("callbacks_client", "client", "id"),
    )

    id: str = Field(sa_column=_text(key=True))
    client: str = Field(sa_column=_text())
    url: str = Field(sa_column=_text())
    type: str = Field(sa_column=_text())
    verification_id: str = Field(sa_column=_text())
    snapshot: str = Field(sa_column=_text())
    created_at: int = Field(sa_column=_number())
    state: str = Field(sa_column=_text())
    tries: int = Field(sa_column=_number())
    not_before: int = Field(sa_column=_number())
    lease_owner: str | None = Field(sa_column=_text(null=True))
    lease_until: int = Field(sa_column=_number())
    answer: str | None = Field(sa_column=_text(null=True))


class EndpointRow(SQLModel, table=True):
    """`bot.records.Endpoint`."""

    __tablename__: ClassVar[str] = "endpoints"

    key: str = Field(sa_column=_text(key=True))
    disabled_at: int | None = Field(sa_column=_number(null=True))


class ClientRow(SQLModel, table=True):
    """A registered web app, written by `textlogin clients` only.

    Keys are stored as SHA-256, callback secrets encrypted under the secret key. `previous_key` and
    `previous_callback_secret` are set during a rotation.
    """

    __tablename__: ClassVar[str] = "clients"

    name: str = Field(sa_column=_text(key=True))
    key: str = Field(sa_column=_text())
    previous_key: str | None = Field(sa_column=_text(null=True))
    origin: str | None = Field(sa_column=_text(null=True))
    callback_url: str | None = Field(sa_column=_text(null=True))
    return_to: str | None = Field(sa_column=_text(null=True))
    code_entry: str = Field(sa_column=_text())
    accept: str = Field(sa_column=_text())
    callback_secret: str = Field(sa_column=_text())
    created_at: int = Field(sa_column=_number())
    previous_callback_secret: str | None = Field(sa_column=_text(null=True))


class LastCommitRow(SQLModel, table=True):
    """The time of the last commit (ms), in one row with the id 1."""

    __tablename__: ClassVar[str] = "last_commit"

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    committed_at: int = Field(sa_column=_number())
