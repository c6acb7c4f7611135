"""What was told of before its promised day: once for each request, day and step.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "sla_escalation"


def upgrade() -> None:
    """Add the table; what is open now is told of at the next turn."""
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step IN ('reviewers', 'managers')", name=op.f("ck_sla_escalation_step")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_sla_escalation_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_escalation")),
        sa.UniqueConstraint("request_id", "due_at", "step", name=op.f("uq_sla_escalation_request_due_step")),
    )


def downgrade() -> None:
    """Take it away: nobody is told before a day is over."""
    op.drop_table(TABLE)
