"""The register of a month is read in the order of its numbers: the index of dates holds them too.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

TABLES = ("invoice", "credit_note")


def upgrade() -> None:
    """Build both indexes anew; the sums of a month are still read from them alone."""
    _build(["issued_on", "sequence", "gross"])


def downgrade() -> None:
    """Go back to the indexes without the numbers."""
    _build(["issued_on", "gross"])


def _build(columns: list[str]) -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_issued_on", table)
        op.create_index(f"ix_{table}_issued_on", table, columns)
