"""The audit log is sealed; what was issued before stands in it like what is issued from now on.

Revision ID: 0041
Revises: 0040
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
BATCH = 2000
EVENT = sa.table(
    "audit_event",
    sa.column("at", sa.DateTime),
    *(sa.column(name, sa.String) for name in ("actor_label", "via", "action", "object_type", "object_id")),
    sa.column("after", JSON_DICT),
)
AMOUNTS = ("net", "tax", "gross")
DOCUMENTS = {
    kind: sa.table(
        kind,
        *(sa.column(name, sa.BigInteger) for name in ("id", *AMOUNTS, "pdf_size")),
        *(sa.column(name, sa.String) for name in ("number", "pdf_sha256")),
        sa.column("issued_on", sa.Date),
    )
    for kind in ("invoice", "credit_note")
}

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal"
    " BEGIN SELECT RAISE(ABORT, 'a seal never changes'); END",
    "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal"
    " BEGIN SELECT RAISE(ABORT, 'a seal is never deleted'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION audit_seal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a seal never changes and is never deleted';
END $$""",
    "CREATE TRIGGER audit_seal_frozen BEFORE UPDATE OR DELETE ON audit_seal"
    " FOR EACH ROW EXECUTE FUNCTION audit_seal_guard()",
)


def upgrade() -> None:
    """Nothing is sealed here: the worker does it, batch by batch, from the first event on."""
    op.create_table(
        "audit_seal",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("first_event_id", ID, nullable=False),
        sa.Column("last_event_id", ID, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.CheckConstraint("id > 0", name=op.f("ck_audit_seal_counted")),
        sa.CheckConstraint("first_event_id <= last_event_id", name=op.f("ck_audit_seal_forward")),
        sa.CheckConstraint("events > 0 AND length(marks) = 40 * events", name=op.f("ck_audit_seal_marks_each")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_audit_seal_hashed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("first_event_id", name=op.f("uq_audit_seal_first_event_id")),
        sa.UniqueConstraint("last_event_id", name=op.f("uq_audit_seal_last_event_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_audit_seal_sha256")),
    )
    op.create_table(
        "audit_head_mail",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seal_id", ID, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.CheckConstraint("told >= 0", name=op.f("ck_audit_head_mail_not_negative")),
        sa.ForeignKeyConstraint(["seal_id"], ["audit_seal.id"], name=op.f("fk_audit_head_mail_seal_id")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_head_mail")),
        sa.UniqueConstraint("seal_id", name=op.f("uq_audit_head_mail_seal_id")),
    )
    connection = op.get_bind()
    for statement in SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)
    for kind, table in DOCUMENTS.items():
        _enter(connection, kind, table)


def _enter(connection: sa.Connection, kind: str, table: sa.TableClause) -> None:
    """Write an event for each finished document that has none, so many at a time that memory does not matter."""
    known = sa.exists().where(
        EVENT.c.object_type == kind, EVENT.c.object_id == table.c.number, EVENT.c.action == f"{kind}.issue"
    )
    asked = sa.select(table).where(table.c.pdf_sha256.is_not(None), ~known).order_by(table.c.id).limit(BATCH)
    at, last = datetime.now(UTC), 0
    if connection.dialect.name == "sqlite":
        at = at.replace(tzinfo=None)
    while rows := connection.execute(asked.where(table.c.id > last)).all():
        connection.execute(sa.insert(EVENT), [_event(kind, row, at) for row in rows])
        last = rows[-1].id


def _event(kind: str, row: sa.Row[Any], at: datetime) -> dict[str, Any]:
    after = {
        "issued_on": row.issued_on.isoformat(),
        **{name: _text(getattr(row, name)) for name in AMOUNTS},
        "pdf_sha256": row.pdf_sha256,
        "pdf_size": row.pdf_size,
    }
    return {
        "at": at, "actor_label": "system", "via": "migration", "action": f"{kind}.issue",
        "object_type": kind, "object_id": row.number, "after": after,
    }  # fmt: skip


def _text(cents: int) -> str:
    sign, (whole, part) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    return f"{sign}{whole}.{part:02}"


def downgrade() -> None:
    """Forget the seals; what was written of documents stays, as everything in the log does."""
    op.drop_table("audit_head_mail")
    op.drop_table("audit_seal")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_seal_guard()")
