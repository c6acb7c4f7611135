"""What the checks of a request look at, beside its dossier: four statements, each bounded however much there is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Row, case, func, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.issuing.queries import credits
from backoffice.ledger.models import Allocation, EntryStatus, LedgerEntry
from backoffice.ledger.queries.entries import is_refund_of
from backoffice.money import ZERO
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.requests.services import special
from backoffice.review.checks.earlier import HOLDING
from backoffice.review.checks.facts import LAST as LAST_SHOWN
from backoffice.review.checks.facts import WINDOW, Facts, Former, LastInvoice, Paid, Refund
from backoffice.review.checks.references import figures
from backoffice.review.queries import about
from backoffice.review.queries.dossier import Dossier
from backoffice.review.queries.invoiced import (
    ADDRESS,
    FORMER,
    FORMER_TODAY,
    GAVE_BACK,
    HIGH,
    PAYER,
    TAKEN_BACK,
    invoices_before,
    known_words,
    last_invoice,
)

# Made once: an alias that is made anew costs the statement around it as much as running it.
_REFUND, _RECHARGE, _TWIN = aliased(LedgerEntry), aliased(LedgerEntry), aliased(InvoiceRequest)

LAST, NEAR, GRANTED, AS_HIGH = "last", "near", "granted", "as high"
_KINDS = (LAST, NEAR, GRANTED, AS_HIGH)
# So many references of the remarks are looked for elsewhere.
_REFERENCES = 10
# What some write between the figures of a reference, and others do not.
_BETWEEN = (
    *("-", "/", ".", "_", " ", "\uff0d", "\uff0f", "\uff0e", "\u3000", "\xa0", "\u202f"),
    *("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"),
)
_WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_BESIDES = 3  # with the word that says why it is here


def facts(dossier: Dossier, *, now: datetime, currency: str = "CNY") -> Facts:
    """The plain facts that `checks.panel.run` judges: of a closed request what was known when it was decided, but for
    look-alikes and refunds, which matter to it as they are now."""
    shown = dossier.request
    at = judged_at(shown, now)
    texts = spelled(figures(shown.remarks))
    values = about.values_of(shown, at, texts)
    kinds = _by_kind(others(decided=not shown.can_be_decided, spellings=len(texts)), values)
    last, gone = _last_invoices(values)
    words = _words(shown, values)
    parts = [Paid(one.recharge.external_id, one.amount, one.recharge.channel, one.recharge.payer_name)
             for one in dossier.parts]  # fmt: skip
    granted = _formers(kinds[GRANTED])
    words.known[ADDRESS].update(address for one in granted if not one.taken_back for address in one.addresses)
    return Facts(
        amount=shown.amount,
        header=shown.header,
        header_id=shown.header_id,
        email=shown.email,
        copies=tuple(shown.copies),
        remarks=shown.remarks,
        submitted_at=shown.submitted_at,
        submitted_on=shown.submitted_on,
        account_name=dossier.account.name,
        applicant=shown.applicant_label,
        holds_money=dossier.holds_money,
        is_open=shown.is_open,
        balance_before=dossier.balance_before,
        balance_after=dossier.balance_after,
        short=dossier.short,
        debt=dossier.account.debt,
        parts=tuple(parts or _whole(words.given_back, shown)),
        untaxed_on=special.untaxed_behind(shown, (part.recharge for part in dossier.parts)),
        payers_known=frozenset(words.known[PAYER]),
        payers_taken_back={who: note for who, note in words.taken_back.items() if who not in words.known[PAYER]},
        addresses_known=frozenset(words.known[ADDRESS]),
        last_invoice=last,
        last_taken_back=gone,
        taken_back=words.own_note,
        history=_formers(kinds[LAST]),
        granted=granted,
        as_high=next(iter(_formers(kinds[AS_HIGH])), None),
        near=_formers(kinds[NEAR]),
        refunds=_refunds(values),
        high=None if words.high is None else Decimal(words.high),
        currency=currency,
    )


def _by_kind(statement: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The account's other requests by why they are looked at, the newest first."""
    found = session.execute(statement, values, execution_options=PLANNED_ONCE)
    newest_first = sorted(found, key=lambda row: row[1:3], reverse=True)
    # One that is alike and names the same comes once.
    return {kind: list({row.id: row for row in newest_first if row.kind == kind}.values()) for kind in _KINDS}


def _last_invoices(values: Mapping[str, Any]) -> tuple[LastInvoice | None, LastInvoice | None]:
    """The last invoice with the header that stands, and one that was taken back whole where that is newer."""
    found = [
        LastInvoice(row.invoice_number, row.issued_on, row.header, bool(row.own), row.taken_back)
        for row in session.execute(last_invoice(), values, execution_options=PLANNED_ONCE)
    ]
    last = next((one for one in found if not one.taken_back), None)
    return last, found[0] if found and found[0] is not last else None


