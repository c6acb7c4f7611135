"""Applications that are still being written are kept, and the files chosen for them are known.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ENCLOSED = sa.text("support_sha256 IS NOT NULL")


def upgrade() -> None:
    """Add both tables, and the index that tells whether a file is enclosed with a request."""
    op.create_table(
        "application_draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("follows", sa.String(length=40), nullable=True),
        sa.Column("rescued", sa.Boolean(), nullable=False),
        sa.Column("support_sha256", sa.String(length=64), nullable=True),
        sa.Column("support_name", sa.String(length=120), nullable=True),
        sa.Column("support_type", sa.String(length=20), nullable=True),
        sa.Column("support_size", sa.Integer(), nullable=True),
        sa.Column("file_fault", sa.String(length=300), nullable=True),
        sa.Column("submit_token", sa.String(length=64), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("length(typed) <= 65536", name=op.f("ck_application_draft_typed_fits")),
        sa.CheckConstraint(
            "(support_sha256 IS NULL) = (support_name IS NULL) AND (support_sha256 IS NULL) = (support_type IS NULL)"
            " AND (support_sha256 IS NULL) = (support_size IS NULL)",
            name=op.f("ck_application_draft_support_is_whole"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_application_draft_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_application_draft_user_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_application_draft_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_application_draft_key")),
    )
    op.create_index("ix_application_draft_user_id_updated_at", "application_draft", ["user_id", "updated_at"])
    op.create_index("ix_application_draft_updated_at", "application_draft", ["updated_at"])
    for table in ("application_draft", "invoice_request"):
        op.create_index(
            f"ix_{table}_support_sha256", table, ["support_sha256"], sqlite_where=ENCLOSED, postgresql_where=ENCLOSED
        )
    op.create_table(
        "supporting_upload",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_supporting_upload")),
    )
    op.create_index("ix_supporting_upload_chosen_at", "supporting_upload", ["chosen_at"])


def downgrade() -> None:
    """Drop both tables: whoever was writing an application begins anew."""
    op.drop_table("supporting_upload")
    op.drop_index("ix_invoice_request_support_sha256", "invoice_request")
    op.drop_table("application_draft")
