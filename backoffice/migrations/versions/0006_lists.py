"""Indexes of the customer's lists and bills.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITS = sa.text("kind = 'refund' AND status = 'completed' AND NOT applied")
ISSUED = sa.text("state = 'issued'")
FREE = "kind = 'recharge' AND status = 'completed' AND {}"
# Index of the ledger, its columns and condition before, and after.
PARTIAL = (
    (
        "ix_ledger_entry_free",
        (["account_id", "occurred_at", "id"], FREE.format("refunded + reserved + invoiced < amount")),
        (
            ["account_id", "kind", "status", "occurred_at", "id"],
            FREE.format("amount > refunded + reserved + invoiced"),
        ),
    ),
    (
        "ix_ledger_entry_debt",
        (["account_id", "id"], "refunded + invoiced > amount"),
        (["account_id", "id"], "amount < refunded + invoiced"),
    ),
)
# Index, table, its columns before, and what is added at the end.
LONGER = (
    ("ix_invoice_request_account", "invoice_request", ["account_id", "submitted_at", "id"], ["state", "amount"]),
    ("ix_ledger_entry_account_occurred", "ledger_entry", ["account_id", "occurred_at", "id"], ["amount"]),
    ("ix_ledger_entry_account_kind", "ledger_entry", ["account_id", "kind", "occurred_at", "id"], ["amount"]),
)


def upgrade() -> None:
    for name, table, columns, further in LONGER:
        op.drop_index(name, table)
        op.create_index(name, table, [*columns, *further])
    for name, _before, after in PARTIAL:
        _partial(name, *after)
    op.create_index(
        "ix_invoice_request_account_issued",
        "invoice_request",
        ["account_id", "issued_at", "id"],
        sqlite_where=ISSUED,
        postgresql_where=ISSUED,
    )
    op.create_index(
        "ix_ledger_entry_waiting",
        "ledger_entry",
        ["account_id", "kind", "status", "occurred_at", "id"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    order = ["kind", "status", "id"]
    op.create_index("ix_ledger_entry_waits", "ledger_entry", order, sqlite_where=WAITS, postgresql_where=WAITS)


def _partial(name: str, columns: list[str], condition: str) -> None:
    op.drop_index(name, "ledger_entry")
    where = sa.text(condition)
    op.create_index(name, "ledger_entry", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_waits", "ledger_entry")
    op.drop_index("ix_ledger_entry_waiting", "ledger_entry")
    op.drop_index("ix_invoice_request_account_issued", "invoice_request")
    for name, before, _after in PARTIAL:
        _partial(name, *before)
    for name, table, columns, _further in LONGER:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
