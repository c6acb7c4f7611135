"""Invoices that are issued anew, with the header and the request of what follows; and what customers ask for.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
CHECKS = {
    "kind": "kind IN ('return', 'reissue')",
    "state": "state IN ('open', 'withdrawn', 'declined', 'granted')",
    "says_why": "words <> ''",
    "reissue_names_header": "(kind = 'reissue') = (header_id IS NOT NULL)",
    "closed_once": "(state = 'open') = (closed_at IS NULL)",
    "declined_with_remarks": "state <> 'declined' OR remarks <> ''",
}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing was issued anew until now."""
    op.create_table(
        "credit_reissue",
        sa.Column("proposal_id", ID, autoincrement=False, nullable=False),
        sa.Column("header_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_credit_reissue")),
        sa.UniqueConstraint("request_id", name=op.f("uq_credit_reissue_request_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["credit_proposal.id"], name=op.f("fk_credit_reissue_proposal_id")),
        sa.ForeignKeyConstraint(["header_id"], ["invoice_header.id"], name=op.f("fk_credit_reissue_header_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_credit_reissue_request_id")),
    )

    op.create_table(
        "correction_wish",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("header_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_by_label", sa.String(120), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("remarks", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_wish")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_correction_wish_request_id")),
        sa.ForeignKeyConstraint(["header_id"], ["invoice_header.id"], name=op.f("fk_correction_wish_header_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_correction_wish_asked_by")),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_correction_wish_{name}")) for name, rule in CHECKS.items()),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_correction_wish_open", "correction_wish", ["request_id"], unique=True,
        sqlite_where=is_open, postgresql_where=is_open,
    )  # fmt: skip


def downgrade() -> None:
    """Credit notes and requests stay; that one followed from the other, and what was asked for, is forgotten."""
    op.drop_table("correction_wish")
    op.drop_table("credit_reissue")
