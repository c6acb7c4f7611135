"""Credit notes: what is proposed to be taken back of an invoice, and the numbered notes that come of it.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
SQLITE_TRIGGERS = (
    "CREATE TRIGGER credit_note_no_delete BEFORE DELETE ON credit_note"
    " BEGIN SELECT RAISE(ABORT, 'a credit note is never deleted'); END",
    "CREATE TRIGGER credit_note_no_update BEFORE UPDATE ON credit_note WHEN NOT ("
    "OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL AND NEW.id IS OLD.id AND NEW.number IS OLD.number"
    " AND NEW.series IS OLD.series AND NEW.period IS OLD.period AND NEW.sequence IS OLD.sequence"
    " AND NEW.proposal_id IS OLD.proposal_id AND NEW.invoice_id IS OLD.invoice_id"
    " AND NEW.account_id IS OLD.account_id AND NEW.issued_at IS OLD.issued_at AND NEW.issued_on IS OLD.issued_on"
    " AND NEW.snapshot IS OLD.snapshot AND NEW.net IS OLD.net AND NEW.tax IS OLD.tax AND NEW.gross IS OLD.gross"
    " AND NEW.template IS OLD.template)"
    " BEGIN SELECT RAISE(ABORT, 'a credit note never changes'); END",
    "CREATE TRIGGER credit_note_line_no_delete BEFORE DELETE ON credit_note_line"
    " BEGIN SELECT RAISE(ABORT, 'a line of a credit note is never deleted'); END",
    "CREATE TRIGGER credit_note_line_no_update BEFORE UPDATE ON credit_note_line"
    " BEGIN SELECT RAISE(ABORT, 'a line of a credit note never changes'); END",
    "CREATE TRIGGER credit_note_line_within BEFORE INSERT ON credit_note_line WHEN EXISTS ("
    "SELECT 1 FROM invoice_line LEFT JOIN credit_note_line ON credit_note_line.line_id = invoice_line.id"
    " WHERE invoice_line.id = NEW.line_id GROUP BY invoice_line.id"
    " HAVING coalesce(sum(credit_note_line.net), 0) + NEW.net > max(invoice_line.net)"
    " OR coalesce(sum(credit_note_line.tax), 0) + NEW.tax > max(invoice_line.tax)"
    " OR coalesce(sum(credit_note_line.gross), 0) + NEW.gross > max(invoice_line.gross))"
    " BEGIN SELECT RAISE(ABORT, 'no more can be credited than is left of a line'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION credit_note_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'credit_note' THEN
    IF OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL
       AND to_jsonb(NEW) - 'pdf_sha256' - 'pdf_size' = to_jsonb(OLD) - 'pdf_sha256' - 'pdf_size' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a credit note never changes and is never deleted';
END $$""",
    "CREATE TRIGGER credit_note_frozen BEFORE UPDATE OR DELETE ON credit_note"
    " FOR EACH ROW EXECUTE FUNCTION credit_note_guard()",
    "CREATE TRIGGER credit_note_line_frozen BEFORE UPDATE OR DELETE ON credit_note_line"
    " FOR EACH ROW EXECUTE FUNCTION credit_note_guard()",
    # The line of the invoice is locked: of two notes at the same moment the second sees what the first took.
    """CREATE FUNCTION credit_note_line_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  whole invoice_line;
BEGIN
  SELECT * INTO whole FROM invoice_line WHERE id = NEW.line_id FOR UPDATE;
  IF EXISTS (
    SELECT 1 FROM credit_note_line WHERE line_id = NEW.line_id
    HAVING coalesce(sum(net), 0) + NEW.net > whole.net OR coalesce(sum(tax), 0) + NEW.tax > whole.tax
        OR coalesce(sum(gross), 0) + NEW.gross > whole.gross
  ) THEN
    RAISE EXCEPTION 'no more can be credited than is left of a line';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER credit_note_line_within BEFORE INSERT ON credit_note_line"
    " FOR EACH ROW EXECUTE FUNCTION credit_note_line_limit()",
)


def upgrade() -> None:
    """Nothing was credited until now: what a series of invoices has taken stays as it is."""
    _proposals()
    _notes()
    statements = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for statement in statements:
        op.execute(statement)


def _proposals() -> None:
    op.create_table(
        "credit_proposal",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("proposed_by", ID, nullable=False),
        sa.Column("proposed_by_label", sa.String(120), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_by_label", sa.String(120), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("remarks", sa.String(500), nullable=False),
        sa.Column("issue_fault", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_proposal")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_credit_proposal_invoice_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_credit_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_credit_proposal_decided_by")),
        *_checks(
            "credit_proposal",
            state="state IN ('open', 'confirmed', 'declined', 'withdrawn')",
            says_why="words <> ''",
            decided_once="(state = 'open') = (decided_at IS NULL)",
            decided_by_somebody="(decided_at IS NULL) = (decided_by IS NULL)",
            four_eyes="state NOT IN ('confirmed', 'declined') OR decided_by <> proposed_by",
            withdrawn_by_maker="state <> 'withdrawn' OR decided_by = proposed_by",
            declined_with_remarks="state <> 'declined' OR remarks <> ''",
        ),
    )
    _partial("ix_credit_proposal_open", "credit_proposal", ["invoice_id"], "state = 'open'", unique=True)
    op.create_index("ix_credit_proposal_invoice_id", "credit_proposal", ["invoice_id", "id"])
    _partial("ix_credit_proposal_faulty", "credit_proposal", ["id"], "issue_fault IS NOT NULL")
    op.create_table(
        "credit_proposal_line",
        sa.Column("proposal_id", ID, autoincrement=False, nullable=False),
        sa.Column("line_id", ID, autoincrement=False, nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "line_id", name=op.f("pk_credit_proposal_line")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["credit_proposal.id"], name=op.f("fk_credit_proposal_line_proposal_id")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["invoice_line.id"], name=op.f("fk_credit_proposal_line_line_id")),
        *_checks("credit_proposal_line", gross_positive="gross > 0"),
    )


def _notes() -> None:
    op.create_table(
        "credit_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("series", sa.String(8), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("proposal_id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.String(8), nullable=False),
        sa.Column("pdf_sha256", sa.String(64), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("number", name=op.f("uq_credit_note_number")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_credit_note_proposal_id")),
        sa.UniqueConstraint("series", "period", "sequence", name="uq_credit_note_sequence"),
        sa.ForeignKeyConstraint(["proposal_id"], ["credit_proposal.id"], name=op.f("fk_credit_note_proposal_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_credit_note_invoice_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_credit_note_account_id")),
        *_checks(
            "credit_note",
            sequence_positive="sequence > 0",
            totals_add_up="net + tax = gross",
            takes_back="gross > 0 AND net >= 0 AND tax >= 0",
        ),
    )
    op.create_index("ix_credit_note_issued_on", "credit_note", ["issued_on", "gross"])
    op.create_index("ix_credit_note_invoice_id", "credit_note", ["invoice_id", "id"])
    _partial("ix_credit_note_unrendered", "credit_note", ["id"], "pdf_sha256 IS NULL")
    op.create_table(
        "credit_note_line",
        sa.Column("note_id", ID, autoincrement=False, nullable=False),
        sa.Column("line_id", ID, autoincrement=False, nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", "line_id", name=op.f("pk_credit_note_line")),
        sa.ForeignKeyConstraint(["note_id"], ["credit_note.id"], name=op.f("fk_credit_note_line_note_id")),
        sa.ForeignKeyConstraint(["line_id"], ["invoice_line.id"], name=op.f("fk_credit_note_line_line_id")),
        *_checks(
            "credit_note_line",
            totals_add_up="net + tax = gross",
            takes_back="gross > 0 AND net >= 0 AND tax >= 0",
        ),
    )
    op.create_index("ix_credit_note_line_line_id", "credit_note_line", ["line_id"])


def _checks(table: str, **rules: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    predicate = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=predicate, postgresql_where=predicate)


def downgrade() -> None:
    """Take it back, unless there is a credit note: what is issued is kept."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM credit_note")):
        raise RuntimeError("credit notes were issued; the earlier schema has no place for them")
    for table in ("credit_note_line", "credit_note", "credit_proposal_line", "credit_proposal"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION credit_note_line_limit()")
        op.execute("DROP FUNCTION credit_note_guard()")
