"""What the report of an import warns of: a guessed encoding, and a file that may have been cut off.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("ledger_file") as table:
        # The defaults fill the rows that are there; of files from before nothing is known.
        table.add_column(sa.Column("samples", JSON_DICT, nullable=False, server_default="[]"))
        table.add_column(sa.Column("unended", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("ledger_file") as table:
        table.alter_column("samples", server_default=None)
        table.alter_column("unended", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("ledger_file") as table:
        table.drop_column("unended")
        table.drop_column("samples")
