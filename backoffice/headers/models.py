"""Invoice headers: the buyer's legal identity, kept for the next application."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account, User
from backoffice.database import Base, Id, Instant, JsonDict, Word


class InvoiceHeader(Base):
    """A header of one customer account, usable by all its people. Archiving hides it; the past keeps its own copy."""

    __tablename__ = "invoice_header"
    __table_args__ = (
        CheckConstraint("kind IN ('enterprise', 'personal', 'public_body')", name="kind"),
        CheckConstraint("vat_kind IN ('ordinary', 'special')", name="vat_kind"),
        CheckConstraint("language IN ('zh', 'en', 'both')", name="language"),
        CheckConstraint("name <> ''", name="name_given"),
        CheckConstraint("kind <> 'enterprise' OR tax_id <> ''", name="enterprise_has_tax_id"),
        CheckConstraint("vat_kind = 'ordinary' OR kind <> 'personal'", name="personal_never_special"),
        CheckConstraint(
            "vat_kind = 'ordinary' OR (address <> '' AND phone <> '' AND bank <> '' AND bank_account <> '')",
            name="special_is_complete",
        ),
        CheckConstraint("is_default = false OR archived_at IS NULL", name="default_is_not_archived"),
        Index("ix_invoice_header_account", "account_id", "id"),
        Index("uq_invoice_header_submit_token", "account_id", "submit_token", unique=True),
        Index(
            "uq_invoice_header_default",
            "account_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str] = mapped_column(Word(12))
    vat_kind: Mapped[str] = mapped_column(String(10), default="ordinary")
    language: Mapped[str] = mapped_column(String(4), default="both")
    name: Mapped[str] = mapped_column(String(256))
    tax_id: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(128), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    bank: Mapped[str] = mapped_column(String(128), default="")
    bank_account: Mapped[str] = mapped_column(String(32), default="")
    # The address once more in its parts, as electronic invoices want it.
    country: Mapped[str] = mapped_column(String(2), default="CN", server_default="CN")
    street: Mapped[str] = mapped_column(String(128), default="", server_default="")
    city: Mapped[str] = mapped_column(String(64), default="", server_default="")
    postal_code: Mapped[str] = mapped_column(String(16), default="", server_default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    copies: Mapped[list[str]] = mapped_column(JsonDict, default=list, server_default="[]")
    remarks: Mapped[str] = mapped_column(String(500), default="")
    # The filled-in form that made it; None where none did.
    submit_token: Mapped[str | None] = mapped_column(String(64))
    is_default: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
