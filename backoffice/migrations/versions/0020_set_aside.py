"""An application that was thrown away can be put back.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when it was thrown away; no draft of before was."""
    op.add_column("application_draft", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """What was thrown away goes for good, then the column."""
    op.execute("DELETE FROM application_draft WHERE discarded_at IS NOT NULL")
    op.drop_column("application_draft", "discarded_at")
