"""Requests are found by the end of their numbers, and by the addresses that get copies of the invoice.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_LIST = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BATCH = 5000
TABLE = "invoice_request"
REQUEST = sa.table(TABLE, sa.column("id", ID), sa.column("copies", JSON_LIST))
COPY = sa.table("request_copy", sa.column("address", sa.String), sa.column("request_id", ID))


def upgrade() -> None:
    """Two indexes, and a row for each address of a copy."""
    for column in ("number", "invoice_number"):
        op.create_index(f"ix_{TABLE}_{column}_end", TABLE, [sa.text(f"substr({column}, length({column}) - 5)")])
    op.create_table(
        "request_copy",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_request_copy_request_id")),
        sa.PrimaryKeyConstraint("address", "request_id", name=op.f("pk_request_copy")),
    )
    op.create_index("ix_request_copy_request_id", "request_copy", ["request_id"])
    _fill()


def _fill() -> None:
    """Find every request by the addresses of its copies, so many at a time that memory does not matter."""
    connection, last = op.get_bind(), 0
    asked = sa.select(REQUEST.c.id, REQUEST.c.copies).order_by(REQUEST.c.id).limit(BATCH)
    while rows := connection.execute(asked.where(REQUEST.c.id > last)).all():
        found = [
            {"address": one, "request_id": row.id} for row in rows for one in {each.lower() for each in row.copies}
        ]
        if found:
            connection.execute(COPY.insert(), found)
        last = rows[-1].id


def downgrade() -> None:
    """A search finds whole numbers and receiving addresses only."""
    op.drop_table("request_copy")
    for column in ("number", "invoice_number"):
        op.drop_index(f"ix_{TABLE}_{column}_end", TABLE)
