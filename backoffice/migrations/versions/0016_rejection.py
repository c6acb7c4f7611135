"""Who looks at what, and the fields of each rejection written out.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_LIST = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
DECISION = sa.table(
    "decision",
    sa.column("id", ID),
    sa.column("verdict", sa.String),
    sa.column("reason", sa.String),
    sa.column("further_reasons", JSON_LIST),
    sa.column("fields", JSON_LIST),
)
# Which fields a reason spoke of while a rejection kept only those beside them.
SPOKE_OF = {
    "tax_id": ["tax_id", "name"],
    "header_name": ["name"],
    "bank_details": ["address", "phone", "bank", "bank_account"],
    "amount": ["amount"],
    "duplicate": ["amount"],
    "email": ["email"],
}
BATCH = 5000


def upgrade() -> None:
    """Add the table; let every rejection name all of its fields."""
    op.create_table(
        "request_presence",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_request_presence_request_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_request_presence_user_id")),
        sa.PrimaryKeyConstraint("request_id", "user_id", name=op.f("pk_request_presence")),
    )
    op.create_index("ix_request_presence_seen_at", "request_presence", ["seen_at"])
    _write_fields_out()


def _write_fields_out() -> None:
    connection, last = op.get_bind(), 0
    rejections = sa.select(DECISION).where(DECISION.c.verdict == "reject").order_by(DECISION.c.id).limit(BATCH)
    whole = sa.update(DECISION).where(DECISION.c.id == sa.bindparam("of")).values(fields=sa.bindparam("all_fields"))
    while rows := connection.execute(rejections.where(DECISION.c.id > last)).all():
        last = rows[-1].id
        connection.execute(whole, [{"of": row.id, "all_fields": _fields(row)} for row in rows])


def _fields(row: sa.Row[tuple[object, ...]]) -> list[str]:
    spoken = [name for reason in (row.reason, *row.further_reasons) for name in SPOKE_OF.get(reason, ())]
    beside = ["name" if name == "header_id" else name for name in row.fields]
    return list(dict.fromkeys([*spoken, *beside]))


def downgrade() -> None:
    """Drop the table. The fields of the reasons beside the others say the same to the older version."""
    op.drop_table("request_presence")
