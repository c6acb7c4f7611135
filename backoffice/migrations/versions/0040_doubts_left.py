"""What has doubts in a bulk approval is left to the person, which is an outcome of its own.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLE, OUTCOME, WHY = "bulk_item", "ck_bulk_item_outcome", "ck_bulk_item_refusal_says_why"


def upgrade() -> None:
    """Let an item say that it was left, and why."""
    _say("outcome IN ('done', 'already', 'left', 'refused')", "outcome NOT IN ('left', 'refused') OR reason <> ''")


def downgrade() -> None:
    """What was left was not done."""
    op.execute("UPDATE bulk_item SET outcome = 'refused' WHERE outcome = 'left'")
    _say("outcome IN ('done', 'already', 'refused')", "outcome <> 'refused' OR reason <> ''")


def _say(outcome: str, why: str) -> None:
    # Only this table is rebuilt: what it points at is not looked at.
    with op.batch_alter_table(TABLE, recreate="auto", reflect_kwargs={"resolve_fks": False}) as table:
        for name, rule in ((OUTCOME, outcome), (WHY, why)):
            table.drop_constraint(op.f(name), type_="check")
            table.create_check_constraint(op.f(name), rule)
