"""Policies that two people set, and changes that are taken back before their day.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
PEOPLE = ("set_by_id", "confirmed_by_id", "ended_by_id")
PROPOSED = sa.text("state = 'proposed'")
CHECKS = {
    "state": "state IN ('valid', 'proposed', 'declined', 'withdrawn')",
    "second_person": (
        "key NOT IN ('four_eyes_threshold', 'tax') OR state <> 'valid' OR set_by_id IS NULL"
        " OR confirmed_by_id IS NOT NULL"
    ),
    "confirmed_by_another": "confirmed_by_id <> set_by_id",
    "confirmed_once": "(confirmed_by_id IS NULL) = (confirmed_at IS NULL)",
    "declined_by_another": "state <> 'declined' OR ended_by_id <> set_by_id",
    "ended_once": "(state IN ('declined', 'withdrawn')) = (ended_at IS NOT NULL)",
    "ended_says_why": "(ended_at IS NULL) = (ended_why IS NULL)",
}


def columns() -> tuple[sa.Column[object], ...]:
    """What a row tells from now on."""
    return (
        sa.Column("set_by_id", ID, nullable=True),
        sa.Column("state", sa.String(10), nullable=False, server_default="valid"),
        sa.Column("token", sa.String(64), nullable=True),
        sa.Column("confirmed_by", sa.String(120), nullable=True),
        sa.Column("confirmed_by_id", ID, nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(120), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_why", sa.String(500), nullable=True),
    )


def upgrade() -> None:
    """What was set until now holds as before, by whoever set it: nobody was asked for a second person."""
    with op.batch_alter_table("policy", recreate="auto") as table:
        for column in columns():
            table.add_column(column)
        for name in PEOPLE:
            table.create_foreign_key(op.f(f"fk_policy_{name}"), "app_user", [name], ["id"])
        table.create_unique_constraint(op.f("uq_policy_token"), ["token"])
        for name, rule in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_policy_{name}"), rule)
    op.create_index(
        "ix_policy_proposed", "policy", ["key"], unique=True, sqlite_where=PROPOSED, postgresql_where=PROPOSED
    )


def downgrade() -> None:
    """What holds on no day is forgotten: proposals, and what was turned down or taken back."""
    op.drop_index("ix_policy_proposed", "policy")
    op.execute("DELETE FROM policy WHERE state <> 'valid'")
    with op.batch_alter_table("policy", recreate="auto") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_policy_{name}"), type_="check")
        table.drop_constraint(op.f("uq_policy_token"), type_="unique")
        for name in PEOPLE:
            table.drop_constraint(op.f(f"fk_policy_{name}"), type_="foreignkey")
        for column in columns():
            table.drop_column(column.name)
