"""What must hold about credit notes: what they take back, who made and checked them, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Subquery, and_, func, literal_column, or_, select, union_all

from backoffice.contradictions import Contradiction, found, one_each
from backoffice.database import missing_triggers, session
from backoffice.issuing.models import (
    CreditLeft,
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    CreditProposalLine,
    Invoice,
    InvoiceLine,
)
from backoffice.issuing.rules.credits import ProposalState
from backoffice.ledger.models import Allocation
from backoffice.money import ZERO

FIGURES = ("net", "tax", "gross")


def check() -> Iterator[str]:
    """Yield a sentence for each note that is not what was confirmed, takes too much or could be edited."""
    yield from found(_credit_notes, _credited_lines, _credited_money)
    yield from _left_of_rates()
    yield from _guards()


def _credit_notes() -> Iterator[Contradiction]:
    lines = _summed(select(CreditNoteLine.note_id.label("of"), *_figures(CreditNoteLine)))
    wrong = or_(lines.c.of.is_(None), *(lines.c[name] != getattr(CreditNote, name) for name in FIGURES))
    yield Contradiction(
        "credit note {}: its lines and its totals differ",
        select(CreditNote.number).outerjoin(lines, lines.c.of == CreditNote.id).where(wrong),
    )
    asked = (
        select(CreditProposalLine.proposal_id.label("of"), func.sum(CreditProposalLine.gross).label("gross"))
        .group_by(CreditProposalLine.proposal_id)
        .subquery()
    )
    same = and_(CreditProposal.state == ProposalState.CONFIRMED, CreditProposal.invoice_id == CreditNote.invoice_id)
    yield Contradiction(
        "credit note {}: it is not what was proposed and confirmed",
        select(CreditNote.number)
        .join(CreditProposal, CreditProposal.id == CreditNote.proposal_id)
        .outerjoin(asked, asked.c.of == CreditProposal.id)
        .where(or_(~same, asked.c.gross.is_(None), asked.c.gross != CreditNote.gross)),
    )
    yield Contradiction(
        "proposal {}: it is confirmed, and there is no credit note",
        select(CreditProposal.id)
        .outerjoin(CreditNote, CreditNote.proposal_id == CreditProposal.id)
        .where(CreditProposal.state == ProposalState.CONFIRMED, CreditNote.id.is_(None)),
    )
    alone = and_(
        CreditProposal.decided_by == CreditProposal.proposed_by, CreditProposal.state != ProposalState.WITHDRAWN
    )
    yield Contradiction("proposal {}: one person proposed and decided", select(CreditProposal.id).where(alone))


def _credited_lines() -> Iterator[Contradiction]:
    taken = _taken_of_lines()
    yield Contradiction(
        "invoice {}: more is credited of its line {} than it says",
        select(Invoice.number, InvoiceLine.position)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(taken, taken.c.of == InvoiceLine.id)
        .where(taken.c.gross > InvoiceLine.gross),
    )
    elsewhere = (
        select(CreditNote.number)
        .join(CreditNoteLine, CreditNoteLine.note_id == CreditNote.id)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.line_id)
        .where(InvoiceLine.invoice_id != CreditNote.invoice_id)
    )
    yield Contradiction("credit note {}: a line of it is of another invoice", elsewhere.distinct())


def _left_of_rates() -> Iterator[str]:
    """Net and tax never go beyond those of a rate, and what is counted as left is what the lines leave."""
    taken = _taken_of_lines()
    rate = func.rtrim(InvoiceLine.rate, literal_column("'0.'"))
    net, tax = (
        func.sum(getattr(InvoiceLine, name) - func.coalesce(taken.c[name], ZERO)).label(name) for name in ("net", "tax")
    )
    left = (
        select(
            InvoiceLine.invoice_id,
            InvoiceLine.tax_kind,
            rate.label("rate"),
            net,
            tax,
            func.count(taken.c.of).label("n"),
        )
        .outerjoin(taken, taken.c.of == InvoiceLine.id)
        .where(InvoiceLine.invoice_id.in_(select(CreditNote.invoice_id)))
        .group_by(InvoiceLine.invoice_id, InvoiceLine.tax_kind, rate)
        .subquery()
    )
    counted = and_(
        CreditLeft.invoice_id == left.c.invoice_id,
        CreditLeft.tax_kind == left.c.tax_kind,
        CreditLeft.rate == left.c.rate,
    )
    of_rate = select(Invoice.number, left.c.rate).join(left, left.c.invoice_id == Invoice.id)
    for number, told in session.execute(of_rate.where(or_(left.c.net < ZERO, left.c.tax < ZERO))):
        yield f"invoice {number}: more net or tax is credited of its rate {Decimal(told or 0):.2%} than it says"
    differs = or_(
        and_(CreditLeft.net.is_(None), left.c.n > 0), CreditLeft.net != left.c.net, CreditLeft.tax != left.c.tax
    )
    for number, told in session.execute(of_rate.outerjoin(CreditLeft, counted).where(differs)):
        yield f"invoice {number}: what is left of its rate {Decimal(told or 0):.2%} is not what its lines leave"


def _credited_money() -> Iterator[Contradiction]:
    """Of each part what the ledger says is credited, less what the notes took: nothing is left."""
    told = union_all(
        select(Allocation.request_id, Allocation.recharge_id, Allocation.credited.label("credited")).where(
            Allocation.credited != ZERO
        ),
        select(Invoice.request_id, InvoiceLine.recharge_id, (ZERO - CreditNoteLine.gross).label("credited"))
        .select_from(CreditNoteLine)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.line_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id),
    ).subquery()
    differing = (
        select(told.c.request_id)
        .group_by(told.c.request_id, told.c.recharge_id)
        .having(func.sum(told.c.credited) != ZERO)
    )
    yield Contradiction(
        "request id {}: the ledger and the credit notes differ on what is credited", one_each(differing)
    )


def _guards() -> Iterator[str]:
    guards = {
        "credit_note": (("credit_note_no_delete", "credit_note_no_update"), ("credit_note_frozen",)),
        "credit_note_line": (
            (
                "credit_note_line_no_delete",
                "credit_note_line_no_update",
                "credit_note_line_begins",
                "credit_note_line_within",
            ),
            ("credit_note_line_frozen", "credit_note_line_within"),
        ),
    }
    for table, triggers in guards.items():
        for name in missing_triggers(table, *triggers):
            yield f"credit notes: the trigger {name} is missing, they could be edited or take too much"


def _taken_of_lines() -> Subquery:
    return _summed(select(CreditNoteLine.line_id.label("of"), *_figures(CreditNoteLine)))


def _figures(of: Any) -> list[Any]:
    return [func.sum(getattr(of, name)).label(name) for name in FIGURES]


def _summed(sums: Select[Any]) -> Subquery:
    return sums.group_by(sums.selected_columns.of).subquery()
