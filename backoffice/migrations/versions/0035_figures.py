"""What became of each closed promise, and the figures of the managers' page folded from it by day.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
FIGURES = ("received", "issued", "rejected", "withdrawn", "met", "missed", "first_pass", "held", "reopened")


def upgrade() -> None:
    """Add the tables; the worker fills them batch by batch, the oldest closed request first."""
    op.create_table(
        "sla_outcome",
        sa.Column("request_id", ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("header_kind", sa.String(length=20), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("calendar_version_id", ID, nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("first_submitted_at", INSTANT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("chain_seconds", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", ID, nullable=True),
        sa.Column("reopened_of_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.CheckConstraint("verdict IN ('met', 'missed', 'uncounted')", name=op.f("ck_sla_outcome_verdict")),
        sa.CheckConstraint("state IN ('issued', 'rejected', 'withdrawn')", name=op.f("ck_sla_outcome_state")),
        sa.CheckConstraint(
            "seconds >= 0 AND paused_seconds >= 0 AND chain_seconds >= seconds", name=op.f("ck_sla_outcome_forward")
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_sla_outcome_attempt_counted")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_sla_outcome_request_id")),
        sa.ForeignKeyConstraint(
            ["calendar_version_id"], ["calendar_version.id"], name=op.f("fk_sla_outcome_calendar_version_id")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["app_user.id"], name=op.f("fk_sla_outcome_reviewer_id")),
        sa.ForeignKeyConstraint(["reopened_of_id"], ["app_user.id"], name=op.f("fk_sla_outcome_reopened_of_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_sla_outcome")),
    )
    op.create_index("ix_sla_outcome_closed", "sla_outcome", ["closed_on", "request_id"])
    op.create_index("ix_sla_outcome_due", "sla_outcome", ["due_on", "request_id"])
    _figures()


def _figures() -> None:
    op.create_table(
        "sla_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("header_kind", sa.String(length=20), nullable=False),
        sa.Column("band", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer_id", ID, autoincrement=False, nullable=False),
        *(
            column
            for name in FIGURES
            for column in (
                sa.Column(name, sa.Integer(), nullable=False),
                sa.Column(f"{name}_amount", sa.BigInteger(), nullable=False),
            )
        ),
        sa.PrimaryKeyConstraint("day", "header_kind", "band", "reviewer_id", name=op.f("pk_sla_day")),
    )
    op.create_table(
        "sla_pace",
        sa.Column("slice", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tenths", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slice", "day", "tenths", name=op.f("pk_sla_pace")),
    )
    op.create_table(
        "sla_backlog",
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("header_kind", sa.String(length=20), nullable=False),
        sa.Column("band", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claimed_by_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("stage IN ('pending', 'held', 'paused', 'approved')", name=op.f("ck_sla_backlog_stage")),
        sa.PrimaryKeyConstraint(
            "due_on", "submitted_on", "stage", "header_kind", "band", "claimed_by_id", name=op.f("pk_sla_backlog")
        ),
    )
    op.create_table(
        "sla_fold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_until", INSTANT, nullable=True),
        sa.Column("folded_at", INSTANT, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_sla_fold_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_fold")),
    )


def downgrade() -> None:
    """Take them away; all of it can be folded anew but for the verdicts of requests whose policy has changed since."""
    for table in ("sla_fold", "sla_backlog", "sla_pace", "sla_day", "sla_outcome"):
        op.drop_table(table)
