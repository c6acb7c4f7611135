"""Indexes of the statement of one figure.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "ledger_movement"
FIGURES = ("recharged", "refunded", "reserved", "invoiced", "debt", "short")


def upgrade() -> None:
    """Give the lines that move a figure an index in the order of the statement."""
    for figure in FIGURES:
        where = sa.text(f"{figure} <> 0")
        op.create_index(
            f"ix_{TABLE}_{figure}", TABLE, ["account_id", "at", "id"], sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    """Drop the indexes."""
    for figure in FIGURES:
        op.drop_index(f"ix_{TABLE}_{figure}", TABLE)
