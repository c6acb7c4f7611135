"""When a server further on reported on a message, and until when the link in it works.

Revision ID: 0027
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was read of what came back until now, and no mail had a link."""
    op.add_column("message", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("link_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """What came back stays failed; only when it was heard of is forgotten. Links in mails end."""
    op.drop_column("message", "link_until")
    op.drop_column("message", "reported_at")
