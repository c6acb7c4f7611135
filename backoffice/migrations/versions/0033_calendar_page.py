"""Calendars edited on their page, and flags that a later day takes back.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CHECK = "ck_calendar_version_source"


def upgrade() -> None:
    """No flag was taken back until now, and no calendar was edited on a page."""
    op.add_column("sla_flag", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("calendar_version") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.create_check_constraint(op.f(CHECK), "source IN ('library', 'file', 'page')")


def downgrade() -> None:
    """What was edited on the page counts as read from a file; flags that were taken back are gone."""
    op.execute("DELETE FROM sla_flag WHERE withdrawn_at IS NOT NULL")
    op.drop_column("sla_flag", "withdrawn_at")
    op.execute("UPDATE calendar_version SET source = 'file' WHERE source = 'page'")
    with op.batch_alter_table("calendar_version") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.create_check_constraint(op.f(CHECK), "source IN ('library', 'file')")
