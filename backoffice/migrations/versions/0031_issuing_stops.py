"""Stops of issuing: who stopped it, why, and who let it go on.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "issuing_stop"
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_by", ID),
        sa.Column("stopped_by_label", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", ID),
        sa.Column("ended_by_label", sa.String(length=120)),
        sa.Column("ended_reason", sa.Text()),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_issuing_stop_says_why")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_label IS NULL)", name=op.f("ck_issuing_stop_ended_by_somebody")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_reason IS NULL)", name=op.f("ck_issuing_stop_ended_with_reason")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= stopped_at", name=op.f("ck_issuing_stop_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(["stopped_by"], ["app_user.id"], name=op.f("fk_issuing_stop_stopped_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["app_user.id"], name=op.f("fk_issuing_stop_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuing_stop")),
    )
    op.create_index(
        "ix_issuing_stop_open", TABLE, [sa.text("(ended_at IS NULL)")], unique=True, sqlite_where=OPEN,
        postgresql_where=OPEN,
    )  # fmt: skip


def downgrade() -> None:
    """Take it away: nothing can be stopped any more."""
    op.drop_table(TABLE)
