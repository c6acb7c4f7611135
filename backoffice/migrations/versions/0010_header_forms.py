"""Each filled-in form of a header makes one header, however often it is sent.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE, COLUMN, INDEX = "invoice_header", "submit_token", "uq_invoice_header_submit_token"


def upgrade() -> None:
    # Headers from before have none; so have those that no form made.
    op.add_column(TABLE, sa.Column(COLUMN, sa.String(length=64)))
    op.create_index(INDEX, TABLE, ["account_id", COLUMN], unique=True)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
