"""Open work of finance: read from the rows it concerns, so an item closes itself when its cause is gone.

Each kind names what it is about, how much money hangs on it and since when; the page says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal_column, select

from backoffice.accounts.models import Account
from backoffice.calendars import queries as calendars
from backoffice.database import session
from backoffice.delivery import queries as delivery
from backoffice.errors import N_, Message
from backoffice.issuing.models import CorrectionWish, CreditProposal, CreditProposalLine, Invoice, IssuingStop
from backoffice.issuing.queries import credits, stops, wishes
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import (
    Allocation,
    LedgerEntry,
    LedgerFile,
    LedgerLineProblem,
    Reservation,
    ReservationState,
    in_debt,
    waits,
)
from backoffice.ledger.queries import entries
from backoffice.policies import queries as policies
from backoffice.policies.models import Policy
from backoffice.policies.rules import NAMES, PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state, is_open
from backoffice.requests.rules import State
from backoffice.review.queries import ages

# Lists and counts of open work stop here: whoever has more has another problem first.
LIMIT = 100
# A year without a calendar, or without its official make-up days, matters once requests are promised into it.
CALENDAR_FROM_MONTH = 11


class Kind(StrEnum):
    """What kinds of open work there are, the most pressing first."""

    STOPPED = "stopped"
    DEBT = "debt"
    CREDIT = "credit"
    WISH = "wish"
    SHORT = "short"
    ISSUE_FAILED = "issue-failed"
    CREDIT_FAILED = "credit-failed"
    MAIL = "mail"
    CONFLICT = "conflict"
    REFUND = "refund"
    POLICY = "policy"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits for somebody. `requests` are numbers of the requests to look at, newest last."""

    kind: Kind
    about: str | Message
    account: str
    since: datetime | None
    amount: Decimal | None = None
    detail: str | Message = ""
    requests: tuple[str, ...] = ()
    file: str = ""
    id: int | None = None
    # What kind of mail it is.
    mail: str = ""
    # The entry of the books it is about, and the code of the account.
    entry: int | None = None
    code: str = ""


def items(kind: Kind, today: date) -> list[Item]:
    """The open items of one kind, oldest first, `LIMIT` at the most."""
    readers: dict[Kind, Callable[[], Iterator[Item]]] = {
        Kind.STOPPED: _stopped,
        Kind.DEBT: _debts,
        Kind.CREDIT: lambda: _credits(credits.open_proposals(), Kind.CREDIT),
        Kind.CREDIT_FAILED: lambda: _credits(credits.faulty(), Kind.CREDIT_FAILED),
        Kind.WISH: _wishes,
        Kind.SHORT: _short,
        Kind.ISSUE_FAILED: _failed_issues,
        Kind.MAIL: _mails,
        Kind.CONFLICT: _conflicts,
        Kind.REFUND: _waiting_refunds,
        Kind.POLICY: _policies,
        Kind.CALENDAR: lambda: _uncertain_years(today),
    }
    return list(readers[kind]())


def counts() -> dict[Kind, ScalarSelect[int]]:
    """How many items of each kind that the database knows are open, each up to `LIMIT`, by its partial index."""
    one: ColumnElement[int] = literal_column("1")
    kinds = {
        Kind.STOPPED: select(one).select_from(IssuingStop).where(stops.is_open()),
        Kind.DEBT: select(one)
        .join_from(Account, LedgerEntry, in_debt() & (LedgerEntry.account_id == Account.id))
        .where(Account.debt > 0),
        Kind.CREDIT: credits.open_proposals().with_only_columns(one),
        Kind.CREDIT_FAILED: credits.faulty().with_only_columns(one),
        Kind.WISH: wishes.open_wishes().with_only_columns(one),
        Kind.SHORT: select(one).select_from(Reservation).where(Reservation.short > 0),
        Kind.ISSUE_FAILED: select(one).select_from(InvoiceRequest).where(_failed()),
        Kind.MAIL: delivery.unsettled().with_only_columns(one),
        Kind.CONFLICT: ledger.unsettled_conflicts().with_only_columns(one),
        Kind.REFUND: select(one).select_from(LedgerEntry).where(waits()),
        Kind.POLICY: policies.proposals().with_only_columns(one),
    }
    return {
        kind: select(func.count()).select_from(some.limit(LIMIT).subquery()).scalar_subquery()
        for kind, some in kinds.items()
    }


