"""What the checks of a request look at, beside its dossier: four statements, each bounded however much there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from sqlalchemy import Row, case, func, literal, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from backoffice.database import Instant, session
from backoffice.ledger.models import Allocation, EntryStatus, LedgerEntry
from backoffice.ledger.queries.entries import is_refund_of
from backoffice.money import CENT
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.requests.services import special
from backoffice.review.checks.earlier import DUPLICATE_DAYS, HOLDING, NEARLY, references, slips
from backoffice.review.checks.facts import LAST as LAST_SHOWN
from backoffice.review.checks.facts import WINDOW, Facts, Former, LastInvoice, Paid, Refund
from backoffice.review.queries.dossier import Dossier
from backoffice.review.queries.invoiced import (
    ADDRESS,
    FORMER,
    GAVE_BACK,
    HIGH,
    PAYER,
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
_BETWEEN = ("-", "/", " ", "\uff0d", "\uff0f", "\u3000")
_WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_BESIDES = 4  # with the word that says why it is here


def facts(dossier: Dossier, *, now: datetime) -> Facts:
    """The plain facts that `checks.panel.run` judges: of a closed request what was known when it was decided, but for
    look-alikes and refunds, which matter to it as they are now."""
    shown = dossier.request
    at = judged_at(shown, now)
    found = sorted(session.execute(others(shown, at)), key=lambda row: row[1:3], reverse=True)
    # One that is alike and names the same comes once.
    kinds = {kind: list({row.id: row for row in found if row.kind == kind}.values()) for kind in _KINDS}
    last = session.execute(last_invoice(shown, at)).first()
    known: dict[str, set[str]] = {PAYER: set(), ADDRESS: set()}
    parts = [Paid(one.recharge.external_id, one.amount, one.recharge.channel, one.recharge.payer_name)
             for one in dossier.parts]  # fmt: skip
    for row in kinds[GRANTED]:
        known[ADDRESS].update((row.email, *row.copies))
    given_back, high = [], DEFAULTS[PolicyKey.FOUR_EYES_THRESHOLD]
    for row in session.execute(known_words(shown, at)):
        if row.kind == GAVE_BACK:
            given_back.append(Paid(row.external_id, row.amount, row.channel, row.text))
        elif row.kind == HIGH:
            high = json.loads(row.text or "null")
        else:
            known[row.kind].add(row.text)
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
        holds_money=dossier.holds_money,
        is_open=shown.is_open,
        balance_before=dossier.balance_before,
        balance_after=dossier.balance_after,
        short=dossier.short,
        debt=dossier.account.debt,
        parts=tuple(parts or _whole(given_back, shown)),
        untaxed_on=special.untaxed_behind(shown, (part.recharge for part in dossier.parts)),
        payers_known=frozenset(known[PAYER]),
        addresses_known=frozenset(known[ADDRESS]),
        last_invoice=LastInvoice(last[0], last[1], last[2], bool(last[3])) if last is not None else None,
        history=_formers(kinds[LAST]),
        granted=_formers(kinds[GRANTED]),
        as_high=next(iter(_formers(kinds[AS_HIGH])), None),
        near=_formers(kinds[NEAR]),
        refunds=_refunds(shown),
        high=None if high is None else Decimal(high),
    )


def _refunds(shown: InvoiceRequest) -> tuple[Refund, ...]:
    return tuple(
        Refund(row.external_id, row.recharge, row.amount, row.occurred_on, row.status == EntryStatus.COMPLETED)
        for row in session.execute(refunds(shown))
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
    return tuple(Former(*row[_BESIDES:]) for row in rows)


def others(shown: InvoiceRequest, at: datetime) -> Any:
    """The account's other requests, in no order: the last ones before it, about the same amount, approved or issued.

    What was approved or issued is told as of `at`, and so is what had become of the last ones.
    """
    invoices = invoices_before(shown, at)
    issued = select(literal_column(f"'{GRANTED}'").label("kind"), *(invoices.c[one.key] for one in FORMER))
    kinds: tuple[tuple[str, Any], ...] = (
        (LAST, last_before(shown, at)),
        (NEAR, near(shown)),
        (GRANTED, approved(shown, at)),
        (AS_HIGH, as_high(shown, at)),
    )
    if named := references(shown.remarks):
        kinds = (*kinds, (NEAR, naming(shown, named)))
    if not shown.can_be_decided:
        kinds = (*kinds, (GRANTED, approved_then(shown, at)))
    rest: list[tuple[Any, Any]] = [
        (literal_column(f"'{kind}'").label("kind"), found.subquery()) for kind, found in kinds
    ]
    return union_all(*(select(kind, *(one.c[column.key] for column in FORMER)) for kind, one in rest), issued)


def last_before(shown: InvoiceRequest, at: datetime) -> Any:
    """The account's requests just before this one; beside a closed one each in the state that it had at that moment.

    What was decided later was pending then: a rejection of the next day is no warning of the day before.
    """
    ended = case((InvoiceRequest.state == State.WITHDRAWN, InvoiceRequest.closed_at), else_=InvoiceRequest.decided_at)
    then = case(
        (ended >= at, literal_column(f"'{State.PENDING}'")),
        (InvoiceRequest.issued_at >= at, literal_column(f"'{State.APPROVED}'")),
        else_=InvoiceRequest.state,
    ).label("state")
    columns = FORMER if shown.can_be_decided else [then if one is InvoiceRequest.state else one for one in FORMER]
    return (
        select(*columns)
        .where(
            InvoiceRequest.account_id == shown.account_id,
            tuple_(InvoiceRequest.submitted_at, InvoiceRequest.id)
            < tuple_(literal(shown.submitted_at, Instant()), literal(shown.id)),
        )
        .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
        .limit(LAST_SHOWN)
    )


def near(shown: InvoiceRequest) -> Any:
    """What the account asked for in the weeks around this request at about its amount, and that still stands.

    About its amount is one that a slip makes of it as well.

    The most alike come first. Which they are is answered inside the index of the account's requests, however many the
    account has: only those are fetched that are looked at.
    """
    reach = timedelta(days=DUPLICATE_DAYS + 1)  # a day more than the check, which counts local days
    span = (shown.amount / (1 - NEARLY) * NEARLY).quantize(CENT, ROUND_UP)  # of the greater one of two
    alike = (
        select(_TWIN.id)
        .where(
            _TWIN.account_id == shown.account_id,
            _TWIN.submitted_at.between(shown.submitted_at - reach, shown.submitted_at + reach),
            or_(
                _TWIN.amount.between(shown.amount - span, shown.amount + span),
                _TWIN.amount.in_(sorted(slips(shown.amount))),
            ),
            _TWIN.state.in_([*HOLDING]),
            _TWIN.id != shown.id,
        )
        .order_by(
            case((_TWIN.amount == shown.amount, 0), else_=1),
            case((_TWIN.header_name == shown.header_name, 0), else_=1),
            _TWIN.submitted_at.desc(),
        )
        .limit(WINDOW)
    )
    return select(*FORMER).where(InvoiceRequest.id.in_(alike))


def naming(shown: InvoiceRequest, named: Iterable[str]) -> Any:
    """Of the account's last requests in the weeks around this one, those whose remarks may name the same reference.

    `references` tells whether they do: a database knows its figures only, of whatever width, and leaves out what is
    written between them.
    """
    reach = timedelta(days=DUPLICATE_DAYS + 1)
    around = (
        select(_TWIN.id)
        .where(
            _TWIN.account_id == shown.account_id,
            _TWIN.submitted_at.between(shown.submitted_at - reach, shown.submitted_at + reach),
            _TWIN.state.in_([*HOLDING]),
            _TWIN.id != shown.id,
        )
        .order_by(_TWIN.submitted_at.desc())
        .limit(WINDOW)
    )
    figures = sorted({max(re.findall("[0-9]+", reference), key=len)[-6:] for reference in named})[:_REFERENCES]
    remarks: Any = InvoiceRequest.remarks
    for sign in _BETWEEN:
        remarks = func.replace(remarks, sign, "")
    spelled = [spelling for figure in figures for spelling in (figure, figure.translate(_WIDE))]
    return select(*FORMER).where(InvoiceRequest.id.in_(around), or_(*(remarks.contains(one) for one in spelled)))


def approved(shown: InvoiceRequest, at: datetime) -> Any:
    """What was approved for the account before this request and has no invoice yet."""
    return (
        select(*FORMER)
        .where(
            InvoiceRequest.account_id == shown.account_id,
            InvoiceRequest.state == State.APPROVED,
            InvoiceRequest.decided_at < at,
            InvoiceRequest.id != shown.id,
        )
        .order_by(InvoiceRequest.submitted_at.desc())
        .limit(WINDOW)
    )


def approved_then(shown: InvoiceRequest, at: datetime) -> Any:
    """What was approved for the account before `at` and got its invoice after it: of the first invoices since."""
    since = (
        select(InvoiceRequest.id)
        .where(
            InvoiceRequest.account_id == shown.account_id,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at >= at,
            InvoiceRequest.id != shown.id,
        )
        .order_by(InvoiceRequest.issued_at, InvoiceRequest.id)
        .limit(WINDOW)
    )
    return select(*FORMER).where(InvoiceRequest.id.in_(since), InvoiceRequest.decided_at < at)


def as_high(shown: InvoiceRequest, at: datetime) -> Any:
    """The account's last request of this amount or more approved before `at`, among all, inside the index of them."""
    higher = (
        select(_TWIN.id)
        .where(
            _TWIN.account_id == shown.account_id,
            _TWIN.submitted_at <= at,
            _TWIN.amount >= shown.amount,
            _TWIN.state.in_([State.APPROVED, State.ISSUED]),
            _TWIN.id != shown.id,
        )
        .order_by(_TWIN.submitted_at.desc())
        .limit(WINDOW)
    )
    found = select(*FORMER).where(InvoiceRequest.id.in_(higher), InvoiceRequest.decided_at < at)
    return found.order_by(InvoiceRequest.submitted_at.desc()).limit(1)


def refunds(shown: InvoiceRequest) -> Any:
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
            Allocation.request_id == shown.id,
            or_(
                refund.status == EntryStatus.PENDING,
                (refund.status == EntryStatus.COMPLETED)
                & ((refund.occurred_at >= shown.submitted_at) | (refund.created_at >= shown.submitted_at)),
            ),
        )
        .order_by(refund.occurred_on, refund.external_id)
        .limit(WINDOW)
    )
