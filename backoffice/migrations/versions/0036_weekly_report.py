"""The weekly report: which weeks were told of, and who does not want it.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    """Forget both; a week that was told of is told of again."""
    with op.batch_alter_table("app_user", recreate="auto") as table:
        table.drop_column("weekly_report")
    op.drop_table("sla_weekly_report")