def _stopped() -> Iterator[Item]:
    stop = stops.current()
    if stop is not None:
        yield Item(Kind.STOPPED, stop.stopped_by_label, "", stop.stopped_at, detail=stop.reason)


def _debts() -> Iterator[Item]:
    found = ledger.recharges_in_debt(LIMIT)
    ids = [recharge.id for recharge, _ in found]
    numbers, since = _requests_on(ids, ReservationState.SETTLED), ages.in_debt_since(ids)
    for recharge, account in found:
        yield Item(
            Kind.DEBT, recharge.external_id, account.name, since.get(recharge.id), recharge.debt,
            requests=numbers.get(recharge.id, ()), entry=recharge.id, code=account.code,
        )  # fmt: skip


def _credits(found: Select[CreditProposal], kind: Kind) -> Iterator[Item]:
    """Credit notes that wait for a second person, or whose document could not be made."""
    gross = (
        select(func.sum(CreditProposalLine.gross))
        .where(CreditProposalLine.proposal_id == CreditProposal.id)
        .correlate(CreditProposal)
        .scalar_subquery()
    )
    rows = session.execute(
        found.join(Invoice, Invoice.id == CreditProposal.invoice_id)
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == Invoice.account_id)
        .add_columns(Invoice.number, InvoiceRequest.number, Account, gross)
        .order_by(CreditProposal.id)
        .limit(LIMIT)
    )
    for proposal, invoice, number, account, amount in rows:
        detail = Message.unpacked(proposal.issue_fault) if proposal.issue_fault else proposal.proposed_by_label
        yield Item(
            kind, invoice, account.name, proposal.decided_at or proposal.proposed_at, amount, detail=detail,
            requests=(number,), id=proposal.id, code=account.code,
        )  # fmt: skip


def _wishes() -> Iterator[Item]:
    """What customers ask for once their invoice is issued."""
    rows = session.execute(
        wishes.open_wishes()
        .join(InvoiceRequest, InvoiceRequest.id == CorrectionWish.request_id)
        .join(Account, Account.id == InvoiceRequest.account_id)
        .add_columns(InvoiceRequest, Account)
        .order_by(CorrectionWish.id)
        .limit(LIMIT)
    )
    for wish, request, account in rows:
        yield Item(
            Kind.WISH, request.invoice_number or "", account.name, wish.asked_at, request.amount, detail=wish.words,
            requests=(request.number,), code=account.code,
        )  # fmt: skip


def _short() -> Iterator[Item]:
    rows = session.execute(
        select(InvoiceRequest, Account, Reservation.short)
        .join(Reservation, Reservation.request_id == InvoiceRequest.id)
        .join(Account, Account.id == InvoiceRequest.account_id)
        .where(Reservation.short > 0)
        .order_by(InvoiceRequest.id)
        .limit(LIMIT)
    )
    found = rows.all()
    since = ages.short_since([request.id for request, _, _ in found])
    for request, account, short in found:
        yield Item(
            Kind.SHORT, request.number, account.name, since.get(request.id), short, requests=(request.number,),
            code=account.code,
        )  # fmt: skip


def _failed_issues() -> Iterator[Item]:
    rows = session.execute(
        select(InvoiceRequest, Account)
        .join(Account, Account.id == InvoiceRequest.account_id)
        .where(_failed())
        .order_by(InvoiceRequest.id)
        .limit(LIMIT)
    )
    for request, account in rows:
        yield Item(
            Kind.ISSUE_FAILED, request.number, account.name, request.decided_at, request.amount,
            detail=Message.unpacked(request.issue_fault) if request.issue_fault else "", requests=(request.number,),
            code=account.code,
        )  # fmt: skip


def _failed() -> ColumnElement[bool]:
    return in_state(State.APPROVED) & InvoiceRequest.issue_error.is_not(None)


