"""What an invoice says, from a request and its money: one way for what is issued and for every draft of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backoffice import clock
from backoffice.errors import N_, Conflict, Message
from backoffice.issuing import rules
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.queries import Part
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services.applying import Plan

Money = Sequence[tuple[LedgerEntry, Decimal]]


@dataclass(frozen=True, slots=True)
class Issuer:
    """What the installation adds to every invoice: its currency and the address where anybody verifies one."""

    currency: str
    external_url: str

    def verify_url(self, number: str) -> str:
        """Address of the verification page for an invoice number."""
        return f"{self.external_url}/verify?number={number}"


def draft_snapshot(plan: Plan, *, issuer: Issuer, now: datetime) -> rules.Snapshot:
    """The snapshot that issuing would freeze for an application if it were approved now; it has no number yet."""
    today = clock.local_date(now, clock.zone())
    return _snapshot(
        plan.frozen_header, plan.remarks, None, _money(plan.parts),
        number=None, issued_at=now, issued_on=today, issuer=issuer,
    )  # fmt: skip


def draft_of(
    invoice_request: InvoiceRequest, parts: Iterable[Part], *, issuer: Issuer, now: datetime
) -> rules.Snapshot:
    """The snapshot that issuing would freeze for a request if it took its number now; it has no number yet.

    `parts` are the request's own (`ledger.queries.parts_of`). Raises Conflict when it will never be issued, has its
    number, or when a refund took money away from it.
    """
    money = _money(parts)
    if not invoice_request.is_open or invoice_request.invoice_id is not None:
        raise Conflict(Message(N_("There is a draft only until the invoice has its number.")))
    if sum(amount for _, amount in money) != invoice_request.amount:
        raise Conflict(Message(N_("There is no draft while the request is short: it cannot be issued like this.")))
    today = clock.local_date(now, clock.zone())
    return snapshot_of(invoice_request, money, number=None, issued_at=now, issued_on=today, issuer=issuer)


def specimen(seller: Mapping[str, str], *, currency: str, now: datetime) -> rules.Snapshot:
    """A draft with made-up lines and buyer, to see what a seller looks like on it."""
    today = clock.local_date(now, clock.zone())
    line = rules.LineInput(
        "AI 平台账户充值 AI platform account top-up", today, "R-20260001", Decimal("1409.50"),
        rules.TaxKind.RATE, Decimal("0.06"),
    )  # fmt: skip
    return rules.build_snapshot(
        [line],
        number=None,
        language="both",
        issued_at=now,
        issued_on=today,
        currency=currency,
        seller=seller,
        buyer={"kind": "enterprise", "name": "示例客户有限公司 Sample Customer Ltd.", "tax_id": "91310000MA1FL0A277"},
    )


def snapshot_of(
    invoice_request: InvoiceRequest,
    money: Money,
    *,
    number: str | None,
    issued_at: datetime,
    issued_on: date,
    issuer: Issuer,
) -> rules.Snapshot:
    """What the invoice of a request says: its frozen header, its remarks, a line for each recharge it is paid from."""
    return _snapshot(
        invoice_request.header, invoice_request.remarks, invoice_request.number, money,
        number=number, issued_at=issued_at, issued_on=issued_on, issuer=issuer,
    )  # fmt: skip


def _money(parts: Iterable[Part]) -> Money:
    return [(part.recharge, part.amount) for part in parts]


def _snapshot(
    header: Mapping[str, Any],
    remarks: str,
    request_number: str | None,
    money: Money,
    *,
    number: str | None,
    issued_at: datetime,
    issued_on: date,
    issuer: Issuer,
) -> rules.Snapshot:
    zone = clock.zone()
    days = [clock.local_date(recharge.occurred_at, zone) for recharge, _ in money]
    policy = policies.dated(PolicyKey.TAX, PolicyKey.SELLER)
    # Kind and rate are those of the day of the recharge, frozen per line (design/domain.md 4).
    taxes = {day: policy(PolicyKey.TAX, day) for day in set(days)}
    lines = [
        rules.LineInput(
            description=_description(recharge),
            occurred_on=day,
            external_id=recharge.external_id,
            gross=amount,
            tax_kind=rules.TaxKind(taxes[day]["kind"]),
            rate=Decimal(taxes[day]["rate"]),
            tax_reason=taxes[day].get("reason", ""),
            tax_code=taxes[day].get("code", ""),
        )
        for (recharge, amount), day in zip(money, days, strict=True)
    ]
    return rules.build_snapshot(
        lines,
        number=number,
        language=header["language"],
        issued_at=issued_at,
        issued_on=issued_on,
        currency=issuer.currency,
        seller=policy(PolicyKey.SELLER, issued_on),
        buyer=header,
        remarks=remarks,
        request_number=request_number,
        verify_url=issuer.verify_url(number) if number else None,
    )


def _description(recharge: LedgerEntry) -> str:
    return recharge.description or "AI 平台账户充值 AI platform account top-up"
