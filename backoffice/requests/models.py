"""The invoice request, the decisions on it and its history."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from backoffice.accounts.models import Account, User
from backoffice.database import Amount, Base, Id, Instant, JsonDict
from backoffice.headers.models import InvoiceHeader
from backoffice.requests.rules import OPEN_STATES, Action, State, transition

_OPEN = text("state IN ('pending', 'approved')")


class InvoiceRequest(Base):
    """One application for one invoice. The header is frozen at submission; the number and date of the invoice stand
    here too once it is issued, so that lists need no join."""

    __tablename__ = "invoice_request"
    __table_args__ = (
        UniqueConstraint("account_id", "submit_token", name="uq_invoice_request_submit_token"),
        CheckConstraint("state IN ('pending', 'approved', 'issued', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(state = 'issued') = (invoice_number IS NOT NULL)", name="issued_has_number"),
        CheckConstraint("invoice_id IS NULL OR state IN ('approved', 'issued')", name="numbered_is_approved"),
        CheckConstraint("(state IN ('pending', 'approved')) = (closed_at IS NULL)", name="open_is_not_closed"),
        CheckConstraint(
            "(support_sha256 IS NULL) = (support_name IS NULL) AND (support_sha256 IS NULL) = (support_type IS NULL)"
            " AND (support_sha256 IS NULL) = (support_size IS NULL)",
            name="support_is_whole",
        ),
        CheckConstraint("support_type IN ('application/pdf', 'image/png', 'image/jpeg')", name="support_type"),
        CheckConstraint("support_size > 0", name="support_not_empty"),
        # The customer's list, and the same under each filter. All that it can be filtered by stands at the end of the
        # first, so that what is not shown is never read; then what was issued to an account, for its bills.
        Index(
            "ix_invoice_request_account",
            "account_id",
            "submitted_at",
            "id",
            "state",
            "amount",
            "header_name",
            "number",
            "invoice_number",
        ),
        Index("ix_invoice_request_account_state", "account_id", "state", "submitted_at", "id"),
        Index(
            "ix_invoice_request_account_issued",
            "account_id",
            "issued_at",
            "id",
            sqlite_where=text("state = 'issued'"),
            postgresql_where=text("state = 'issued'"),
        ),
        # The queue, most urgent first; the worker's approved ones; what the sweep may flag.
        Index(
            "ix_invoice_request_queue",
            "due_at",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_invoice_request_open", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_invoice_request_issuable",
            "issuable_at",
            "id",
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
        # History by state and the figures of a period.
        Index("ix_invoice_request_state", "state", "submitted_at", "id"),
        Index("ix_invoice_request_submitted", "submitted_at", "id"),
        Index("ix_invoice_request_closed", "closed_at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    applicant_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    applicant_label: Mapped[str] = mapped_column(String(120))
    header_id: Mapped[int] = mapped_column(ForeignKey(InvoiceHeader.id))
    header: Mapped[dict[str, Any]] = mapped_column(JsonDict)
    header_name: Mapped[str] = mapped_column(String(256))
    amount: Mapped[Decimal] = mapped_column(Amount)
    email: Mapped[str] = mapped_column(String(254))
    # Further addresses that get the issued invoice, never the receiving one.
    copies: Mapped[list[str]] = mapped_column(JsonDict, default=list)
    remarks: Mapped[str] = mapped_column(String(500), default="")
    locale: Mapped[str] = mapped_column(String(5))
    submit_token: Mapped[str] = mapped_column(String(64))
    # What the customer enclosed for the reviewer: a document of the store, its cleaned name, its checked media type.
    support_sha256: Mapped[str | None] = mapped_column(String(64))
    support_name: Mapped[str | None] = mapped_column(String(120))
    support_type: Mapped[str | None] = mapped_column(String(20))
    support_size: Mapped[int | None]
    resubmission_of_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_request.id"), index=True)

    state: Mapped[str] = mapped_column(String(12), default=State.PENDING)
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    submitted_on: Mapped[date]
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(Instant)
    calendar_version_id: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"))
    flagged_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    issuable_at: Mapped[datetime | None] = mapped_column(Instant)
    # Why it cannot be issued: in English for logs, and as a sentence that is still to be translated for the desk.
    issue_error: Mapped[str | None] = mapped_column(Text)
    issue_fault: Mapped[str | None] = mapped_column(Text)
    # Set by transaction 1 of issuing: from here on there is no way back but a credit note.
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id", use_alter=True), unique=True)
    invoice_number: Mapped[str | None] = mapped_column(String(24), unique=True)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    issued_on: Mapped[date | None]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in OPEN_STATES

    @property
    def can_withdraw(self) -> bool:
        """Whether the applicant may still take it back."""
        return transition(State(self.state), Action.WITHDRAW) is not None

    @property
    def can_correct(self) -> bool:
        """Whether the applicant may still correct where the mail goes."""
        return transition(State(self.state), Action.CORRECT) is not None

    @property
    def recipients(self) -> list[str]:
        """Everybody the issued invoice is mailed to, the receiving address first."""
        return [self.email, *self.copies]

    @property
    def can_be_decided(self) -> bool:
        """Whether a reviewer's verdict is still wanted."""
        return transition(State(self.state), Action.APPROVE) is not None

    @property
    def can_resubmit(self) -> bool:
        """Whether a mended application may follow this one."""
        return self.state == State.REJECTED

    @property
    def is_issued(self) -> bool:
        """Whether the invoice can be downloaded."""
        return self.state == State.ISSUED

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is still open past its promised day."""
        return self.is_open and now >= self.due_at


class _Likely(FunctionElement[bool]):
    """A condition that SQLite should expect most rows to meet; PostgreSQL gets it as it is.

    Without figures about the table SQLite takes every index that pins a column, and would sort all that is open.
    """

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """Stand as it is: "= 1" behind it, as for a column of truth values, would hide the condition."""
        return self


@compiles(_Likely)
def _as_it_is(element: _Likely, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Likely, "sqlite")
def _as_likely(element: _Likely, compiler: Any, **options: Any) -> str:
    return f"likely({compiler.process(element.clauses, **options)})"


def in_state(*states: State, entity: Any = InvoiceRequest) -> ColumnElement[bool]:
    """SQL predicate of some states, written into the statement instead of sent beside it.

    Only so does SQLite see that a partial index serves it: it plans before it knows the values.
    """
    words: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in states]
    condition = entity.state == words[0] if len(words) == 1 else entity.state.in_(words)
    return _Likely(condition) if set(states) <= set(OPEN_STATES) else condition


def is_open() -> ColumnElement[bool]:
    """SQL predicate of open requests, worded as the partial index that serves it."""
    return in_state(*OPEN_STATES)


class Decision(Base):
    """A verdict of one reviewer. At most one is in force per request; a revoked one stays, with who and why."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("verdict IN ('approve', 'reject')", name="verdict"),
        CheckConstraint("verdict = 'approve' OR (remarks <> '' AND reason IS NOT NULL)", name="rejection_says_why"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revocation_is_whole"),
        Index(
            "uq_decision_in_force",
            "request_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    verdict: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    decided_by_label: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(String(20))
    remarks: Mapped[str] = mapped_column(String(500), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    revoked_why: Mapped[str | None] = mapped_column(String(500))


class RequestEvent(Base):
    """One line of a request's timeline, in the words customers may see."""

    __tablename__ = "request_event"
    __table_args__ = (Index("ix_request_event_request_id", "request_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(20))
    actor_label: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str | None] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
