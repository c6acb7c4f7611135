"""The demo data: every state is there, the books are right, and the same seed tells the same story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import and_, func, select

from backoffice import clock
from backoffice.accounts.models import Account, User
from backoffice.audit.models import AuditEvent
from backoffice.config import Settings
from backoffice.database import close_connections, session
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState
from backoffice.demo import story
from backoffice.headers.models import InvoiceHeader
from backoffice.invariants import violations
from backoffice.issuing.models import CreditNote, CreditProposal, Invoice
from backoffice.issuing.rules.credits import ProposalState
from backoffice.ledger.models import (
    EntryKind,
    EntryStatus,
    FileState,
    LedgerEntry,
    LedgerFile,
    LedgerLineProblem,
    Reservation,
    in_debt,
    is_open_conflict,
    waits,
)
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import PolicyState
from backoffice.requests.models import InvoiceRequest, RequestEvent, is_open
from backoffice.requests.rules import State
from tests.support import databases
from tests.support.apps import bare_app, test_settings

# A Tuesday afternoon in Shanghai: what waits and what is overdue does not hang on the day of the test.
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
DAYS = 75  # a short year


def test_every_state_is_there_and_the_books_are_right(
    context: Flask, settings: Settings, freeze: Callable[[datetime], None]
) -> None:
    freeze(NOW)
    story.seed(settings, seed=2026, days=DAYS)
    states = set(session.scalars(select(InvoiceRequest.state).distinct()))
    assert states == set(State)
    overdue = session.scalars(select(InvoiceRequest).where(is_open(), InvoiceRequest.due_at <= NOW)).all()
    assert overdue
    assert all(one.flagged_at is not None for one in overdue)
    assert list(violations()) == []
    assert sorted(missing()) == []


def missing() -> Iterator[str]:
    """What nobody would see who looks around in the demo."""
    wanted = {
        "a request with copies": InvoiceRequest.copies != [],
        "a supporting file": InvoiceRequest.support_sha256.is_not(None),
        "a pending resubmission": and_(
            InvoiceRequest.resubmission_of_id.is_not(None), InvoiceRequest.state == State.PENDING
        ),
        "an address corrected": RequestEvent.kind == "corrected",
        "a mail that failed": and_(Message.state == MessageState.FAILED, Message.template == "issued"),
        "a mail that was stopped": Message.state == MessageState.CANCELLED,
        "a header with copies": InvoiceHeader.copies != [],
        "a header with an address for e-invoices": InvoiceHeader.city != "",
        "a removed header": InvoiceHeader.archived_at.is_not(None),
        "a header edited": AuditEvent.action == "header.edit",
        "invoice debt": in_debt(),
        "a credit note": CreditNote.pdf_sha256.is_not(None),
        "a credit note to confirm": CreditProposal.state == ProposalState.OPEN,
        "a short request": Reservation.short > 0,
        "a refund that waits for its recharge": and_(waits(), LedgerEntry.id > 0),
        "a file tried only": and_(LedgerFile.dry_run, LedgerFile.state == FileState.UNDONE),
        "a file in trouble": and_(LedgerFile.conflicts > 0, LedgerFile.refused > 0, LedgerFile.state == FileState.DONE),
        "a change of a policy to come": and_(queries.holds(), Policy.starts_on > clock.today()),
        "a policy to confirm": Policy.state == PolicyState.PROPOSED,
        "an open conflict": is_open_conflict(),
        "a settled conflict": LedgerLineProblem.settled_by != "",
    }
    for kind in (EntryKind.RECHARGE, EntryKind.CONSUMPTION, EntryKind.GRANT):
        for code in ("lumen", "yunqi", "beichen"):
            of_account = LedgerEntry.account_id == select(Account.id).where(Account.code == code).scalar_subquery()
            wanted[f"{kind} of {code}"] = and_(LedgerEntry.kind == kind, of_account)
    for status in EntryStatus:
        wanted[f"a recharge {status}"] = and_(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == status)
    for name, condition in wanted.items():
        if not session.scalar(select(func.count()).where(condition)):
            yield name


def test_a_second_seed_is_left_out_when_people_are_there(
    context: Flask, settings: Settings, freeze: Callable[[datetime], None]
) -> None:
    freeze(NOW)
    story.seed(settings, seed=1, days=12)
    before = session.scalar(select(func.count()).select_from(User))
    session.rollback()
    story.seed(settings, seed=1, if_empty=True)
    assert session.scalar(select(func.count()).select_from(User)) == before


def test_the_same_seed_tells_the_same_story(tmp_path: Path, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    # Long enough for every kind of deed; how many there are adds nothing to what chance may decide.
    first, again, other = (_story(tmp_path / name, seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert first == again
    assert first != other


def _story(folder: Path, seed: int) -> list[Any]:
    settings = test_settings(folder, databases.new_database("sqlite", folder))
    app = bare_app(settings)
    with app.app_context():
        story.seed(settings, seed=seed, days=DAYS // 2)
        told = [
            session.execute(select(InvoiceRequest.number, InvoiceRequest.amount, InvoiceRequest.state)).all(),
            session.execute(select(LedgerEntry.external_id, LedgerEntry.amount, LedgerEntry.invoiced)).all(),
            session.execute(select(Invoice.number, Invoice.gross, Invoice.pdf_sha256)).all(),
        ]
        session.remove()
        close_connections()
    return told
