"""Texts without a place to break, wherever a person or the platform may write one: ids, addresses, names, remarks.

What is `ordinary` is seen in any office, what is `utmost` is as long as the field takes. Whatever shows them must
still fit a telephone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from backoffice.database import session
from backoffice.headers import services as headers
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.permissions import Actor
from backoffice.requests.services import applying, supporting
from backoffice.requests.services.applying import Application
from backoffice.review.services import decisions, holds, notes, saved_views
from tests.journeys.stage import NOW, Stage
from tests.support import files

LETTERS = "Aktiengesellschaftsgruppenverwaltungsbeteiligungs"


def _of(length: int) -> str:
    """That many letters in a row."""
    return (LETTERS * (length // len(LETTERS) + 1))[:length]


@dataclass(frozen=True)
class Words:
    """One text of each kind."""

    payment: str
    address: str
    name: str
    tax_id: str
    street: str
    said: str
    file: str


ORDINARY = Words(
    payment="41202611237654321098765432109876",  # a transaction number of a payment house: 32 figures
    address="accountspayableinvoices@lumenrobotics.example",
    name="Donaudampfschifffahrtskonto",
    tax_id="DE136695976",
    street="Musterfrauenstraßenzugang 12",
    said="Bestellnummer4500123456789012345678901234567890",
    file="Rahmenvertrag2026Bestellnummer4500123456789.pdf",
)
UTMOST = Words(
    payment="9" * 120,
    address=f"{'m' * 64}@{'lumenrobotics' * 4}.{'x' * 60}.{'y' * 60}.example",
    name=_of(256),
    tax_id="DE129274202",
    street=_of(128),
    said=_of(480),
    file=_of(120) + ".pdf",
)


def write(stage: Stage, words: Words) -> dict[str, list[str]]:
    """Write `words` wherever lumen and the desk may; returns the addresses that show them, by who opens them."""
    ada, rita = stage.cast.ada.actor, stage.cast.rita.actor
    header = _header(stage, ada, words)
    entries = _money(stage, words)
    numbers = [_apply(stage, words, header, at) for at in range(4)]
    stage.approve(numbers[0])
    stage.do(decisions.reject, rita, numbers[1], reason="tax_id", remarks=words.said)
    stage.do(holds.hold, rita, numbers[2], question=words.said)
    stage.do(notes.add, rita, numbers[3], words.said)
    view = stage.do(saved_views.create, rita, words.said[:60], f"view=all&q={words.address[:60]}").id
    stage.work()
    customer = [
        "/invoices", "/invoices/statement", f"/invoices/apply?resubmit={numbers[1]}",
        *(f"/invoices/{number}" for number in numbers),
        f"/invoices/{numbers[0]}/send-again?to={words.address}",
        f"/invoices/{numbers[2]}/answer", f"/invoices/{numbers[3]}/withdraw", f"/invoices/{numbers[3]}/correct",
        "/bills/entries", f"/bills/entries?q={words.payment[:60]}", *(f"/bills/entries/{entry}" for entry in entries),
        f"/bills/entries/{entries[0]}/uses", f"/bills/entries/{entries[0]}/refunds",
        "/invoice-headers", f"/invoice-headers/{header}/edit", f"/invoice-headers/{header}/history",
        f"/invoice-headers/{header}/archive",
    ]  # fmt: skip
    desk = [
        "/review", f"/review?view=all&q={words.payment[:60]}", f"/review/views/{view}", "/review/views",
        *(f"/review/{number}" for number in numbers), f"/review/{numbers[3]}/reject", f"/review/{numbers[3]}/notes",
        f"/review/bulk/new?action=approve&number={numbers[3]}", "/review/work",
        "/review/accounts/lumen", "/review/accounts/lumen/statement",
        f"/review/accounts/lumen/requests?q={words.payment[:60]}",
        f"/review/accounts/lumen/entries?q={words.payment[:60]}", *(f"/review/entries/{entry}" for entry in entries),
        f"/review/entries/{entries[0]}/uses", f"/review/entries/{entries[0]}/refunds",
    ]  # fmt: skip
    return {"ada": customer, "rita": desk}


def _header(stage: Stage, ada: Actor, words: Words) -> int:
    """Lumen's default header from now on; it was edited, so that it has a history."""
    values = {
        "kind": "enterprise", "name": words.name, "country": "DE", "tax_id": words.tax_id, "address": words.street,
        "phone": "1" * 32, "bank": words.street, "bank_account": "DE" + "8" * 30, "email": words.address,
        "remarks": words.said,
    }  # fmt: skip
    made: int = stage.do(headers.create, ada, values, make_default=True).id
    stage.do(headers.edit, ada, made, {**values, "name": words.name[:-1] + "x", "remarks": words.said + "x"})
    return made


def _money(stage: Stage, words: Words) -> list[int]:
    """A recharge and its refund; the ids of both."""
    more: dict[str, Any] = {
        "account": "lumen", "status": "completed", "channel": words.said[:60], "payer_name": words.name,
        "bank_reference": words.payment, "description": words.name,
    }  # fmt: skip
    lines = [
        Line(
            number=1, kind="recharge", external_id=words.payment, amount=Decimal(80),
            occurred_at=NOW - timedelta(days=120), refund_of=None, **more,
        ),
        Line(
            number=2, kind="refund", external_id=f"{words.payment[:-1]}R", amount=Decimal(1),
            occurred_at=NOW - timedelta(days=2), refund_of=words.payment, **more,
        ),
    ]  # fmt: skip
    stage.do(book, lines, source="platform")
    with stage.app.app_context():
        found = select(LedgerEntry.id).where(LedgerEntry.external_id.in_([line.external_id for line in lines]))
        return list(session.scalars(found.order_by(LedgerEntry.id)))


def _apply(stage: Stage, words: Words, header: int, at: int) -> str:
    with stage.app.app_context():
        support = supporting.take(files.pdf(), words.file)
    application = Application(header, f"{5 + at}.00", words.address, words.said, None, "cw@lumen.example", support)
    options = {"submit_token": f"extreme-{words.payment[:4]}-{at:06d}", "locale": "en"}
    number: str = stage.do(applying.apply, stage.cast.ada.actor, application, **options).number
    return number
