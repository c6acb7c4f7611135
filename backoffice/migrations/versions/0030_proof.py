"""Indexes that find an invoice or a credit note by the hash of its document.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them: without, verifying a file would read every document there is."""
    for table in ("invoice", "credit_note"):
        op.create_index(f"ix_{table}_pdf_sha256", table, ["pdf_sha256"])


def downgrade() -> None:
    """Drop them."""
    for table in ("invoice", "credit_note"):
        op.drop_index(f"ix_{table}_pdf_sha256", table)
