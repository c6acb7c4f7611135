"""The invoice request: one row from the application to the issued invoice."""

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
    and_,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from backoffice.accounts.models import Account, User
from backoffice.database import Amount, Base, Id, Instant, JsonDict, Word
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Actor
from backoffice.requests.models.enclosing import Enclosing, enclosing_args
from backoffice.requests.rules import OPEN_STATES, Action, State, transition

_OPEN = text("state IN ('pending', 'approved')")


# The last six characters of a number, the same on both databases: it is asked for exactly as its index has it.
END_LENGTH = 6
END_OF = "substr({0}, length({0}) - 5)"


class InvoiceRequest(Enclosing, Base):
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
        CheckConstraint("support_type IN ('application/pdf', 'image/png', 'image/jpeg')", name="support_type"),
        CheckConstraint("support_size > 0", name="support_not_empty"),
        CheckConstraint(
            "(claimed_by_id IS NULL) = (claim_ends_at IS NULL)"
            " AND (claimed_by_id IS NULL) = (claimed_by_label IS NULL)",
            name="claim_is_whole",
        ),
        CheckConstraint("claimed_by_id IS NULL OR state = 'pending'", name="claimed_is_pending"),
        CheckConstraint("held_at IS NULL OR state = 'pending'", name="held_is_pending"),
        CheckConstraint("paused_at IS NULL OR held_at IS NOT NULL", name="paused_is_held"),
        CheckConstraint("second_wanted_at IS NULL OR state = 'pending'", name="second_is_pending"),
        CheckConstraint("paused_seconds >= 0", name="paused_forward"),
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
        # Which were being issued at the end of some day is answered inside the index.
        Index(
            "ix_invoice_request_account_issued",
            "account_id",
            "issued_at",
            "id",
            "closed_at",
            sqlite_where=text("state = 'issued'"),
            postgresql_where=text("state = 'issued'"),
        ),
        # The queue, most urgent first, with what its views look at, so that they are counted inside the index; the
        # worker's approved ones; what the sweep may flag.
        Index(
            "ix_invoice_request_queue",
            "due_at",
            "id",
            "held_at",
            "claim_ends_at",
            "amount",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_invoice_request_open", "due_at", "id", "paused_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_invoice_request_issuable",
            "issuable_at",
            "id",
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
        Index(
            "ix_invoice_request_approved",
            "due_at",
            "id",
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
        *enclosing_args("invoice_request"),
        # What waits for the customer, and what waits for a second approval.
        Index(
            "ix_invoice_request_held",
            "due_at",
            "id",
            sqlite_where=text("held_at IS NOT NULL"),
            postgresql_where=text("held_at IS NOT NULL"),
        ),
        Index(
            "ix_invoice_request_second",
            "due_at",
            "id",
            sqlite_where=text("second_wanted_at IS NOT NULL"),
            postgresql_where=text("second_wanted_at IS NOT NULL"),
        ),
        Index(
            "ix_invoice_request_claimed",
            "claimed_by_id",
            "due_at",
            "id",
            sqlite_where=text("claimed_by_id IS NOT NULL"),
            postgresql_where=text("claimed_by_id IS NOT NULL"),
        ),
        # History by state and the figures of a period.
        Index("ix_invoice_request_state", "state", "submitted_at", "id"),
        Index("ix_invoice_request_submitted", "submitted_at", "id"),
        # The desk's other orders, of one state and of all.
        Index("ix_invoice_request_state_amount", "state", "amount", "id"),
        Index("ix_invoice_request_due", "due_at", "id", "state"),
        Index("ix_invoice_request_amount", "amount", "id"),
        # Addresses are ASCII; their case means nothing to a search.
        Index("ix_invoice_request_email", text("lower(email)")),
        # People read out the end of a number.
        Index("ix_invoice_request_number_end", text(END_OF.format("number"))),
        Index("ix_invoice_request_invoice_number_end", text(END_OF.format("invoice_number"))),
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
    resubmission_of_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_request.id"), index=True)

    state: Mapped[str] = mapped_column(Word(12), default=State.PENDING)
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    submitted_on: Mapped[date]
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(Instant)
    calendar_version_id: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"))
    flagged_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    # Inner facts of a pending request: who works on it and until when, whether it waits for the customer and its clock
    # stands still, and since when it has a first approval and waits for a second one.
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    claimed_by_label: Mapped[str | None] = mapped_column(String(120))
    claim_ends_at: Mapped[datetime | None] = mapped_column(Instant)
    held_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    second_wanted_at: Mapped[datetime | None] = mapped_column(Instant)
    # Business seconds that the clock has stood still in all; `due_on` has moved on by them.
    paused_seconds: Mapped[int] = mapped_column(default=0)

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

    def is_own_of(self, actor: Actor) -> bool:
        """Whether `actor` or their account applied for it: nobody decides on that."""
        return self.applicant_id == actor.id or self.account_id == actor.account_id

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

    @property
    def can_be_returned(self) -> bool:
        """Whether an approval may still be taken back: no number was taken."""
        return transition(State(self.state), Action.RETURN) is not None and self.invoice_id is None

    @property
    def is_held(self) -> bool:
        """Whether it waits for an answer of the customer's."""
        return self.held_at is not None

    @property
    def is_paused(self) -> bool:
        """Whether its clock stands still: the customer has been asked, and the mail has reached their server."""
        return self.paused_at is not None

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody works on it: a claim ends by itself when it is not touched."""
        return self.claim_ends_at is not None and now < self.claim_ends_at

    def claimant(self, now: datetime) -> int | None:
        """The id of whoever works on it; None while nobody does."""
        return self.claimed_by_id if self.is_claimed(now) else None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is still open past its promised day; what waits for the customer is not late by our doing."""
        return self.is_open and not self.is_paused and now >= self.due_at

    def has_run_out(self, now: datetime) -> bool:
        """Whether its clock has run out, so that no question stops it any more: past its promised day, or flagged."""
        return self.flagged_at is not None or now >= self.due_at


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
    """SQL predicate of some states, of which SQLite is told that few requests are in an open one."""
    condition = entity.state == states[0] if len(states) == 1 else entity.state.in_(states)
    return _Likely(condition) if set(states) <= set(OPEN_STATES) else condition


def is_open() -> ColumnElement[bool]:
    """SQL predicate of open requests, worded as the partial index that serves it."""
    return in_state(*OPEN_STATES)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """SQL predicate of `InvoiceRequest.is_overdue`: the list, the flag and the dashboard speak of the same requests."""
    return and_(is_open(), InvoiceRequest.due_at <= now, InvoiceRequest.paused_at.is_(None))


def runs_at(at: Any) -> ColumnElement[bool]:
    """SQL predicate of requests whose clock had not run out at an instant, a value or a column: not `has_run_out`."""
    return and_(InvoiceRequest.flagged_at.is_(None), InvoiceRequest.due_at > at)
