"""What the checks said is kept with each verdict; a mail that comes back keeps when a server took it.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)

SQLITE_TRIGGERS = (
    "CREATE TRIGGER decision_checks_no_update BEFORE UPDATE ON decision_checks"
    " BEGIN SELECT RAISE(ABORT, 'what checks said never changes'); END",
    "CREATE TRIGGER decision_checks_no_delete BEFORE DELETE ON decision_checks"
    " BEGIN SELECT RAISE(ABORT, 'what checks said is never deleted'); END",
    # REPLACE deletes without the trigger of deletions.
    "CREATE TRIGGER decision_checks_no_blank BEFORE INSERT ON decision_checks WHEN NEW.found IS NULL"
    " OR EXISTS (SELECT 1 FROM decision_checks WHERE decision_id = NEW.decision_id)"
    " BEGIN SELECT RAISE(ABORT, 'a verdict is given with its checks, once'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION decision_checks_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.found IS NOT NULL THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what checks said is kept with each verdict, and never changes nor is deleted';
END $$""",
    "CREATE TRIGGER decision_checks_frozen BEFORE INSERT OR UPDATE OR DELETE ON decision_checks"
    " FOR EACH ROW EXECUTE FUNCTION decision_checks_guard()",
    "CREATE TRIGGER decision_checks_not_emptied BEFORE TRUNCATE ON decision_checks"
    " FOR EACH STATEMENT EXECUTE FUNCTION decision_checks_guard()",
)


def upgrade() -> None:
    """Of verdicts and mails that there are, what was not kept is not made up.

    Each verdict gets a row that says nothing, before the guard forbids such rows: from here on a verdict without a row
    is a fault.
    """
    op.create_table(
        "decision_checks",
        sa.Column("decision_id", ID, autoincrement=False, nullable=False),
        sa.Column("worked_out_at", INSTANT, nullable=True),
        sa.Column("found", JSON_DICT, nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.CheckConstraint(
            "(worked_out_at IS NULL) = (found IS NULL) AND (sha256 IS NULL) = (found IS NULL)",
            name=op.f("ck_decision_checks_kept_is_whole"),
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_decision_checks_decision_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_checks")),
    )
    op.execute("INSERT INTO decision_checks (decision_id) SELECT id FROM decision")
    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)
    op.add_column("message", sa.Column("taken_at", INSTANT, nullable=True))
    op.add_column("message", sa.Column("taken_answer", sa.Text(), nullable=True))
    # Where a later report stands in the place of the answer, the answer is lost.
    op.execute(
        "UPDATE message SET taken_at = accepted_at,"
        " taken_answer = CASE WHEN reported_at IS NULL THEN server_answer END WHERE accepted_at IS NOT NULL"
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("message", "taken_answer")
    op.drop_column("message", "taken_at")
    op.drop_table("decision_checks")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decision_checks_guard()")
