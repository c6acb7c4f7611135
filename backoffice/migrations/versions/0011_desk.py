"""Claims, holds, first approvals and notes of the review desk.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHECKS = {
    "claim_is_whole": (
        "(claimed_by_id IS NULL) = (claim_ends_at IS NULL) AND (claimed_by_id IS NULL) = (claimed_by_label IS NULL)"
    ),
    "claimed_is_pending": "claimed_by_id IS NULL OR state = 'pending'",
    "held_is_pending": "held_at IS NULL OR state = 'pending'",
    "paused_is_held": "paused_at IS NULL OR held_at IS NOT NULL",
    "second_is_pending": "second_wanted_at IS NULL OR state = 'pending'",
    "paused_forward": "paused_seconds >= 0",
}
COLUMNS = (
    "claimed_by_id", "claimed_by_label", "claim_ends_at", "held_at", "paused_at", "second_wanted_at", "paused_seconds",
)  # fmt: skip
INDEXES = {
    "ix_invoice_request_held": (["due_at", "id"], "held_at IS NOT NULL"),
    "ix_invoice_request_second": (["due_at", "id"], "second_wanted_at IS NOT NULL"),
    "ix_invoice_request_claimed": (["claimed_by_id", "due_at", "id"], "claimed_by_id IS NOT NULL"),
}
IN_FORCE = "uq_decision_in_force"


OPEN_HOLD, NOT_FIRST, FIRST = (
    sa.text(words)
    for words in (
        "ended_at IS NULL",
        "revoked_at IS NULL AND verdict <> 'first_approve'",
        "revoked_at IS NULL AND verdict = 'first_approve'",
    )
)


def upgrade() -> None:
    """Add what the desk keeps; nothing is claimed, held or half approved yet."""
    _widen_requests()
    _widen_decisions()
    _create_holds()
    _create_notes()


def _widen_requests() -> None:
    with op.batch_alter_table("invoice_request", recreate="auto") as table:
        table.add_column(sa.Column("claimed_by_id", ID, nullable=True))
        table.add_column(sa.Column("claimed_by_label", sa.String(length=120), nullable=True))
        for name in ("claim_ends_at", "held_at", "paused_at", "second_wanted_at"):
            table.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("paused_seconds", sa.Integer(), nullable=False, server_default="0"))
        table.create_foreign_key(op.f("fk_invoice_request_claimed_by_id"), "app_user", ["claimed_by_id"], ["id"])
        for name, condition in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_invoice_request_{name}"), condition)
    with op.batch_alter_table("invoice_request") as table:
        table.alter_column("paused_seconds", server_default=None)
    _order_indexes()
    for name, (columns, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "invoice_request", columns, sqlite_where=where, postgresql_where=where)


def _order_indexes() -> None:
    """Let the index of all states follow those of open requests again (see revision 0005)."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_invoice_request_state", "invoice_request")
        op.create_index("ix_invoice_request_state", "invoice_request", ["state", "submitted_at", "id"])


def _widen_decisions() -> None:
    op.drop_index(IN_FORCE, "decision")
    with op.batch_alter_table("decision", recreate="auto") as table:
        table.add_column(sa.Column("further_reasons", JSON_DICT, nullable=False, server_default="[]"))
        table.add_column(sa.Column("fields", JSON_DICT, nullable=False, server_default="[]"))
        table.add_column(sa.Column("basis", sa.String(length=64), nullable=True))
        table.drop_constraint(op.f("ck_decision_verdict"), type_="check")
        table.drop_constraint(op.f("ck_decision_rejection_says_why"), type_="check")
        table.alter_column("verdict", existing_type=sa.String(length=10), type_=sa.String(length=20))
        table.create_check_constraint(op.f("ck_decision_verdict"), "verdict IN ('first_approve', 'approve', 'reject')")
        table.create_check_constraint(
            op.f("ck_decision_rejection_says_why"), "verdict <> 'reject' OR (remarks <> '' AND reason IS NOT NULL)"
        )
    with op.batch_alter_table("decision") as table:
        table.alter_column("further_reasons", server_default=None)
        table.alter_column("fields", server_default=None)
    op.create_index(
        IN_FORCE, "decision", ["request_id"], unique=True, sqlite_where=NOT_FIRST, postgresql_where=NOT_FIRST
    )
    op.create_index(
        "uq_decision_first_in_force",
        "decision",
        ["request_id"],
        unique=True,
        sqlite_where=FIRST,
        postgresql_where=FIRST,
    )
    op.create_index("ix_decision_request_id", "decision", ["request_id", "id"])


def _create_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_by_label", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_label", sa.String(length=120), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("question <> ''", name=op.f("ck_hold_asks_something")),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_hold_end_is_whole")),
        sa.CheckConstraint(
            "outcome IN ('answered', 'no_answer', 'resumed', 'decided', 'withdrawn')", name=op.f("ck_hold_outcome")
        ),
        sa.CheckConstraint("(outcome = 'answered') = (answer IS NOT NULL)", name=op.f("ck_hold_answered_says_what")),
        sa.CheckConstraint("paused_seconds >= 0", name=op.f("ck_hold_paused_forward")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_hold_request_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_hold_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(
        "uq_hold_open", "hold", ["request_id"], unique=True, sqlite_where=OPEN_HOLD, postgresql_where=OPEN_HOLD
    )
    op.create_index("ix_hold_request_id", "hold", ["request_id", "id"])


def _create_notes() -> None:
    op.create_table(
        "request_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_label", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_request_note_not_empty")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_request_note_request_id")),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_request_note_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_note")),
    )
    op.create_index("ix_request_note_request_id", "request_note", ["request_id", "id"])


def downgrade() -> None:
    """Drop what the desk kept; a first approval alone was no verdict before."""
    op.drop_table("request_note")
    op.drop_table("hold")
    op.execute("DELETE FROM decision WHERE verdict = 'first_approve'")
    for name in (IN_FORCE, "uq_decision_first_in_force", "ix_decision_request_id"):
        op.drop_index(name, "decision")
    with op.batch_alter_table("decision", recreate="auto") as table:
        table.drop_constraint(op.f("ck_decision_verdict"), type_="check")
        table.drop_constraint(op.f("ck_decision_rejection_says_why"), type_="check")
        table.alter_column("verdict", existing_type=sa.String(length=20), type_=sa.String(length=10))
        table.create_check_constraint(op.f("ck_decision_verdict"), "verdict IN ('approve', 'reject')")
        table.create_check_constraint(
            op.f("ck_decision_rejection_says_why"), "verdict = 'approve' OR (remarks <> '' AND reason IS NOT NULL)"
        )
        for name in ("further_reasons", "fields", "basis"):
            table.drop_column(name)
    where = sa.text("revoked_at IS NULL")
    op.create_index(IN_FORCE, "decision", ["request_id"], unique=True, sqlite_where=where, postgresql_where=where)
    for name in INDEXES:
        op.drop_index(name, "invoice_request")
    with op.batch_alter_table("invoice_request", recreate="auto") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_invoice_request_{name}"), type_="check")
        table.drop_constraint(op.f("fk_invoice_request_claimed_by_id"), type_="foreignkey")
        for name in COLUMNS:
            table.drop_column(name)
    _order_indexes()
