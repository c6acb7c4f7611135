"""Credit notes: proposed by one person, confirmed by another, and frozen from then on as invoices are.

The database itself keeps what matters: maker and checker differ, no more is taken than is left of a line's gross and of
its rate's net and tax, and a note never changes. Amounts are those taken back, so they are positive here and negative
on the document.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account, User
from backoffice.database import Amount, Base, Id, Instant, JsonDict, Word, install_triggers
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.models.invoices import Invoice, InvoiceLine
from backoffice.issuing.rules.credits import REMARKS_LIMIT, ProposalState
from backoffice.requests.models import InvoiceRequest

_OPEN = text("state = 'open'")
_FAULTY = text("issue_fault IS NOT NULL")
_UNRENDERED = text("pdf_sha256 IS NULL")


class CreditProposal(Base):
    """What somebody proposes to take back of an invoice, and what became of that. Its row stays, whatever it was."""

    __tablename__ = "credit_proposal"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'confirmed', 'declined', 'withdrawn')", name="state"),
        CheckConstraint("words <> ''", name="says_why"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_once"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("state NOT IN ('confirmed', 'declined') OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("state <> 'withdrawn' OR decided_by = proposed_by", name="withdrawn_by_maker"),
        CheckConstraint("state <> 'declined' OR remarks <> ''", name="declined_with_remarks"),
        # At most one is open per invoice; and the list of those that wait for their checker.
        Index("ix_credit_proposal_open", "invoice_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_credit_proposal_invoice_id", "invoice_id", "id"),
        Index("ix_credit_proposal_faulty", "id", sqlite_where=_FAULTY, postgresql_where=_FAULTY),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    reason: Mapped[str] = mapped_column(String(20))
    # Printed on the credit note under its reason.
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Word(12), default=ProposalState.OPEN)
    proposed_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    proposed_by_label: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    decided_by_label: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    remarks: Mapped[str] = mapped_column(String(REMARKS_LIMIT), default="")
    # Of a confirmed one: why its document could not be made, until somebody lets the worker try again.
    issue_fault: Mapped[str | None] = mapped_column(Text)

    @property
    def is_open(self) -> bool:
        """Whether it waits for its checker."""
        return self.state == ProposalState.OPEN


class CreditProposalLine(Base):
    """What a proposal takes back of one line of the invoice, tax included."""

    __tablename__ = "credit_proposal_line"
    __table_args__ = (CheckConstraint("gross > 0", name="gross_positive"),)

    proposal_id: Mapped[int] = mapped_column(Id, ForeignKey(CreditProposal.id), primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(Id, ForeignKey(InvoiceLine.id), primary_key=True, autoincrement=False)
    gross: Mapped[Decimal] = mapped_column(Amount)


class CreditReissue(Base):
    """Of a proposal that takes all back: the header of the request that follows, and that request once it is made."""

    __tablename__ = "credit_reissue"

    proposal_id: Mapped[int] = mapped_column(Id, ForeignKey(CreditProposal.id), primary_key=True, autoincrement=False)
    header_id: Mapped[int] = mapped_column(ForeignKey(InvoiceHeader.id))
    request_id: Mapped[int | None] = mapped_column(ForeignKey(InvoiceRequest.id), unique=True)


class CreditNote(Base):
    """A numbered credit note, frozen. Only the hash and size of its rendered document are added later, once."""

    __tablename__ = "credit_note"
    __table_args__ = (
        UniqueConstraint("series", "period", "sequence", name="uq_credit_note_sequence"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint("net + tax = gross", name="totals_add_up"),
        CheckConstraint("gross > 0 AND net >= 0 AND tax >= 0", name="takes_back"),
        Index("ix_credit_note_issued_on", "issued_on", "sequence", "gross"),
        Index("ix_credit_note_pdf_sha256", "pdf_sha256"),
        Index("ix_credit_note_invoice_id", "invoice_id", "id"),
        Index("ix_credit_note_unrendered", "id", sqlite_where=_UNRENDERED, postgresql_where=_UNRENDERED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    series: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(8))
    sequence: Mapped[int]
    proposal_id: Mapped[int] = mapped_column(ForeignKey(CreditProposal.id), unique=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    issued_on: Mapped[date]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JsonDict)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)
    template: Mapped[str] = mapped_column(String(8))
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]


class CreditNoteLine(Base):
    """What a credit note took back of one line of its invoice."""

    __tablename__ = "credit_note_line"
    __table_args__ = (
        CheckConstraint("net + tax = gross", name="totals_add_up"),
        CheckConstraint("gross > 0 AND net >= 0 AND tax >= 0", name="takes_back"),
        Index("ix_credit_note_line_line_id", "line_id"),
    )

    note_id: Mapped[int] = mapped_column(Id, ForeignKey(CreditNote.id), primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(Id, ForeignKey(InvoiceLine.id), primary_key=True, autoincrement=False)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)


class CreditLeft(Base):
    """What is left to credit of one tax kind and rate of an invoice; the triggers begin it with the first credit note
    and take each line off it."""

    __tablename__ = "credit_left"
    __table_args__ = (CheckConstraint("net >= 0 AND tax >= 0", name="never_too_much"),)

    invoice_id: Mapped[int] = mapped_column(Id, ForeignKey(Invoice.id), primary_key=True, autoincrement=False)
    tax_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    # Without zeros behind it, and empty for none: policies may write one rate in two ways.
    rate: Mapped[str] = mapped_column(String(8), primary_key=True)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)


# The law behind the triggers: what is issued is kept unchanged for ten years (design/domain.md 4 and 7).
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
    # Its change locks the row of what is left: of two notes at the same moment the second sees what the first took.
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

install_triggers("credit_note", "sqlite", SQLITE_TRIGGERS[:2])
install_triggers("credit_note_line", "sqlite", SQLITE_TRIGGERS[2:])
install_triggers("credit_note", "postgresql", POSTGRESQL_TRIGGERS[:2])
install_triggers("credit_note_line", "postgresql", POSTGRESQL_TRIGGERS[2:])
