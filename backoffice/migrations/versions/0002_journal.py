"""A journal of every movement of money, totals by day, and the counters that explain an account.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from backoffice import clock

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIGURES = ("recharged", "refunded", "free", "reserved", "invoiced", "debt", "short")
BALANCED = "recharged - refunded = free + reserved + invoiced - debt - short"
BALANCED_AFTER = (
    "recharged_after - refunded_after = free_after + reserved_after + invoiced_after - debt_after - short_after"
)
SQLITE_TRIGGERS = (
    "CREATE TRIGGER ledger_movement_no_update BEFORE UPDATE ON ledger_movement BEGIN SELECT RAISE(ABORT, 'a movement of money never changes'); END",
    "CREATE TRIGGER ledger_movement_no_delete BEFORE DELETE ON ledger_movement BEGIN SELECT RAISE(ABORT, 'a movement of money is never deleted'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION ledger_movement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a movement of money never changes and is never deleted';
END $$""",
    "CREATE TRIGGER ledger_movement_frozen BEFORE UPDATE OR DELETE ON ledger_movement FOR EACH ROW EXECUTE FUNCTION ledger_movement_guard()",
)
UNCOMPLETED = sa.text("status <> 'completed'")
IN_DEBT = sa.text("refunded + invoiced > amount")
HAS_DEBT = sa.text("debt > 0")


def upgrade() -> None:
    _counters()
    _entries()
    op.create_table(
        "ledger_day",
        sa.Column("account_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("entries > 0 AND amount > 0", name=op.f("ck_ledger_day_nothing_is_no_row")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ledger_day_account_id")),
        sa.PrimaryKeyConstraint("account_id", "day", "kind", name=op.f("pk_ledger_day")),
    )
    op.execute(
        "INSERT INTO ledger_day (account_id, day, kind, entries, amount)"
        " SELECT account_id, occurred_on, kind, count(*), sum(amount) FROM ledger_entry"
        " WHERE status = 'completed' GROUP BY account_id, occurred_on, kind"
    )
    _journal()
    op.create_index("ix_invoice_issued_on", "invoice", ["issued_on", "gross"])


