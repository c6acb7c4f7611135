"""Credit notes: proposed by one person, confirmed by another, and frozen from then on as invoices are.

The database itself keeps what matters: maker and checker differ, no line gives more than is left of its net, tax and
gross, and a note never changes. Amounts are those taken back, so they are positive here and negative on the document.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account, User
from backoffice.database import Amount, Base, Id, Instant, JsonDict
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.models.guards import install
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
    state: Mapped[str] = mapped_column(String(12), default=ProposalState.OPEN)
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
        Index("ix_credit_note_issued_on", "issued_on", "gross"),
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

install("credit_note", "sqlite", SQLITE_TRIGGERS[:2])
install("credit_note_line", "sqlite", SQLITE_TRIGGERS[2:])
install("credit_note", "postgresql", POSTGRESQL_TRIGGERS[:2])
install("credit_note_line", "postgresql", POSTGRESQL_TRIGGERS[2:])
