"""The order of the list of debts.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE, INDEX = "ledger_entry", "ix_ledger_entry_debt"


def upgrade() -> None:
    """Give recharges in debt an index in the order of their list."""
    _order(["account_id", "occurred_at", "id"])


def downgrade() -> None:
    """Order them by their ids again."""
    _order(["account_id", "id"])


def _order(columns: list[str]) -> None:
    where = sa.text("amount < refunded + invoiced")
    op.drop_index(INDEX, TABLE)
    op.create_index(INDEX, TABLE, columns, sqlite_where=where, postgresql_where=where)
