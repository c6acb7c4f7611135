"""How a person works at the desk: single keys, and what opens after a verdict.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "app_user"
CHECK = "ck_app_user_after_verdict"


def upgrade() -> None:
    """Everybody begins with the keys switched on, and with the next request after a verdict."""
    with op.batch_alter_table(TABLE, recreate="auto") as table:
        table.add_column(sa.Column("single_keys", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("after_verdict", sa.String(length=4), nullable=False, server_default="next"))
        table.create_check_constraint(op.f(CHECK), "after_verdict IN ('next', 'stay', 'list')")
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("single_keys", server_default=None)
        table.alter_column("after_verdict", server_default=None)


def downgrade() -> None:
    """Forget both choices."""
    with op.batch_alter_table(TABLE, recreate="auto") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("after_verdict")
        table.drop_column("single_keys")
