"""The systems that ids belong to, files that wait for a question about theirs, and dates without a time.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table with every source of the books, and let no file ask. Two spellings of one name stay two sources.

    How many lines of earlier files told a date alone, nobody knows: none is said.
    """
    table = op.create_table(
        "ledger_source",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_source")),
    )
    op.create_index("ix_ledger_source_folded", "ledger_source", ["folded"])
    names = op.get_bind().execute(sa.text("SELECT DISTINCT source FROM ledger_entry")).scalars().all()
    op.bulk_insert(table, [{"name": name, "folded": _folded(name)} for name in names])
    op.add_column("ledger_file", sa.Column("asks", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(
        "ledger_file", sa.Column("assumed_midnight", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )


def _folded(name: str) -> str:
    told = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(told.split())


def downgrade() -> None:
    """Drop both. A file that still asks would be imported unasked: it is put to its end instead."""
    op.execute(
        "UPDATE ledger_file SET state = 'interrupted', finished_at = started_at WHERE asks AND state = 'waiting'"
    )
    op.drop_column("ledger_file", "assumed_midnight")
    op.drop_column("ledger_file", "asks")
    op.drop_table("ledger_source")
