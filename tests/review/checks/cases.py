"""Plain facts for the checks: an ordinary request of an ordinary customer, and what a case changes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from backoffice.review.checks.facts import Facts, Former, LastInvoice, Paid, Refund

TODAY = date(2026, 11, 23)
COMPANY = "上海流明机器人有限公司"
HEADER = {
    "kind": "enterprise", "vat_kind": "ordinary", "language": "zh", "name": COMPANY, "tax_id": "91310000MA1FL0A277",
    "address": "", "phone": "", "bank": "", "bank_account": "", "country": "CN", "street": "", "city": "",
    "postal_code": "",
}  # fmt: skip


def header(**changes: str) -> dict[str, str]:
    """The ordinary header with some fields changed."""
    return {**HEADER, **changes}


def last(**changes: str) -> LastInvoice:
    """The last invoice, whose header differed in these fields."""
    return LastInvoice("INV-2026-000007", TODAY - timedelta(days=40), header(**changes))


def paid(payer: str = COMPANY, amount: str = "1200.00", channel: str = "Bank transfer") -> Paid:
    """A recharge behind the request."""
    return Paid("R-1", Decimal(amount), channel, payer)


def former(amount: str = "900.00", ago: int = 60, **changes: Any) -> Former:
    """An earlier request, issued and made out with the same header unless the case says otherwise."""
    fields: dict[str, Any] = {
        "number": f"IR-20260901-{ago:06d}", "state": "issued", "header_id": 1, "header_name": COMPANY,
        "email": "ap@lumen.example", "remarks": "",
    }  # fmt: skip
    return Former(amount=Decimal(amount), submitted_on=TODAY - timedelta(days=ago), **{**fields, **changes})


def formers(*amounts: str, **changes: Any) -> tuple[Former, ...]:
    """Earlier requests of these amounts, the newest first, all older than what could be a duplicate."""
    return tuple(former(amount, 40 + 10 * turn, **changes) for turn, amount in enumerate(amounts))


def states(*names: str) -> tuple[Former, ...]:
    """Earlier requests in these states, the newest first."""
    return tuple(former("900.00", 40 + 10 * turn, state=name) for turn, name in enumerate(names))


def refund(completed: bool = True, amount: str = "50.00") -> Refund:
    """A refund since the application."""
    return Refund("F-1", "R-1", Decimal(amount), TODAY, completed)


def facts(**changes: Any) -> Facts:
    """The ordinary request, about which every check is content, with what the case changes."""
    ordinary = Facts(
        amount=Decimal("1200.00"),
        header=HEADER,
        header_id=1,
        email="ap@lumen.example",
        submitted_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
        submitted_on=TODAY,
        account_name="Lumen Robotics",
        applicant="Ada Lin",
        balance_before=Decimal("5000.00"),
        balance_after=Decimal("3800.00"),
        parts=(paid(),),
        addresses_known=frozenset({"ada@lumen.example", "ap@lumen.example"}),
        last_invoice=last(),
        history=formers("1000.00", "1100.00", "1250.00", "900.00", "1300.00"),
        granted=formers("1000.00", "1100.00", "1250.00", "900.00", "1300.00", "1150.00"),
    )
    money = {name: Decimal(changes[name]) for name in MONEY if name in changes}
    return replace(ordinary, **{**changes, **money})


MONEY = ("amount", "balance_before", "balance_after", "short", "debt")