@dataclass(slots=True)
class _Words:
    """Payers and addresses that are known, payers of invoices taken back whole with the credit note, what stood behind
    a request that gave its money back, the credit note of its own invoice, and what is high."""

    known: dict[str, set[str]] = field(default_factory=lambda: {PAYER: set(), ADDRESS: set()})
    taken_back: dict[str, str] = field(default_factory=dict)
    given_back: list[Paid] = field(default_factory=list)
    own_note: str | None = None
    high: str | None = DEFAULTS[PolicyKey.FOUR_EYES_THRESHOLD]


def _words(shown: InvoiceRequest, values: Mapping[str, Any]) -> _Words:
    said = _Words()
    statement = known_words(gave_back=not (shown.is_open or shown.is_issued), issued=shown.is_issued)
    for row in session.execute(statement, values, execution_options=PLANNED_ONCE):
        if row.kind == GAVE_BACK:
            said.given_back.append(Paid(row.external_id, row.amount, row.channel, row.text))
        elif row.kind == HIGH:
            said.high = json.loads(row.text or "null")
        elif row.kind == TAKEN_BACK:
            said.own_note = row.text
        elif row.kind == PAYER and row.external_id:
            said.taken_back[row.text] = row.external_id
        else:
            said.known[row.kind].add(row.text)
    return said


def _refunds(values: Mapping[str, Any]) -> tuple[Refund, ...]:
    return tuple(
        Refund(row.external_id, row.recharge, row.amount, row.occurred_on, row.status == EntryStatus.COMPLETED)
        for row in session.execute(refunds(), values, execution_options=PLANNED_ONCE)
    )


def judged_at(shown: InvoiceRequest, now: datetime) -> datetime:
    """The moment whose knowledge counts: of the decision, of the withdrawal, or now while neither has come."""
    return (shown.closed_at if shown.state == State.WITHDRAWN else shown.decided_at) or now


def _whole(given_back: list[Paid], shown: InvoiceRequest) -> list[Paid]:
    """What stood behind a request until its money went back; empty where that cannot be told.

    What a refund took out of it earlier is among what was given back: then the sum is more than the amount.
    """
    return given_back if sum(part.amount for part in given_back) == shown.amount else []


def _formers(rows: Iterable[Row[Any]]) -> tuple[Former, ...]:
    return tuple(_former(row) for row in rows)


def _former(row: Row[Any]) -> Former:
    found = Former(*row[_BESIDES:])
    return replace(found, notes=", ".join(sorted(found.notes.split(", ")))) if found.notes else found


@cache
def others(*, decided: bool, spellings: int) -> Any:
    """The account's other requests, in no order: the last ones before it, about the same amount, approved or issued.

    What was approved or issued is told as of the moment, and so is what had become of the last ones, where the request
    is `decided` on. So many `spellings` of figures of its references are looked for in the remarks of others.
    """
    invoices = invoices_before()
    issued = select(literal_column(f"'{GRANTED}'").label("kind"), *(invoices.c[one.key] for one in FORMER))
    kinds: tuple[tuple[str, Any], ...] = (
        (LAST, last_before(decided=decided)),
        (NEAR, near()),
        (GRANTED, approved()),
        (AS_HIGH, as_high()),
    )
    if spellings:
        kinds = (*kinds, (NEAR, naming(spellings)))
    if decided:
        kinds = (*kinds, (GRANTED, approved_then()))
    rest: list[tuple[Any, Any]] = [
        (literal_column(f"'{kind}'").label("kind"), found.subquery()) for kind, found in kinds
    ]
    return union_all(*(select(kind, *(one.c[column.key] for column in FORMER)) for kind, one in rest), issued)


def last_before(*, decided: bool) -> Any:
    """The account's requests just before this one; beside a closed one each in the state that it had at that moment.

    What was decided later was pending then: a rejection of the next day is no warning of the day before.
    """
    ended = case((InvoiceRequest.state == State.WITHDRAWN, InvoiceRequest.closed_at), else_=InvoiceRequest.decided_at)
    then = case(
        (ended >= about.AT, literal_column(f"'{State.PENDING}'")),
        (InvoiceRequest.issued_at >= about.AT, literal_column(f"'{State.APPROVED}'")),
        else_=InvoiceRequest.state,
    ).label("state")
    columns = [then if decided and one is InvoiceRequest.state else one for one in FORMER]
    return (
        select(*columns)
        .where(
            InvoiceRequest.account_id == about.ACCOUNT,
            tuple_(InvoiceRequest.submitted_at, InvoiceRequest.id) < tuple_(about.SUBMITTED, about.REQUEST),
        )
        .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
        .limit(LAST_SHOWN)
    )


