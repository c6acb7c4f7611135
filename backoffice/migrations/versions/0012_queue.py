"""Orders of the desk's lists.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "invoice_request"
PENDING, OPEN = "state = 'pending'", "state IN ('pending', 'approved')"
# Name, condition, columns before, columns after.
WIDENED = (
    ("ix_invoice_request_queue", PENDING, ["due_at", "id"], ["held_at", "claim_ends_at", "amount"]),
    ("ix_invoice_request_open", OPEN, ["due_at", "id"], ["paused_at"]),
)
APPROVED = "ix_invoice_request_approved"
ORDERS = {
    "ix_invoice_request_state_amount": ["state", "amount", "id"],
    "ix_invoice_request_due": ["due_at", "id", "state"],
    "ix_invoice_request_amount": ["amount", "id"],
}


def upgrade() -> None:
    """Give each order of the desk its index, and let the views be counted inside theirs."""
    for name, condition, columns, further in WIDENED:
        _replace(name, condition, [*columns, *further])
    where = sa.text("state = 'approved'")
    op.create_index(APPROVED, TABLE, ["due_at", "id"], sqlite_where=where, postgresql_where=where)
    _order_indexes()
    for name, columns in ORDERS.items():
        op.create_index(name, TABLE, columns)


def _replace(name: str, condition: str, columns: list[str]) -> None:
    where = sa.text(condition)
    op.drop_index(name, TABLE)
    op.create_index(name, TABLE, columns, sqlite_where=where, postgresql_where=where)


def _order_indexes() -> None:
    """Let the index of all states follow those of open requests again (see revision 0005)."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_invoice_request_state", TABLE)
        op.create_index("ix_invoice_request_state", TABLE, ["state", "submitted_at", "id"])


def downgrade() -> None:
    """Drop the orders."""
    for name in (*ORDERS, APPROVED):
        op.drop_index(name, TABLE)
    for name, condition, columns, _ in WIDENED:
        _replace(name, condition, columns)
    _order_indexes()