def _counters() -> None:
    with op.batch_alter_table("account", recreate="auto") as account:
        for name in ("refunded", "debt", "short"):
            account.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        account.add_column(sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE account SET refunded = coalesce((SELECT sum(refunded) FROM ledger_entry e"
        " WHERE e.account_id = account.id AND kind = 'recharge' AND status = 'completed'), 0),"
        " debt = coalesce((SELECT sum(refunded + invoiced - amount) FROM ledger_entry e"
        " WHERE e.account_id = account.id AND refunded + invoiced > amount), 0),"
        " short = coalesce((SELECT sum(short) FROM ledger_reservation r WHERE r.account_id = account.id), 0)"
    )
    with op.batch_alter_table("account", recreate="auto") as account:
        for name in ("refunded", "debt", "short"):
            account.alter_column(name, server_default=None)
        account.create_check_constraint("refunded_and_debt_not_negative", "refunded >= 0 AND debt >= 0")
        account.create_check_constraint("short_within_reserved", "short >= 0 AND short <= reserved")
    op.create_index("ix_account_debt", "account", ["id"], sqlite_where=HAS_DEBT, postgresql_where=HAS_DEBT)


def _entries() -> None:
    op.add_column("ledger_entry", sa.Column("occurred_on", sa.Date(), nullable=True))
    entry = sa.table(
        "ledger_entry",
        sa.column("id", ID),
        sa.column("occurred_at", sa.DateTime(timezone=True)),
        sa.column("occurred_on", sa.Date()),
    )
    bind, zone = op.get_bind(), clock.zone()
    ids = defaultdict(list)
    for identity, at in bind.execute(sa.select(entry.c.id, entry.c.occurred_at)):
        ids[clock.local_date(at if at.tzinfo else at.replace(tzinfo=UTC), zone)].append(identity)
    for day, found in ids.items():
        for start in range(0, len(found), 500):
            some = entry.c.id.in_(found[start : start + 500])
            bind.execute(entry.update().where(some).values(occurred_on=day))
    with op.batch_alter_table("ledger_entry", recreate="auto") as table:
        table.alter_column("occurred_on", nullable=False)
        table.drop_constraint("uq_ledger_entry_identity", type_="unique")
        table.create_unique_constraint("uq_ledger_entry_identity", ["external_id", "source"])
    order = ["account_id", "kind", "occurred_at", "id"]
    op.create_index("ix_ledger_entry_account_kind", "ledger_entry", order)
    order = ["account_id", "status", "occurred_at", "id"]
    op.create_index(
        "ix_ledger_entry_uncompleted", "ledger_entry", order, sqlite_where=UNCOMPLETED, postgresql_where=UNCOMPLETED
    )
    order = ["account_id", "id"]
    op.create_index("ix_ledger_entry_debt", "ledger_entry", order, sqlite_where=IN_DEBT, postgresql_where=IN_DEBT)


def _journal() -> None:
    amounts = [sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES]
    amounts += [sa.Column(f"{name}_after", sa.BigInteger(), nullable=False) for name in FIGURES]
    op.create_table(
        "ledger_movement",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("request_id", ID, nullable=True),
        *amounts,
        sa.CheckConstraint(
            "kind IN ('opening', 'recharge', 'refund', 'reserve', 'release', 'settle', 'reallocate', 'cover')",
            name=op.f("ck_ledger_movement_kind"),
        ),
        sa.CheckConstraint(BALANCED, name=op.f("ck_ledger_movement_balanced")),
        sa.CheckConstraint(BALANCED_AFTER, name=op.f("ck_ledger_movement_balanced_after")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ledger_movement_account_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_movement_entry_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_ledger_movement_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_movement")),
    )
    op.create_index("ix_ledger_movement_account", "ledger_movement", ["account_id", "at", "id"])
    op.create_index("ix_ledger_movement_at", "ledger_movement", ["at", "id"])
    op.create_index("ix_ledger_movement_request_id", "ledger_movement", ["request_id"])
    op.create_index("ix_ledger_movement_entry_id", "ledger_movement", ["entry_id"])
    _open_journal()
    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _open_journal() -> None:
    """What stood in the books when the journal began is its first line, account by account."""
    account = sa.table("account", sa.column("moved_at", sa.DateTime(timezone=True)))
    now = datetime.now(UTC)
    op.get_bind().execute(
        account.update().values(
            moved_at=now if op.get_bind().dialect.name == "postgresql" else now.replace(tzinfo=None)
        )
    )
    op.execute(
        "INSERT INTO ledger_movement (account_id, at, kind,"
        " recharged, refunded, free, reserved, invoiced, debt, short, recharged_after, refunded_after, free_after,"
        " reserved_after, invoiced_after, debt_after, short_after)"
        " SELECT id, moved_at, 'opening',"
        " recharged + refunded, refunded, recharged - reserved - invoiced + debt + short, reserved, invoiced, debt, short,"
        " recharged + refunded, refunded, recharged - reserved - invoiced + debt + short, reserved, invoiced, debt, short"
        " FROM account WHERE recharged + refunded <> 0"
    )
    op.execute("UPDATE account SET moved_at = NULL WHERE recharged + refunded = 0")


def downgrade() -> None:
    op.drop_index("ix_invoice_issued_on", "invoice")
    op.drop_table("ledger_movement")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_movement_guard()")
    op.drop_table("ledger_day")
    for name in (
        "ix_ledger_entry_debt",
        "ix_ledger_entry_uncompleted",
        "ix_ledger_entry_account_kind",
    ):
        op.drop_index(name, "ledger_entry")
    with op.batch_alter_table("ledger_entry", recreate="auto") as table:
        table.drop_constraint("uq_ledger_entry_identity", type_="unique")
        table.create_unique_constraint("uq_ledger_entry_identity", ["source", "external_id"])
        table.drop_column("occurred_on")
    op.drop_index("ix_account_debt", "account")
    with op.batch_alter_table("account", recreate="auto") as account:
        account.drop_constraint("short_within_reserved", type_="check")
        account.drop_constraint("refunded_and_debt_not_negative", type_="check")
        for name in ("moved_at", "short", "debt", "refunded"):
            account.drop_column(name)