def near() -> Any:
    """What the account asked for in the weeks around this request at about its amount, and that still stands.

    About its amount is one that a slip makes of it as well.

    The most alike come first. Which they are is answered inside the index of the account's requests, however many the
    account has: only those are fetched that are looked at.
    """
    alike = (
        select(_TWIN.id)
        .where(*_around(), or_(_TWIN.amount.between(about.LEAST, about.MOST), _TWIN.amount.in_(about.SLIPS)))
        .order_by(
            case((_TWIN.amount == about.AMOUNT, 0), else_=1),
            case((_TWIN.header_name == about.HEADER_NAME, 0), else_=1),
            _TWIN.submitted_at.desc(),
        )
        .limit(WINDOW)
    )
    return select(*FORMER_TODAY).where(InvoiceRequest.id.in_(alike))


def _around() -> tuple[Any, ...]:
    return (
        _TWIN.account_id == about.ACCOUNT,
        _TWIN.submitted_at.between(about.SINCE, about.UNTIL),
        _TWIN.state.in_([*HOLDING]),
        _TWIN.id != about.REQUEST,
    )


def spelled(named: Iterable[str]) -> list[str]:
    """The figures of references as remarks may hold them, of whatever width: the check tells whether it is one."""
    first = sorted(named)[:_REFERENCES]
    return [spelling for figure in first for spelling in (figure, figure.translate(_WIDE))]


def naming(spellings: int) -> Any:
    """Of the account's last requests in the weeks around this one, those whose remarks may name the same reference:
    a database knows its figures only, and leaves out what is written between them."""
    around = select(_TWIN.id).where(*_around()).order_by(_TWIN.submitted_at.desc()).limit(WINDOW)
    remarks: Any = InvoiceRequest.remarks
    for sign in _BETWEEN:
        remarks = func.replace(remarks, sign, "")
    found = or_(*(remarks.contains(one) for one in about.figures(spellings)))
    return select(*FORMER_TODAY).where(InvoiceRequest.id.in_(around), found)


def approved() -> Any:
    """What was approved for the account before this request and has no invoice yet."""
    return (
        select(*FORMER)
        .where(
            InvoiceRequest.account_id == about.ACCOUNT,
            InvoiceRequest.state == State.APPROVED,
            InvoiceRequest.decided_at < about.AT,
            InvoiceRequest.id != about.REQUEST,
        )
        .order_by(InvoiceRequest.submitted_at.desc())
        .limit(WINDOW)
    )


def approved_then() -> Any:
    """What was approved for the account before the moment and got its invoice after it: of the first invoices since."""
    since = (
        select(InvoiceRequest.id)
        .where(
            InvoiceRequest.account_id == about.ACCOUNT,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at >= about.AT,
            InvoiceRequest.id != about.REQUEST,
        )
        .order_by(InvoiceRequest.issued_at, InvoiceRequest.id)
        .limit(WINDOW)
    )
    return select(*FORMER).where(InvoiceRequest.id.in_(since), InvoiceRequest.decided_at < about.AT)


def as_high() -> Any:
    """The account's last request of this amount or more approved before the moment, among all, inside their index; but
    for one of whose invoice credit notes had left less."""
    higher = (
        select(_TWIN.id)
        .where(
            _TWIN.account_id == about.ACCOUNT,
            _TWIN.submitted_at <= about.AT,
            _TWIN.amount >= about.AMOUNT,
            _TWIN.state.in_([State.APPROVED, State.ISSUED]),
            _TWIN.id != about.REQUEST,
        )
        .order_by(_TWIN.submitted_at.desc())
        .limit(WINDOW)
    )
    left = InvoiceRequest.amount - func.coalesce(credits.taken_of(InvoiceRequest, about.AT), ZERO)
    found = select(*FORMER).where(
        InvoiceRequest.id.in_(higher), InvoiceRequest.decided_at < about.AT, left >= about.AMOUNT
    )
    return found.order_by(InvoiceRequest.submitted_at.desc()).limit(1)


@cache
def refunds() -> Any:
    """Refunds since the application, and those on their way, of every recharge the request took or takes money from.

    A recharge that a refund took out of the request stays among its allocations, as released.
    """
    refund, recharge = _REFUND, _RECHARGE
    return (
        select(
            refund.external_id, recharge.external_id.label("recharge"), refund.amount, refund.occurred_on, refund.status
        )
        .distinct()
        .select_from(Allocation)
        .join(recharge, recharge.id == Allocation.recharge_id)
        .join(refund, is_refund_of(refund, recharge))
        .where(
            Allocation.request_id == about.REQUEST,
            or_(
                refund.status == EntryStatus.PENDING,
                (refund.status == EntryStatus.COMPLETED)
                & ((refund.occurred_at >= about.SUBMITTED) | (refund.created_at >= about.SUBMITTED)),
            ),
        )
        .order_by(refund.occurred_on, refund.external_id)
        .limit(WINDOW)
    )