def _mails() -> Iterator[Item]:
    found = delivery.problems(LIMIT)
    ids = [message.about_id for message in found if message.about_type == "invoice_request"]
    rows = session.execute(
        select(InvoiceRequest.id, InvoiceRequest.number, Account.name)
        .join(Account, Account.id == InvoiceRequest.account_id)
        .where(InvoiceRequest.id.in_(ids))
    )
    about = {row.id: row for row in rows} if ids else {}
    for message in found:
        row = about.get(message.about_id) if message.about_type == "invoice_request" else None
        yield Item(
            Kind.MAIL, message.recipient, row.name if row else "", message.created_at,
            detail=message.server_answer or "", requests=(row.number,) if row else (), id=message.id,
            mail=message.template,
        )  # fmt: skip


def _conflicts() -> Iterator[Item]:
    rows = session.execute(
        ledger.unsettled_conflicts()
        .join(LedgerFile, LedgerFile.id == LedgerLineProblem.file_id)
        .add_columns(LedgerFile.name, LedgerFile.started_at)
        .order_by(LedgerLineProblem.id)
        .limit(LIMIT)
    )
    for problem, file, started_at in rows:
        yield Item(
            Kind.CONFLICT, problem.external_id, "", started_at, detail=Message.unpacked(problem.reason), file=file,
            id=problem.id,
        )  # fmt: skip


def _waiting_refunds() -> Iterator[Item]:
    found = ledger.waiting_refunds(LIMIT)
    elsewhere = entries.sources_elsewhere([refund for refund, _ in found])
    for refund, account in found:
        detail: str | Message = refund.refund_of or ""
        if other := elsewhere.get(refund.id):
            sentence = N_("%(recharge)s is known from the source %(other)s; this refund came from %(source)s")
            detail = Message(sentence, recharge=detail, other=other, source=refund.source)
        yield Item(
            Kind.REFUND, refund.external_id, account.name, refund.created_at, refund.amount, detail=detail,
            entry=refund.id, code=account.code,
        )  # fmt: skip


def _policies() -> Iterator[Item]:
    """Changes of policies that one administrator has proposed and another one has to look at."""
    for row in session.scalars(policies.proposals().order_by(Policy.id).limit(LIMIT)):
        told = Message(N_("%(who)s proposes it: %(reason)s"), who=row.set_by, reason=row.reason)
        yield Item(Kind.POLICY, NAMES[PolicyKey(row.key)], "", row.created_at, detail=told, id=row.id)


def _uncertain_years(today: date) -> Iterator[Item]:
    """Years that are provisional or missing; a missing one at any time once a request is promised into it."""
    version = calendars.newest_version()
    if version is None:
        return
    known = calendars.years_of(version.id)
    until = today.year + (today.month >= CALENDAR_FROM_MONTH)
    last = session.scalar(
        select(InvoiceRequest.due_on).where(is_open()).order_by(InvoiceRequest.due_at.desc()).limit(1)
    )
    for year in range(today.year, max(until, last.year if last is not None else until) + 1):
        if year not in known:
            told = Message(N_("The calendar of %(year)s is missing: it is counted by weekdays alone."), year=str(year))
            yield Item(Kind.CALENDAR, str(year), "", None, detail=told)
        elif known[year] and year <= until:
            yield Item(Kind.CALENDAR, str(year), "", None)


def _requests_on(recharge_ids: list[int], state: ReservationState) -> dict[int, tuple[str, ...]]:
    """Numbers of the requests that take money from these recharges, in one statement; not those credited in full."""
    if not recharge_ids:
        return {}
    rows = session.execute(
        select(Allocation.recharge_id, InvoiceRequest.number)
        .join(InvoiceRequest, InvoiceRequest.id == Allocation.request_id)
        .where(
            Allocation.recharge_id.in_(recharge_ids),
            Allocation.state == state,
            Allocation.amount > Allocation.credited,
        )
        .order_by(InvoiceRequest.id)
    )
    numbers: dict[int, list[str]] = {}
    for recharge_id, number in rows:
        numbers.setdefault(recharge_id, []).append(number)
    return {recharge_id: tuple(found) for recharge_id, found in numbers.items()}
