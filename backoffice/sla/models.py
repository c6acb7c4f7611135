"""Flags and escalations: one per request and promised date, so that a promise that breaks is told of once. Beside
them which weeks were reported, what became of each closed promise, and the figures that the worker folds from these."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Amount, Base, Id, Instant, Word
from backoffice.requests.models import InvoiceRequest


class Escalation(Base):
    """That a request was told of before its day, once for each step and promised date."""

    __tablename__ = "sla_escalation"
    __table_args__ = (
        CheckConstraint("step IN ('reviewers', 'managers')", name="step"),
        UniqueConstraint("request_id", "due_at", "step", name="uq_sla_escalation_request_due_step"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    due_at: Mapped[datetime] = mapped_column(Instant)
    step: Mapped[str] = mapped_column(String(10))
    told_at: Mapped[datetime] = mapped_column(Instant)


class Flag(Base):
    """A request found still open at its due instant."""

    __tablename__ = "sla_flag"
    __table_args__ = (UniqueConstraint("request_id", "due_at", name="uq_sla_flag_request_due"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    due_at: Mapped[datetime] = mapped_column(Instant)
    flagged_at: Mapped[datetime] = mapped_column(Instant)
    # When a new calendar moved the promised day to a later one.
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class WeeklyReport(Base):
    """That a week was told of, by its Monday: to how many people, and what stood out at that moment."""

    __tablename__ = "sla_weekly_report"
    __table_args__ = (CheckConstraint("told >= 0 AND overdue >= 0 AND missing >= 0", name="not_negative"),)

    monday: Mapped[date] = mapped_column(primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    told: Mapped[int]
    overdue: Mapped[int]
    missing: Mapped[int]


class Outcome(Base):
    """What became of a closed request's promise, frozen: a later calendar or policy does not change it.

    `reviewer_id` gave the verdict in force, `reopened_of_id` the last one that was taken back before; `attempt` and
    `chain_seconds` count from the first of the applications that it resubmits. Seconds are of business time by the
    request's calendar, pauses included; `gross_verdict` is what the verdict would be had the clock never stood still.
    Steps (`rules.Step`) are in minutes, None where there was none; those of the delivery come when the mails arrive.
    """

    __tablename__ = "sla_outcome"
    __table_args__ = (
        CheckConstraint("verdict IN ('met', 'missed', 'uncounted')", name="verdict"),
        CheckConstraint("state IN ('issued', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("seconds >= 0 AND paused_seconds >= 0 AND chain_seconds >= seconds", name="forward"),
        CheckConstraint("attempt >= 1", name="attempt_counted"),
        CheckConstraint("gross_verdict IN ('met', 'missed', 'uncounted')", name="gross_verdict"),
        Index("ix_sla_outcome_closed", "closed_on", "request_id"),
        Index("ix_sla_outcome_due", "due_on", "request_id"),
    )

    request_id: Mapped[int] = mapped_column(Id, ForeignKey(InvoiceRequest.id), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Word(12))
    verdict: Mapped[str] = mapped_column(Word(10))
    due_on: Mapped[date]
    closed_on: Mapped[date]
    header_kind: Mapped[str] = mapped_column(String(20))
    band: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Amount)
    calendar_version_id: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"))
    seconds: Mapped[int]
    paused_seconds: Mapped[int]
    first_submitted_at: Mapped[datetime] = mapped_column(Instant)
    attempt: Mapped[int]
    chain_seconds: Mapped[int]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    reopened_of_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    reason: Mapped[str | None] = mapped_column(String(20))
    gross_verdict: Mapped[str] = mapped_column(String(10))
    first_look_minutes: Mapped[int | None]
    first_look_kept: Mapped[bool | None]
    decision_minutes: Mapped[int | None]
    decision_kept: Mapped[bool | None]
    issue_minutes: Mapped[int | None]
    issue_kept: Mapped[bool | None]
    delivery_minutes: Mapped[int | None]
    delivery_kept: Mapped[bool | None]


class DayFigures(Base):
    """How many requests of one kind, band and reviewer (0: nobody's) a local day received, closed, and promised.

    What was received counts on the day of submission, what was closed on the day of closing, what was met or missed on
    the promised day. Each number has its sum.
    """

    __tablename__ = "sla_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    header_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewer_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    received: Mapped[int] = mapped_column(default=0)
    received_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    issued: Mapped[int] = mapped_column(default=0)
    issued_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    rejected: Mapped[int] = mapped_column(default=0)
    rejected_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    withdrawn: Mapped[int] = mapped_column(default=0)
    withdrawn_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    met: Mapped[int] = mapped_column(default=0)
    met_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    missed: Mapped[int] = mapped_column(default=0)
    missed_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    met_gross: Mapped[int] = mapped_column(default=0)
    met_gross_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    first_pass: Mapped[int] = mapped_column(default=0)
    first_pass_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    held: Mapped[int] = mapped_column(default=0)
    held_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    reopened: Mapped[int] = mapped_column(default=0)
    reopened_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))


class DayPace(Base):
    """Turnaround of what a local day closed: how many requests of a slice took so many tenths of a business day.

    A slice is one way of measuring all of them, or the ones of a header type, band, reviewer or reason; see `rules`. Of
    the slices of a step `took` is in minutes.
    """

    __tablename__ = "sla_pace"

    slice: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    took: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Amount)


class Backlog(Base):
    """What is open as of the last fold, by all that the page asks of it; `claimed_by_id` is 0 where nobody works."""

    __tablename__ = "sla_backlog"
    __table_args__ = (CheckConstraint("stage IN ('pending', 'held', 'paused', 'approved')", name="stage"),)

    due_on: Mapped[date] = mapped_column(primary_key=True)
    submitted_on: Mapped[date] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(10), primary_key=True)
    header_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    claimed_by_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Amount)


class Fold(Base):
    """How far the figures are folded: the one row. What was closed before `closed_until` has its outcome.

    `edition` is another one after each fold that changed a figure: what was made of them holds as long as it stands.
    """

    __tablename__ = "sla_fold"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closed_until: Mapped[datetime | None] = mapped_column(Instant)
    folded_at: Mapped[datetime | None] = mapped_column(Instant)
    edition: Mapped[str] = mapped_column(String(16), server_default="")
