"""What may be credited is limited by a line's gross and its rate's net and tax, no longer by each line's net and tax.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE_BY_RATE = (
    "CREATE TRIGGER credit_note_line_begins BEFORE INSERT ON credit_note_line WHEN NOT EXISTS ("
    "SELECT 1 FROM invoice_line AS own JOIN credit_left AS rest ON rest.invoice_id = own.invoice_id"
    " AND rest.tax_kind = own.tax_kind AND rest.rate = rtrim(own.rate, '0.') WHERE own.id = NEW.line_id)"
    " BEGIN INSERT INTO credit_left (invoice_id, tax_kind, rate, net, tax)"
    " SELECT own.invoice_id, own.tax_kind, rtrim(own.rate, '0.'), sum(line.net), sum(line.tax)"
    " FROM invoice_line AS own JOIN invoice_line AS line ON line.invoice_id = own.invoice_id"
    " AND line.tax_kind = own.tax_kind AND rtrim(line.rate, '0.') = rtrim(own.rate, '0.')"
    " WHERE own.id = NEW.line_id GROUP BY own.id; END",
    "CREATE TRIGGER credit_note_line_within AFTER INSERT ON credit_note_line BEGIN"
    " SELECT RAISE(ABORT, 'no more can be credited than is left of a line') FROM invoice_line WHERE id = NEW.line_id"
    " AND gross < (SELECT sum(gross) FROM credit_note_line WHERE line_id = NEW.line_id);"
    " UPDATE credit_left SET net = net - NEW.net, tax = tax - NEW.tax WHERE (invoice_id, tax_kind, rate) ="
    " (SELECT invoice_id, tax_kind, rtrim(rate, '0.') FROM invoice_line WHERE id = NEW.line_id); END",
)
SQLITE_BY_LINE = (
    "CREATE TRIGGER credit_note_line_within BEFORE INSERT ON credit_note_line WHEN EXISTS ("
    "SELECT 1 FROM invoice_line LEFT JOIN credit_note_line ON credit_note_line.line_id = invoice_line.id"
    " WHERE invoice_line.id = NEW.line_id GROUP BY invoice_line.id"
    " HAVING coalesce(sum(credit_note_line.net), 0) + NEW.net > max(invoice_line.net)"
    " OR coalesce(sum(credit_note_line.tax), 0) + NEW.tax > max(invoice_line.tax)"
    " OR coalesce(sum(credit_note_line.gross), 0) + NEW.gross > max(invoice_line.gross))"
    " BEGIN SELECT RAISE(ABORT, 'no more can be credited than is left of a line'); END",
)
POSTGRESQL_BY_RATE = (
    """CREATE FUNCTION credit_note_line_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credit_left (invoice_id, tax_kind, rate, net, tax)
  SELECT invoice_id, tax_kind, rtrim(rate, '0.'), sum(net), sum(tax) FROM invoice_line
  WHERE invoice_id IN (SELECT invoice_id FROM invoice_line JOIN added ON added.line_id = invoice_line.id)
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  UPDATE credit_left SET net = credit_left.net - taken.net, tax = credit_left.tax - taken.tax
  FROM (SELECT invoice_id, tax_kind, rtrim(rate, '0.') AS rate, sum(added.net) AS net, sum(added.tax) AS tax
        FROM added JOIN invoice_line ON invoice_line.id = added.line_id GROUP BY 1, 2, 3) AS taken
  WHERE credit_left.invoice_id = taken.invoice_id AND credit_left.tax_kind = taken.tax_kind
    AND credit_left.rate = taken.rate;
  IF EXISTS (
    SELECT 1 FROM invoice_line JOIN credit_note_line ON credit_note_line.line_id = invoice_line.id
    WHERE invoice_line.id IN (SELECT line_id FROM added)
    GROUP BY invoice_line.id HAVING sum(credit_note_line.gross) > invoice_line.gross
  ) THEN
    RAISE EXCEPTION 'no more can be credited than is left of a line';
  END IF;
  RETURN NULL;
END $$""",
    "CREATE TRIGGER credit_note_line_within AFTER INSERT ON credit_note_line REFERENCING NEW TABLE AS added"
    " FOR EACH STATEMENT EXECUTE FUNCTION credit_note_line_limit()",
)
POSTGRESQL_BY_LINE = (
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
# What was credited so far kept within each line, so within its rate.
BEGIN = (
    "INSERT INTO credit_left (invoice_id, tax_kind, rate, net, tax)"
    " SELECT line.invoice_id, line.tax_kind, rtrim(line.rate, '0.'),"
    " sum(line.net - coalesce(taken.net, 0)), sum(line.tax - coalesce(taken.tax, 0))"
    " FROM invoice_line AS line LEFT JOIN (SELECT line_id, sum(net) AS net, sum(tax) AS tax"
    " FROM credit_note_line GROUP BY line_id) AS taken ON taken.line_id = line.id"
    " WHERE line.invoice_id IN (SELECT invoice_id FROM credit_note) GROUP BY 1, 2, 3"
)


def upgrade() -> None:
    """Count what is left of each rate of the invoices that were credited; the others begin with their first note."""
    op.create_table(
        "credit_left",
        sa.Column("invoice_id", ID, autoincrement=False, nullable=False),
        sa.Column("tax_kind", sa.String(16), nullable=False),
        sa.Column("rate", sa.String(8), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net >= 0 AND tax >= 0", name=op.f("ck_credit_left_never_too_much")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_credit_left_invoice_id")),
        sa.PrimaryKeyConstraint("invoice_id", "tax_kind", "rate", name=op.f("pk_credit_left")),
    )
    op.execute(BEGIN)
    _limit(SQLITE_BY_RATE, POSTGRESQL_BY_RATE)


def downgrade() -> None:
    """What was credited since stays; the narrower limits hold for what follows."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER credit_note_line_begins")
    _limit(SQLITE_BY_LINE, POSTGRESQL_BY_LINE)
    op.drop_table("credit_left")


def _limit(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER credit_note_line_within" + ("" if is_sqlite else " ON credit_note_line"))
    if not is_sqlite:
        op.execute("DROP FUNCTION credit_note_line_limit()")
    for statement in sqlite if is_sqlite else postgresql:
        op.execute(statement)
