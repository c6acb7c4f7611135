"""Invoices at random, and what they must say: worked out a second time, slowly, from the lines alone."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot
from backoffice.money import from_minor, to_minor

SELLER = {
    "name": "云台智能科技(上海)有限公司", "latin_name": "Yuntai Intelligence Technology (Shanghai) Co., Ltd.",
    "tax_id": "91310000MA1FL0A277", "address": "上海市浦东新区博云路2号", "phone": "+86 21 5080 1234",
    "bank": "招商银行上海张江支行", "bank_account": "1219 0876 5410 888", "email": "invoices@backoffice.example",
}  # fmt: skip
GERMAN_SELLER = SELLER | {"name": "Wolke GmbH", "latin_name": "", "tax_id": "DE 136695976", "country": "DE"}
CHINESE = {
    "kind": "enterprise", "name": "北京流明数据科技有限公司", "tax_id": "91110000MA00000152",
    "address": "北京市海淀区学院路35号世宁大厦12层", "phone": "010-8231 7700", "bank": "中国工商银行北京学院路支行",
    "bank_account": "0200 0062 1920 0123 456", "email": "ada@lumen.example", "country": "CN",
}  # fmt: skip
BUYERS: list[dict[str, str]] = [
    CHINESE,
    {"kind": "enterprise", "name": "深圳“云启”〈软件〉公司", "tax_id": "440300123456789"},
    {"kind": "personal", "name": "欧阳娜娜", "tax_id": "11010519491231002X"},
    {"kind": "personal", "name": "Zoë O'Hara"},
    {"kind": "public_body", "name": "上海市浦东新区档案馆", "email": "a&b@archive.example"},
    {"kind": "enterprise", "name": "Łódź & <Söhne> GmbH", "tax_id": "DE129273398", "country": "DE",
     "street": "Ringstraße 5", "city": "Köln", "postal_code": "50667"},
    {"kind": "enterprise", "name": "Ελληνική Εταιρεία ΑΕ", "tax_id": "EL094259216", "country": "GR", "city": "Athína"},
    {"kind": "enterprise", "name": "Lumen \"Data\" Inc.", "tax_id": "94-1234567", "country": "US"},
]  # fmt: skip
RATES = ("0.01", "0.03", "0.05", "0.055", "0.06", "0.09", "0.13", "0.17", "0.2")
UNTAXED = (TaxKind.ZERO, TaxKind.EXEMPT, TaxKind.NOT_TAXABLE, TaxKind.REVERSE_CHARGE)
REMARKS = ("", "合同编号 LM-2026-017。\nThank you.", "R&D <2026> \"]]>\" 'ok' &amp;")
DESCRIPTIONS = (
    "AI 平台账户充值",
    "API 调用额度 API credits",
    "GPU 计算时长(A100 × 8)",
    "Top-up & <bonus>",
    "短信套餐包",
)


@dataclass
class Paper:
    """An invoice to be, with everything a test may want to set."""

    lines: list[LineInput]
    buyer: dict[str, str] = field(default_factory=lambda: CHINESE)
    seller: dict[str, str] = field(default_factory=lambda: SELLER)
    currency: str = "CNY"
    language: str = "both"
    number: str | None = "INV-2026-000042"
    remarks: str = ""

    def freeze(self, **changes: Any) -> Snapshot:
        """Its snapshot; `changes` override fields of it."""
        snapshot = build_snapshot(
            self.lines,
            number=self.number,
            language=self.language,  # type: ignore[arg-type]
            issued_at=datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC),
            issued_on=date(2026, 4, 2),
            currency=self.currency,
            seller=self.seller,
            buyer=self.buyer,
            remarks=self.remarks,
            request_number="IR-20260401-482913",
            verify_url="https://backoffice.example/verify?number=INV-2026-000042" if self.number else None,
        )
        return snapshot | changes  # type: ignore[return-value]


def line(gross: str | Decimal, kind: TaxKind = TaxKind.RATE, rate: str = "0.06", **changes: Any) -> LineInput:
    """One recharge of the spring of 2026."""
    return LineInput(
        gross=Decimal(gross),
        tax_kind=kind,
        rate=Decimal(rate if kind is TaxKind.RATE else 0),
        **({"description": "AI 平台账户充值", "occurred_on": date(2026, 3, 1), "external_id": "R-1"} | changes),
    )


def at_random(seed: int) -> Paper:
    """The invoice of a seed: any mix of taxes and parties, with amounts of the sort that rounding stumbles over."""
    draw = random.Random(seed)
    taxes = _taxes(draw)
    lines = [
        line(
            amount, *draw.choice(taxes),
            description=draw.choice(DESCRIPTIONS),
            occurred_on=date(2026, 3, 1) + timedelta(days=draw.randrange(31)),
            external_id=f"R{draw.randrange(10**8):08d}-{draw.randrange(10**6):06d}",
            quantity=Decimal(draw.choice(["1", "1", "1", "3", "7", "1000", "2.5"])),
        )
        for amount in _amounts(draw)
    ]  # fmt: skip
    reverse = any(each.tax_kind is TaxKind.REVERSE_CHARGE for each in lines)
    able = [buyer for buyer in BUYERS if buyer["kind"] == "enterprise"] if reverse else BUYERS
    return Paper(
        lines,
        buyer=draw.choice(able),
        seller=draw.choice([SELLER, SELLER, GERMAN_SELLER]),
        currency=draw.choice(["CNY", "CNY", "USD", "HKD", "EUR", "XAF"]),
        language=draw.choice(["zh", "en", "both"]),
        number=f"INV-2026-{seed + 1:06d}",
        remarks=draw.choice(REMARKS),
    )


def _taxes(draw: random.Random) -> list[tuple[TaxKind, str]]:
    rated = [(TaxKind.RATE, rate) for rate in draw.sample(RATES, draw.choice([1, 1, 2, 4]))]
    untaxed = [(kind, "0") for kind in draw.sample(UNTAXED, draw.choice([1, 1, 2, 4]))]
    return draw.choice([rated, untaxed, rated + untaxed])


def _amounts(draw: random.Random) -> list[Decimal]:
    count = draw.choice([1, 1, 2, 3, 3, 5, 8, 30])
    cents = draw.choice(
        [
            lambda: draw.choice([1, 2, 3, 4, 5, 7]),  # a cent has no half
            lambda: 1000,  # the same again and again: the rest of each is the same, the order decides
            lambda: draw.randrange(1, 10**4),
            lambda: draw.randrange(1, 10**8) * 10 ** draw.randrange(4),  # zeros in a row, for the capitals
            lambda: 10 ** draw.randrange(1, 11) + draw.choice([0, 1, 9]),
        ]
    )
    return [from_minor(cents()) for _ in range(count)]


class Sums(NamedTuple):
    """Cents of net, tax and gross."""

    net: int
    tax: int
    gross: int


@dataclass
class Reckoned:
    """What the figures of an invoice must be, in cents."""

    lines: list[Sums]
    groups: dict[tuple[TaxKind, Fraction], Sums]
    total: Sums


def reckon(lines: list[LineInput]) -> Reckoned:
    """The rule of the house in whole numbers: a group's net rounded once, half up; the cents that its lines' whole
    cents leave over go one by one to whoever has lost most, the earlier one first."""
    nets: dict[int, int] = {}
    groups: dict[tuple[TaxKind, Fraction], Sums] = {}
    for key in dict.fromkeys((each.tax_kind, Fraction(each.rate)) for each in lines):
        members = [index for index, each in enumerate(lines) if (each.tax_kind, Fraction(each.rate)) == key]
        grosses = {index: to_minor(lines[index].gross) for index in members}
        above, below = (1 + key[1]).denominator, (1 + key[1]).numerator
        gross = sum(grosses.values())
        net = (2 * gross * above + below) // (2 * below)
        lost = {index: grosses[index] * above % below for index in members}
        nets |= {index: grosses[index] * above // below for index in members}
        while sum(nets[index] for index in members) < net:
            neediest = max(members, key=lambda index: (lost[index], -index))
            nets[neediest] += 1
            lost[neediest] = -1
        groups[key] = Sums(net, gross - net, gross)
    each_line = [
        Sums(nets[index], to_minor(one.gross) - nets[index], to_minor(one.gross)) for index, one in enumerate(lines)
    ]
    total = Sums(*(sum(column) for column in zip(*each_line, strict=True)))
    return Reckoned(each_line, groups, total)
