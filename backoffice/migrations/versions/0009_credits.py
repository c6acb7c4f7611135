"""What credit notes take back of an invoice's parts, and their movements in the journal.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS_BEFORE = "'opening', 'recharge', 'refund', 'reserve', 'release', 'settle', 'reallocate', 'cover'"
SQLITE_TRIGGERS = (
    "CREATE TRIGGER ledger_movement_no_update BEFORE UPDATE ON ledger_movement BEGIN SELECT RAISE(ABORT, 'a movement of money never changes'); END",
    "CREATE TRIGGER ledger_movement_no_delete BEFORE DELETE ON ledger_movement BEGIN SELECT RAISE(ABORT, 'a movement of money is never deleted'); END",
)
CHECKS = {
    "credited_within_amount": "credited >= 0 AND credited <= amount",
    "only_settled_is_credited": "state = 'settled' OR credited = 0",
}


def upgrade() -> None:
    """Add the column, and let the journal know of credits."""
    with op.batch_alter_table("ledger_allocation", recreate="auto") as table:
        table.add_column(sa.Column("credited", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
        for name, rule in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_ledger_allocation_{name}"), rule)
    _kinds(f"{KINDS_BEFORE}, 'credit'")


def downgrade() -> None:
    """Take it back, unless something was credited: the schema before cannot tell of it."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM ledger_allocation WHERE credited <> 0")):
        raise RuntimeError("invoices were credited; the earlier schema has no place for that")
    _kinds(KINDS_BEFORE)
    with op.batch_alter_table("ledger_allocation", recreate="auto") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_ledger_allocation_{name}"), type_="check")
        table.drop_column("credited")


def _kinds(kinds: str) -> None:
    """SQLite writes the table anew for that, and its triggers go with the old one."""
    name = op.f("ck_ledger_movement_kind")
    with op.batch_alter_table("ledger_movement", recreate="auto") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, f"kind IN ({kinds})")
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_TRIGGERS:
            op.execute(statement)
