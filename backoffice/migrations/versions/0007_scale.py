"""Indexes for accounts with very many requests and entries.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_invoice_request_account", "invoice_request"
BEFORE = ["account_id", "submitted_at", "id", "state", "amount"]
FURTHER = ["header_name", "number", "invoice_number"]


def upgrade() -> None:
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, [*BEFORE, *FURTHER])
    op.create_index("ix_ledger_entry_account_amount", "ledger_entry", ["account_id", "amount", "id"])


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_account_amount", "ledger_entry")
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, BEFORE)
