"""Which file completed a recharge that another one had told as pending.

Revision ID: 0023
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table. Of what was completed before, nothing tells by which file."""
    op.create_table(
        "ledger_completion",
        sa.Column("entry_id", ID, nullable=False, autoincrement=False),
        sa.Column("file_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_completion_entry_id")),
        sa.ForeignKeyConstraint(["file_id"], ["ledger_file.id"], name=op.f("fk_ledger_completion_file_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_completion")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("ledger_completion")
