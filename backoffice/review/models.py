"""What people of the desk keep: their own views of the queue, what they asked to be done to many requests, what they
look at, and what the checks said when they decided.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, JsonDict, Word, install_triggers
from backoffice.leases import Leased, lease_is_whole
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.rules import VIEW_NAME_LIMIT, VIEW_QUERY_LIMIT, BulkState


class SavedView(Base):
    """A person's own view: a name for the query string of a list."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "name", name="uq_saved_view_name"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    name: Mapped[str] = mapped_column(String(VIEW_NAME_LIMIT))
    query: Mapped[str] = mapped_column(String(VIEW_QUERY_LIMIT))
    position: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)


class Presence(Base):
    """Who has a request open, and when their page last said so. Rows are worthless after a minute, and thrown away."""

    __tablename__ = "request_presence"
    __table_args__ = (Index("ix_request_presence_seen_at", "seen_at"),)

    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)


_UNFINISHED = text("state IN ('waiting', 'running')")


class BulkRun(Leased, Base):
    """One act on many requests: who asked for it, what is to be done, how far it is.

    The worker that is at it holds a lease and renews it with each item, so a dead worker's run is taken up by another.
    """

    __tablename__ = "bulk_run"
    __table_args__ = (
        # One form is one run, also when it arrives twice.
        UniqueConstraint("started_by_id", "token", name="uq_bulk_run_token"),
        CheckConstraint("action IN ('approve', 'reject', 'assign', 'undo')", name="action"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'stopped')", name="state"),
        lease_is_whole(busy="running"),
        CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name="finished_says_when"),
        Index("ix_bulk_run_person", "started_by_id", "id"),
        Index("ix_bulk_run_unfinished", "id", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    started_by_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    started_by_label: Mapped[str] = mapped_column(String(120))
    # Where from: every act of the run stands with it in the audit log.
    address: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(Word(8))
    # What goes with it: remarks, the reason of a rejection, the id of a colleague, whether what has doubts is left to
    # the person (`leave_doubtful`); of verdicts, how far each request was seen (`seen`, by its id).
    arguments: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    # The run whose requests these are: those it could not do, or whose approvals are undone.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_run.id"))
    state: Mapped[str] = mapped_column(Word(8), default=BulkState.WAITING)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker still has something to do here."""
        return self.state in (BulkState.WAITING, BulkState.RUNNING)


class BulkItem(Base):
    """One request of a run and what became of it; written in the transaction that did it.

    `decision` is the verdict that this item gave, or took back: no verdict comes from two items of one action.
    """

    __tablename__ = "bulk_item"
    __table_args__ = (
        UniqueConstraint("run_id", "position", name="uq_bulk_item_position"),
        CheckConstraint("outcome IN ('done', 'already', 'left', 'refused')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="outcome_says_when"),
        CheckConstraint("outcome NOT IN ('left', 'refused') OR reason <> ''", name="refusal_says_why"),
        CheckConstraint("decision_id IS NULL OR outcome = 'done'", name="decision_is_done"),
        Index("ix_bulk_item_decision", "decision_id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey(BulkRun.id), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id), primary_key=True)
    position: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(Word(8))
    # Why it was left or refused, or what else is to be known: a packed Message.
    reason: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey(Decision.id))


class DecisionChecks(Base):
    """What the checks said when a verdict was given: what its reviewer saw, or what was worked out for it.

    A verdict from before this was kept has a row without anything in it; no other verdict can get such a one.
    """

    __tablename__ = "decision_checks"
    __table_args__ = (
        CheckConstraint(
            "(worked_out_at IS NULL) = (found IS NULL) AND (sha256 IS NULL) = (found IS NULL)", name="kept_is_whole"
        ),
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey(Decision.id), primary_key=True, autoincrement=False)
    # Before the verdict, by as long as its page was open.
    worked_out_at: Mapped[datetime | None] = mapped_column(Instant)
    # Every check in the order in which it was shown; see `checks.kept`.
    found: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDict)
    # Their fingerprint, which stands in the verdict's event of the audit log as well.
    sha256: Mapped[str | None] = mapped_column(String(64))


# Migrations keep a copy of these statements: a migration must not change when the code does.
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

install_triggers("decision_checks", "sqlite", SQLITE_TRIGGERS)
install_triggers("decision_checks", "postgresql", POSTGRESQL_TRIGGERS)
