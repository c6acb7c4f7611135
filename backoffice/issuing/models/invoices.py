"""Number series and invoices. An invoice never changes: triggers refuse it even where code forgets."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account
from backoffice.database import Amount, Base, Id, Instant, JsonDict, install_triggers
from backoffice.ledger.models import LedgerEntry
from backoffice.requests.models import InvoiceRequest


class InvoiceSeries(Base):
    """The last number taken in one series and period, and its date. Locked while a number is taken."""

    __tablename__ = "invoice_series"
    __table_args__ = (CheckConstraint("last_number >= 0", name="last_number_not_negative"),)

    series: Mapped[str] = mapped_column(String(8), primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    last_number: Mapped[int] = mapped_column(default=0)
    last_issued_on: Mapped[date | None]


class Invoice(Base):
    """A numbered invoice, frozen. Only the hash and size of its rendered document are added later, once."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("series", "period", "sequence", name="uq_invoice_sequence"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint("net + tax = gross", name="totals_add_up"),
        # The register of a month, and its sum.
        Index("ix_invoice_issued_on", "issued_on", "sequence", "gross"),
        # Whose document a file is.
        Index("ix_invoice_pdf_sha256", "pdf_sha256"),
        Index(
            "ix_invoice_unrendered",
            "id",
            sqlite_where=text("pdf_sha256 IS NULL"),
            postgresql_where=text("pdf_sha256 IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    series: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(8))
    sequence: Mapped[int]
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id), unique=True)
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


class InvoiceLine(Base):
    """One line of an invoice: the part of one recharge it invoices, with its tax frozen."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        UniqueConstraint("invoice_id", "position", name="uq_invoice_line_position"),
        CheckConstraint("net + tax = gross", name="totals_add_up"),
        Index("ix_invoice_line_recharge_id", "recharge_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    position: Mapped[int]
    recharge_id: Mapped[int] = mapped_column(ForeignKey(LedgerEntry.id))
    description: Mapped[str] = mapped_column(String(300))
    tax_kind: Mapped[str] = mapped_column(String(16))
    rate: Mapped[str] = mapped_column(String(8))
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)


# The law behind the triggers: an issued invoice is kept unchanged for ten years (design/domain.md 4 and 7).
SQLITE_TRIGGERS = (
    "CREATE TRIGGER invoice_no_delete BEFORE DELETE ON invoice"
    " BEGIN SELECT RAISE(ABORT, 'an invoice is never deleted'); END",
    "CREATE TRIGGER invoice_no_update BEFORE UPDATE ON invoice WHEN NOT ("
    "OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL AND NEW.id IS OLD.id AND NEW.number IS OLD.number"
    " AND NEW.series IS OLD.series AND NEW.period IS OLD.period AND NEW.sequence IS OLD.sequence"
    " AND NEW.request_id IS OLD.request_id AND NEW.account_id IS OLD.account_id AND NEW.issued_at IS OLD.issued_at"
    " AND NEW.issued_on IS OLD.issued_on AND NEW.snapshot IS OLD.snapshot AND NEW.net IS OLD.net AND NEW.tax IS OLD.tax"
    " AND NEW.gross IS OLD.gross AND NEW.template IS OLD.template)"
    " BEGIN SELECT RAISE(ABORT, 'an invoice never changes'); END",
    "CREATE TRIGGER invoice_line_no_delete BEFORE DELETE ON invoice_line"
    " BEGIN SELECT RAISE(ABORT, 'an invoice line is never deleted'); END",
    "CREATE TRIGGER invoice_line_no_update BEFORE UPDATE ON invoice_line"
    " BEGIN SELECT RAISE(ABORT, 'an invoice line never changes'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'invoice' THEN
    IF OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL
       AND to_jsonb(NEW) - 'pdf_sha256' - 'pdf_size' = to_jsonb(OLD) - 'pdf_sha256' - 'pdf_size' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'an invoice never changes and is never deleted';
END $$""",
    "CREATE TRIGGER invoice_frozen BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_guard()",
    "CREATE TRIGGER invoice_line_frozen BEFORE UPDATE OR DELETE ON invoice_line"
    " FOR EACH ROW EXECUTE FUNCTION invoice_guard()",
)


install_triggers("invoice", "sqlite", SQLITE_TRIGGERS[:2])
install_triggers("invoice_line", "sqlite", SQLITE_TRIGGERS[2:])
install_triggers("invoice", "postgresql", POSTGRESQL_TRIGGERS[:2])
install_triggers("invoice_line", "postgresql", POSTGRESQL_TRIGGERS[2:])
