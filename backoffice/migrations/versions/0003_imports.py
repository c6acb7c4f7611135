"""Files that wait and run, problems that say what the line said, conflicts that can be settled.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
UNFINISHED = sa.text("state IN ('waiting', 'running')")
OPEN_CONFLICT = sa.text("kind = 'conflict' AND settled_at IS NULL")
# What older rows say: they came from the command line, and those without an end were interrupted.
OLD_FILES = """
UPDATE ledger_file SET
  state = CASE WHEN finished_at IS NULL THEN 'interrupted' ELSE 'done' END,
  finished_at = coalesce(finished_at, started_at)
"""
FILE_CHECKS = (
    ("state", "state IN ('waiting', 'running', 'done', 'undone', 'interrupted', 'failed')"),
    ("via", "via IN ('page', 'command')"),
    ("lease_is_whole", "(state = 'running') = (lease IS NOT NULL) AND (lease IS NULL) = (leased_until IS NULL)"),
    ("finished_says_when", "(state IN ('waiting', 'running')) = (finished_at IS NULL)"),
)


def upgrade() -> None:
    """Widen both tables, fill the new columns for what was imported before, then forbid nonsense."""
    with op.batch_alter_table("ledger_file", recreate="auto") as table:
        for name, kind, default in (
            ("via", sa.String(length=8), "command"),
            ("strict", sa.Boolean(), sa.false()),
            ("dry_run", sa.Boolean(), sa.false()),
            ("state", sa.String(length=12), "done"),
            ("reason", sa.Text(), ""),
            ("size", sa.BigInteger(), "0"),
            ("bytes_done", sa.BigInteger(), "0"),
            ("line_done", sa.Integer(), "0"),
            ("encoding", sa.String(length=12), ""),
            ("delimiter", sa.String(length=1), ""),
            ("ignored_columns", JSON_DICT, "[]"),
            ("assumed_zone", sa.Integer(), "0"),
        ):
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        table.add_column(sa.Column("imported_by_id", ID, nullable=True))
        table.add_column(sa.Column("lease", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(OLD_FILES)
    with op.batch_alter_table("ledger_file", recreate="auto") as table:
        for name in ("via", "strict", "dry_run", "state", "reason", "size", "bytes_done", "line_done", "encoding",
                     "delimiter", "ignored_columns", "assumed_zone"):  # fmt: skip
            table.alter_column(name, server_default=None)
        for name, condition in FILE_CHECKS:
            table.create_check_constraint(op.f(f"ck_ledger_file_{name}"), condition)
        table.create_foreign_key(op.f("fk_ledger_file_imported_by_id"), "app_user", ["imported_by_id"], ["id"])
    op.create_index("ix_ledger_file_unfinished", "ledger_file", ["id"], unique=False, sqlite_where=UNFINISHED,
                    postgresql_where=UNFINISHED)  # fmt: skip
    _widen_problems()


def _widen_problems() -> None:
    op.drop_index("ix_ledger_line_problem_file_id", table_name="ledger_line_problem")
    with op.batch_alter_table("ledger_line_problem", recreate="auto") as table:
        table.alter_column("reason", type_=sa.Text(), existing_type=sa.String(length=500), existing_nullable=False)
        for name, kind, default in (
            ("source", sa.String(length=60), ""),
            ("told", JSON_DICT, "{}"),
            ("settled_by", sa.String(length=120), ""),
            ("settled_why", sa.Text(), ""),
        ):
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        table.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE ledger_line_problem SET source ="
        " (SELECT f.source FROM ledger_file f WHERE f.id = ledger_line_problem.file_id)"
    )
    _rewrite_reasons(lambda told: json.dumps({"msgid": told, "params": {}}))
    with op.batch_alter_table("ledger_line_problem", recreate="auto") as table:
        for name in ("source", "told", "settled_by", "settled_why"):
            table.alter_column(name, server_default=None)
        table.create_check_constraint(
            op.f("ck_ledger_line_problem_settled_says_why"), "(settled_at IS NULL) = (settled_why = '')"
        )
    op.create_index("ix_ledger_line_problem_file_id", "ledger_line_problem", ["file_id", "line", "id"], unique=False)
    op.create_index("ix_ledger_line_problem_open", "ledger_line_problem", ["source", "external_id"], unique=False,
                    sqlite_where=OPEN_CONFLICT, postgresql_where=OPEN_CONFLICT)  # fmt: skip


def _rewrite_reasons(rewritten: object) -> None:
    problem = sa.table("ledger_line_problem", sa.column("id", ID), sa.column("reason", sa.Text()))
    connection = op.get_bind()
    rows = connection.execute(sa.select(problem.c.id, problem.c.reason)).all()
    for key, reason in rows:
        connection.execute(
            sa.update(problem).where(problem.c.id == key).values(reason=rewritten(reason))  # type: ignore[operator]
        )


def _plain(packed: str) -> str:
    try:
        parts = json.loads(packed)
        text = parts["msgid"] % parts["params"] if parts["params"] else parts["msgid"]
    except (ValueError, TypeError, KeyError):
        text = packed
    return str(text)[:500]


def downgrade() -> None:
    """Back to files without a state; those that had not begun are forgotten."""
    op.drop_index("ix_ledger_line_problem_open", table_name="ledger_line_problem")
    op.drop_index("ix_ledger_line_problem_file_id", table_name="ledger_line_problem")
    _rewrite_reasons(_plain)
    with op.batch_alter_table("ledger_line_problem", recreate="auto") as table:
        table.drop_constraint(op.f("ck_ledger_line_problem_settled_says_why"), type_="check")
        for name in ("source", "told", "settled_at", "settled_by", "settled_why"):
            table.drop_column(name)
        table.alter_column("reason", type_=sa.String(length=500), existing_type=sa.Text(), existing_nullable=False)
    op.create_index("ix_ledger_line_problem_file_id", "ledger_line_problem", ["file_id", "line"], unique=False)
    op.drop_index("ix_ledger_file_unfinished", table_name="ledger_file")
    op.execute("DELETE FROM ledger_file WHERE state = 'waiting'")
    op.execute("UPDATE ledger_file SET finished_at = NULL WHERE state NOT IN ('done', 'undone')")
    with op.batch_alter_table("ledger_file", recreate="auto") as table:
        table.drop_constraint(op.f("fk_ledger_file_imported_by_id"), type_="foreignkey")
        for name, _ in FILE_CHECKS:
            table.drop_constraint(op.f(f"ck_ledger_file_{name}"), type_="check")
        for name in ("via", "strict", "dry_run", "state", "reason", "size", "bytes_done", "line_done", "encoding",
                     "delimiter", "ignored_columns", "assumed_zone", "imported_by_id", "lease",
                     "leased_until"):  # fmt: skip
            table.drop_column(name)
