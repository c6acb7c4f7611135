"""The turn of the file that books alone, all lines or none; past days are told inside an index.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ISSUED, TABLE = "ix_invoice_request_account_issued", "invoice_request"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the one row; nobody has the turn."""
    turn = op.create_table(
        "ledger_turn",
        sa.Column("id", ID, nullable=False, autoincrement=False),
        sa.Column("file_id", ID, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_turn_only_one")),
        sa.ForeignKeyConstraint(["file_id"], ["ledger_file.id"], name=op.f("fk_ledger_turn_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_turn")),
    )
    op.bulk_insert(turn, [{"id": 1, "file_id": None}])
    _replace(["account_id", "issued_at", "id", "closed_at"])


def _replace(columns: list[str]) -> None:
    where = sa.text("state = 'issued'")
    op.drop_index(ISSUED, TABLE)
    op.create_index(ISSUED, TABLE, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Nobody books alone any more."""
    _replace(["account_id", "issued_at", "id"])
    op.drop_table("ledger_turn")
