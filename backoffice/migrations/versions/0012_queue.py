"""Orders of the desk's lists, the search over requests, and views that people save.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLE = "invoice_request"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 5000
REQUEST = sa.table(TABLE, sa.column("id", ID), sa.column("header_name", sa.String), sa.column("header", JSON_DICT))
SEARCH = sa.table("request_search", *(sa.column(name) for name in ("request_id", "name", "grams", "tax_id")))
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE request_search_index USING fts5(grams, content='request_search', content_rowid='request_id',"
    " detail='none')",
    "CREATE TRIGGER request_search_added AFTER INSERT ON request_search BEGIN"
    " INSERT INTO request_search_index(rowid, grams) VALUES (NEW.request_id, NEW.grams); END",
)
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
    op.create_index("ix_invoice_request_email", TABLE, [sa.text("lower(email)")])
    _create_search()
    _create_saved_views()


def _create_search() -> None:
    op.create_table(
        "request_search",
        sa.Column("request_id", ID, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(length=1024), nullable=False),
        sa.Column("grams", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_request_search_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_search")),
    )
    op.create_index("ix_request_search_tax_id", "request_search", ["tax_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_SEARCH:
            op.execute(statement)
    _fill_search()
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_request_search_grams", "request_search", [sa.text("string_to_array(grams, ' ')")],
            postgresql_using="gin",
        )  # fmt: skip


def _fill_search() -> None:
    """Make every request findable that there is, so many at a time that memory does not matter."""
    connection, last = op.get_bind(), 0
    asked = sa.select(REQUEST.c.id, REQUEST.c.header_name, REQUEST.c.header).order_by(REQUEST.c.id).limit(BATCH)
    while rows := connection.execute(asked.where(REQUEST.c.id > last)).all():
        connection.execute(SEARCH.insert(), [_searched(*row) for row in rows])
        last = rows[-1].id


def _searched(request_id: int, name: str, header: dict[str, str]) -> dict[str, object]:
    normalised = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    grams = " ".join(dict.fromkeys(f"x{ord(a):x}x{ord(b):x}" for a, b in pairwise(normalised)))
    return {"request_id": request_id, "name": normalised, "grams": grams, "tax_id": header.get("tax_id", "").upper()}


def _create_saved_views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_view_name_given")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_saved_view_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name="uq_saved_view_name"),
    )


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
    """Drop the orders, the search and the saved views."""
    op.drop_table("saved_view")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE request_search_index")
    op.drop_table("request_search")
    for name in (*ORDERS, APPROVED, "ix_invoice_request_email"):
        op.drop_index(name, TABLE)
    for name, condition, columns, _ in WIDENED:
        _replace(name, condition, columns)
    _order_indexes()
