"""A name for each state of the managers' figures, so that a page knows whether it has added them up before.

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Figures that are folded already get their first name with the next fold that changes one."""
    op.add_column("sla_fold", sa.Column("edition", sa.String(16), server_default="", nullable=False))


def downgrade() -> None:
    """Every page adds the figures up anew."""
    op.drop_column("sla_fold", "edition")
