"""Why a tax ID was accepted whose check digit does not fit.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is empty for approvals of before, which said it in their remarks or in a note."""
    op.add_column("decision", sa.Column("tax_id_reason", sa.String(500), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the column and with it the reasons."""
    op.drop_column("decision", "tax_id_reason")
