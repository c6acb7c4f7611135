"""Thousands of rows in one go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, select

from backoffice import clock
from backoffice.calendars.models import CalendarVersion
from backoffice.database import session, transaction
from backoffice.ledger.models import LedgerEntry, LedgerMovement
from backoffice.ledger.rules import FIGURES
from backoffice.ledger.services import days
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest
from tests.support.people import Person

# A Monday, 10:00 in Shanghai.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STATES = ("pending", "approved", "issued", "issued", "issued", "rejected", "withdrawn")
KINDS = ("recharge", "consumption", "consumption", "refund", "grant", "consumption")


def many_requests(
    who: Person, header_id: int, number: int, first: int = 0, name: str = "上海流明机器人有限公司"
) -> None:
    """Insert requests of the last two years, in all states, behind the services' back: no money is reserved."""
    version = session.scalars(select(CalendarVersion.id).limit(1)).one()
    session.rollback()
    rows = []
    for turn in range(first, first + number):
        at = NOW - timedelta(minutes=(turn - first) * 200)
        state = STATES[turn % len(STATES)]
        is_open, issued = state in ("pending", "approved"), state == "issued"
        rows.append({
            "number": f"IR-{at:%Y%m%d}-{turn:06d}", "account_id": who.account_id, "applicant_id": who.id,
            "applicant_label": "Ada", "header_id": header_id, "header": {"kind": "enterprise", "name": name},
            "header_name": name, "amount": Decimal(100 + turn % 900), "email": "ap@lumen.example", "remarks": "",
            "locale": "en", "submit_token": f"many-{who.id}-{turn}", "state": state, "submitted_at": at,
            "submitted_on": clock.local_date(at, clock.zone()), "due_on": at.date(), "due_at": at + timedelta(days=7),
            "calendar_version_id": version, "closed_at": None if is_open else at,
            "invoice_number": f"INV-2025-{turn + 100000:06d}" if issued else None,
            "issued_at": at if issued else None, "issued_on": at.date() if issued else None,
        })  # fmt: skip
    with transaction():
        for start in range(0, number, 500):
            session.execute(insert(InvoiceRequest), rows[start : start + 500])


def many_entries(account_id: int, number: int, prefix: str = "M") -> None:
    """Insert entries of the last year, of all kinds, and their days; the account's counters know nothing of them."""
    rows, tally = [], days.Tally()
    for turn in range(number):
        at = NOW - timedelta(minutes=turn * 525_600 // number)
        kind, status = KINDS[turn % len(KINDS)], "pending" if turn % 200 == 0 else "completed"
        amount, day = Decimal(1 + turn % 500), clock.local_date(at, clock.zone())
        rows.append({
            "source": "many", "external_id": f"{prefix}-{turn}", "kind": kind, "account_id": account_id,
            "status": status, "amount": amount, "occurred_at": at, "occurred_on": day,
            "refund_of": f"{prefix}-0" if kind == "refund" else None, "applied": kind == "refund",
            "channel": "", "payer_name": "", "bank_reference": "", "description": "", "created_at": NOW,
            "refunded": ZERO, "reserved": ZERO, "invoiced": amount if kind == "recharge" and turn % 12 else ZERO,
        })  # fmt: skip
        if status == "completed":
            tally.add(account_id, day, kind, amount)
    with transaction():
        for start in range(0, number, 500):
            session.execute(insert(LedgerEntry), rows[start : start + 500])
        days.add(tally)


# What the lines of a journal move, most of them over again; the last two now and then only.
MOVES = (
    ("recharge", {"recharged": 1, "free": 1}),
    ("reserve", {"free": -1, "reserved": 1}),
    ("settle", {"reserved": -1, "invoiced": 1}),
    ("refund", {"refunded": 1, "free": -1}),
    ("refund", {"refunded": 1, "debt": 1}),
    ("reallocate", {"refunded": 1, "short": 1}),
)


def many_movements(account_id: int, number: int) -> None:
    """Insert lines of the last year into the account's journal; what stood there afterwards they do not tell."""
    requests = session.scalars(
        select(InvoiceRequest.id).where(InvoiceRequest.account_id == account_id, InvoiceRequest.state == "issued")
    ).all()
    session.rollback()
    nothing = dict.fromkeys((*FIGURES, *(f"{name}_after" for name in FIGURES)), ZERO)
    rows = []
    for turn in range(number):
        kind, moved = MOVES[turn % 4 if turn % 150 else 4 + turn // 150 % 2]
        rows.append({
            "account_id": account_id, "kind": kind, "at": NOW - timedelta(minutes=turn * 525_600 // number),
            "request_id": requests[turn % len(requests)] if kind in ("reserve", "settle") else None,
            **nothing, **{name: Decimal(sign) for name, sign in moved.items()},
        })  # fmt: skip
    with transaction():
        session.execute(insert(LedgerMovement), rows)
