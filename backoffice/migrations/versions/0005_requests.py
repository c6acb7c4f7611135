"""A supporting file and copies with each request.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHECKS = {
    "support_is_whole": (
        "(support_sha256 IS NULL) = (support_name IS NULL) AND (support_sha256 IS NULL) = (support_type IS NULL)"
        " AND (support_sha256 IS NULL) = (support_size IS NULL)"
    ),
    "support_type": "support_type IN ('application/pdf', 'image/png', 'image/jpeg')",
    "support_not_empty": "support_size > 0",
}
COLUMNS = ("copies", "support_sha256", "support_name", "support_type", "support_size")


def upgrade() -> None:
    """Add the columns; the requests that are there have neither file nor copies."""
    with op.batch_alter_table("invoice_request") as table:
        # The default fills the rows that are there; every new one says its copies itself.
        table.add_column(sa.Column("copies", JSON_DICT, nullable=False, server_default="[]"))
        table.add_column(sa.Column("support_sha256", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("support_name", sa.String(length=120), nullable=True))
        table.add_column(sa.Column("support_type", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("support_size", sa.Integer(), nullable=True))
        for name, condition in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_invoice_request_{name}"), condition)
    with op.batch_alter_table("invoice_request") as table:
        table.alter_column("copies", server_default=None)
    _order_indexes()


def _order_indexes() -> None:
    """Let the index of all states follow those of open requests again.

    SQLite knows nothing of its rows before ANALYZE; of two indexes that seem to cost the same it takes the older one,
    and rebuilding the table has turned their order round.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_invoice_request_state", "invoice_request")
        op.create_index("ix_invoice_request_state", "invoice_request", ["state", "submitted_at", "id"])


def downgrade() -> None:
    """Drop the columns and what they say."""
    with op.batch_alter_table("invoice_request") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_invoice_request_{name}"), type_="check")
        for name in COLUMNS:
            table.drop_column(name)
    _order_indexes()
