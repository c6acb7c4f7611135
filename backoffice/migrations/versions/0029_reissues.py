"""Invoices that are taken back and issued anew: the header of what follows, and the request that it became.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

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


def downgrade() -> None:
    """Credit notes and requests stay; only that one followed from the other is forgotten."""
    op.drop_table("credit_reissue")
