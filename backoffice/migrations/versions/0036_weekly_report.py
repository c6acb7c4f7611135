"""The weekly report: which weeks were told of, and who does not want it; the steps of a request measured apart.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STEPS = ("first_look", "decision", "issue", "delivery")
ISSUED = sa.text("template = 'issued' AND accepted_at IS NOT NULL")
FOLDED = ("sla_fold", "sla_backlog", "sla_day")
INSTANT = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Every manager begins with the report; the last full week is the first one told of."""
    op.create_table(
        "sla_weekly_report",
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "told >= 0 AND overdue >= 0 AND missing >= 0", name=op.f("ck_sla_weekly_report_not_negative")
        ),
        sa.PrimaryKeyConstraint("monday", name=op.f("pk_sla_weekly_report")),
    )
    with op.batch_alter_table("app_user", recreate="auto") as table:
        table.add_column(sa.Column("weekly_report", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("app_user") as table:
        table.alter_column("weekly_report", server_default=None)
    _add_steps()


def _add_steps() -> None:
    """The worker folds everything anew, the oldest closed request first: promised days stand on the requests."""
    _empty()
    _outcomes(
        sa.Column("gross_verdict", sa.String(length=10), nullable=False),
        *(
            column
            for step in STEPS
            for column in (
                sa.Column(f"{step}_minutes", sa.Integer(), nullable=True),
                sa.Column(f"{step}_kept", sa.Boolean(), nullable=True),
            )
        ),
        sa.CheckConstraint(
            "gross_verdict IN ('met', 'missed', 'uncounted')", name=op.f("ck_sla_outcome_gross_verdict")
        ),
    )
    with op.batch_alter_table("sla_day") as table:
        table.add_column(sa.Column("met_gross", sa.Integer(), nullable=False))
        table.add_column(sa.Column("met_gross_amount", sa.BigInteger(), nullable=False))
    _paces("took")
    op.create_index(
        "ix_message_issued", "message", ["accepted_at", "about_id"], sqlite_where=ISSUED, postgresql_where=ISSUED
    )


def _empty() -> None:
    for table in FOLDED:
        op.execute(sa.delete(sa.table(table)))
    op.drop_table("sla_pace")
    op.drop_table("sla_outcome")


def _outcomes(*more: sa.Column[Any] | sa.CheckConstraint) -> None:
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
        *more,
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


def _paces(took: str) -> None:
    op.create_table(
        "sla_pace",
        sa.Column("slice", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(took, sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slice", "day", took, name=op.f("pk_sla_pace")),
    )


def downgrade() -> None:
    """Forget all of it; a week that was told of is told of again, and the figures are folded anew."""
    op.drop_index("ix_message_issued", "message")
    _empty()
    _paces("tenths")
    with op.batch_alter_table("sla_day", recreate="auto") as table:
        table.drop_column("met_gross_amount")
        table.drop_column("met_gross")
    _outcomes()
    with op.batch_alter_table("app_user", recreate="auto") as table:
        table.drop_column("weekly_report")
    op.drop_table("sla_weekly_report")
