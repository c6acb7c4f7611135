"""Headers with copies, a country and the parts of their address

Revision ID: 0004
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Defaults of the database itself: both kinds add such columns without touching a row, and a version of the program
# that does not know them yet goes on writing headers.
COLUMNS = (
    ("country", sa.String(length=2), "CN"),
    ("street", sa.String(length=128), ""),
    ("city", sa.String(length=64), ""),
    ("postal_code", sa.String(length=16), ""),
    ("copies", JSON_DICT, "[]"),
)


def upgrade() -> None:
    """Change the schema."""
    for name, kind, default in COLUMNS:
        op.add_column("invoice_header", sa.Column(name, kind, server_default=default, nullable=False))


def downgrade() -> None:
    """Take it back."""
    for name, *_ in reversed(COLUMNS):
        op.drop_column("invoice_header", name)
