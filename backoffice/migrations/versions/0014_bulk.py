"""Acts on many requests at once: who asked for what, and what became of each request.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RUN, ITEM = "bulk_run", "bulk_item"
UNFINISHED = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    """Create the runs and their items."""
    op.create_table(
        RUN,
        sa.Column("id", ID, nullable=False),
        sa.Column("started_by_id", ID, nullable=False),
        sa.Column("started_by_label", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("arguments", JSON_DICT, nullable=False),
        sa.Column("follows_id", ID, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("action IN ('approve', 'reject', 'assign', 'undo')", name=op.f("ck_bulk_run_action")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'stopped')", name=op.f("ck_bulk_run_state")),
        sa.CheckConstraint(
            "(state = 'running') = (lease IS NOT NULL) AND (lease IS NULL) = (leased_until IS NULL)",
            name=op.f("ck_bulk_run_lease_is_whole"),
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'running')) = (finished_at IS NULL)", name=op.f("ck_bulk_run_finished_says_when")
        ),
        sa.ForeignKeyConstraint(["started_by_id"], ["app_user.id"], name=op.f("fk_bulk_run_started_by_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["bulk_run.id"], name=op.f("fk_bulk_run_follows_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_run")),
        sa.UniqueConstraint("started_by_id", "token", name="uq_bulk_run_token"),
    )
    op.create_index("ix_bulk_run_person", RUN, ["started_by_id", "id"])
    op.create_index(
        "ix_bulk_run_unfinished", RUN, ["id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )  # fmt: skip
    _create_items()


def _create_items() -> None:
    op.create_table(
        ITEM,
        sa.Column("run_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", ID, nullable=True),
        sa.CheckConstraint("outcome IN ('done', 'already', 'refused')", name=op.f("ck_bulk_item_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name=op.f("ck_bulk_item_outcome_says_when")),
        sa.CheckConstraint("outcome <> 'refused' OR reason <> ''", name=op.f("ck_bulk_item_refusal_says_why")),
        sa.CheckConstraint("decision_id IS NULL OR outcome = 'done'", name=op.f("ck_bulk_item_decision_is_done")),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_run.id"], name=op.f("fk_bulk_item_run_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_bulk_item_request_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_bulk_item_decision_id")),
        sa.PrimaryKeyConstraint("run_id", "request_id", name=op.f("pk_bulk_item")),
        sa.UniqueConstraint("run_id", "position", name="uq_bulk_item_position"),
    )
    op.create_index("ix_bulk_item_decision", ITEM, ["decision_id"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table(ITEM)
    op.drop_table(RUN)
