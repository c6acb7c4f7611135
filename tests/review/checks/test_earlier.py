"""Duplicates and the customer's last requests: when they pass, warn and fail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from backoffice.review.checks import earlier
from backoffice.review.checks.facts import Outcome
from tests.review.checks.cases import facts, former, header, states

OTHER = {"header_id": 2, "header_name": "北京先行科技有限公司"}
OTHER_FORM = {"header_id": 2, "header_name": "上海流明机器人股份有限公司"}

DUPLICATE: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "nothing recent": {},
        "no other request": {"near": (), "history": ()},
        "the same, 31 days ago": {"near": (former("1200.00", 31),)},
        "the same, rejected": {"near": (former("1200.00", 2, state="rejected"),)},
        "the same, taken back whole": {"near": (former("1200.00", 2, taken_back="CN-1"),)},
        "of one that is taken back whole": {"near": (former("1200.00", 2),), "taken_back": "CN-1"},
        "the same, withdrawn": {"near": (former("1200.00", 2, state="withdrawn"),)},
        "the same, 31 days later": {"near": (former("1200.00", -31),)},
        "the same, later and rejected": {"near": (former("1200.00", -2, state="rejected"),)},
        "a cent beside it, another header": {"near": (former("1200.01", 2, **OTHER),)},
        "a cent beside it, 31 days ago": {"near": (former("1200.01", 31),)},
        "two digits exchanged, another header": {"near": (former("1020.00", 2, **OTHER),)},
        "two digits exchanged, rejected": {"near": (former("1020.00", 2, state="rejected"),)},
        "two percent beside it": {"near": (former("1224.00", 2),)},
        "another round amount": {"near": (former("1300.00", 2), former("2200.00", 2))},
        "nearly the amount, another header": {"near": (former("1202.00", 2, **OTHER), former("12000.00", 2, **OTHER))},
        "a cent beside it, a company of that name in another form": {"near": (former("1200.01", 2, **OTHER_FORM),)},
        "two digits changed": {"amount": "1234.56", "near": (former("1285.56", 2),)},
        "the same reference, another part of the order": {
            "near": (former("600.00", 2, remarks="PO 4500012873"),), "remarks": "PO 4500012873",
        },
    },
    "warn": {
        "the same amount, another header, after it": {"near": (former("1200.00", -2, state="pending", **OTHER),)},
        "the same twice, two orders, the other one later": {
            "near": (former("1200.00", -9, remarks="PO 4500"),), "remarks": "PO 4501",
        },
        "the same amount, another header": {"near": (former("1200.00", 2, **OTHER),)},
        "the same amount, a company of that name in another form": {"near": (former("1200.00", 2, **OTHER_FORM),)},
        "the same amount, another header, pending": {"near": (former("1200.00", 0, state="pending", **OTHER),)},
        "the same twice, two orders": {"near": (former("1200.00", 2, remarks="PO 4500"),), "remarks": "PO 4501"},
        "two orders of one year and cost centre": {
            "near": (former("1200.00", 2, remarks="PO 4500, 2026, cost centre 7120"),),
            "remarks": "PO 4501, 2026, cost centre 7120",
        },
        "the same order, nearly the amount": {
            "near": (former("1199.00", 2, remarks="PO 4500"),), "remarks": "po 4500",
        },
        "a cent beside it": {"near": (former("1200.01", 2),)},
        "a cent beside a small one": {"amount": "88.00", "near": (former("88.01", 0, state="pending"),)},
        **{
            f"{amount} and {other} with one header": {"amount": amount, "near": (former(other, 10),)}
            for one, two in (
                ("1000.00", "1002.00"), ("1000.00", "1005.00"), ("1234.56", "1284.56"), ("1000.00", "10000.00"),
                ("123.45", "12345.00"), ("990.00", "1000.00"),
            )
            for amount, other in ((one, two), (two, one))
        },
        "two digits exchanged": {"near": (former("1020.00", 2),)},
        "two digits exchanged, the first two": {"near": (former("2100.00", 2),)},
        "the same order, its number alone, nearly the amount": {
            "near": (former("1195.00", 2, remarks="订单 4500012873"),), "remarks": "PO 4500012873",
        },
        "the same short order, its number alone, nearly the amount": {
            "near": (former("1195.00", 2, remarks="订单 4500", **OTHER),), "remarks": "PO 4500",
        },
        "the same order among two, nearly the amount": {
            "near": (former("1195.00", 2, remarks="PO 4500, PO 4501"),), "remarks": "po 4500",
        },
        "on the thirtieth day": {"near": (former("1200.00", 30, **OTHER),)},
    },
    "fail": {
        "the same, beside one taken back whole": {
            "near": (former("1200.00", 1, taken_back="CN-1"), former("1200.00", 2)),
        },
        "the same, a day later and approved": {"near": (former("1200.00", -1, state="approved"),)},
        "the same, 30 days later": {"near": (former("1200.00", -30),)},
        "the same, among many of another header": {
            "near": (*(former("1200.00", 1, **OTHER) for _ in range(99)), former("1200.00", 29)),
        },
        "the same, yesterday": {"near": (former("1200.00", 1),)},
        "the same, today and pending": {"near": (former("1200.00", 0, state="pending"),)},
        "the same, approved": {"near": (former("1200.00", 3, state="approved"),)},
        "the same, 30 days ago": {"near": (former("1200.00", 30),)},
        "the same order": {
            "near": (former("1200.00", 2, remarks="PO: HT-2026-118"),), "remarks": "合同 HT 2026/118",
        },
        "the same, the name written otherwise": {
            "near": (former("1200.00", 2, header_id=2, header_name="上海流明机器人有限责任公司"),),
        },
        **{
            f"{mine!r} and {other!r}": {"near": (former("1200.00", 2, remarks=other),), "remarks": mine}
            for one, two in (
                ("PO: 4500012873", "PO 4500012873"), ("Order 4500012873", "PO 4500012873"),
                ("4500", "PO 4500"), ("订单 4500", "Order 4500"), ("PO ４５００", "po 4500"),
                ("PO 4500, PO 4501", "PO 4500"), ("合同号 HT-2026-118", ""), ("PO 2026-0815", "PO 20260815"),
                ("PO 4500012873", "2026年11月用量"), ("PO 4711", "FY 2026 budget"), ("PO 4711", "GPU H100"),
                ("November 2026 usage", "2026-11 usage"), ("成本中心9000", "cost centre 9000"), ("Ref 4711", "PO 4712"),
            )
            for mine, other in ((one, two), (two, one))
        },
        **{
            f"the same, read as {name}": {
                "near": (former("1200.00", 2, header_id=2, header_name=name),), "header": header(name=ours),
            }
            for name, ours in (
                ("上海エ业有限公司", "上海工业有限公司"), ("Lum℮n Ltd", "LUMEN Ltd"), ("Lumеn АG", "Lumen AG"),
                ("上海⻰⻢科技有限公司", "上海龙马科技有限公司"), ("上海━号公司", "上海一号公司"),
                ("▢腔医院", "口腔医院"),
            )
        },
        "words beside no reference": {"near": (former("1200.00", 2),), "remarks": "谢谢"},
    },
}  # fmt: skip
ISSUED, REJECTED = "issued", "rejected"
HISTORY: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "all issued": {},
        "the first request": {"history": ()},
        "one rejected": {"history": states(REJECTED, ISSUED, ISSUED, ISSUED, ISSUED)},
        "two of five": {"history": states(REJECTED, ISSUED, REJECTED, ISSUED, ISSUED)},
        "the only one, rejected": {"history": states(REJECTED)},
        "withdrawn ones": {"history": states(*["withdrawn"] * 5)},
        "long ago": {"history": states(*[ISSUED] * 5, *[REJECTED] * 5)},
    },
    "warn": {
        "three of five": {"history": states(REJECTED, REJECTED, REJECTED, ISSUED, ISSUED)},
        "three of five, not the last": {"history": states(ISSUED, REJECTED, REJECTED, ISSUED, REJECTED)},
        "three of four": {"history": states(REJECTED, "withdrawn", REJECTED, REJECTED)},
        "all three": {"history": states(REJECTED, REJECTED, REJECTED)},
        "both": {"history": states(REJECTED, REJECTED)},
    },
    "fail": {
        "all five": {"history": states(*[REJECTED] * 5)},
        "four of five": {"history": states(REJECTED, REJECTED, REJECTED, REJECTED, ISSUED)},
        "four of five, the last issued": {"history": states(ISSUED, REJECTED, REJECTED, REJECTED, REJECTED)},
        "all four": {"history": states(*[REJECTED] * 4)},
        "the last five of many": {"history": states(*[REJECTED] * 5, *[ISSUED] * 40)},
        "with a withdrawn one among them": {"history": states(REJECTED, REJECTED, "withdrawn", REJECTED, REJECTED)},
    },
}
ALL = {"duplicate": DUPLICATE, "history": HISTORY}


@pytest.mark.parametrize(
    ("check", "outcome", "changes"),
    [
        pytest.param(check, outcome, changes, id=f"{check}-{outcome}-{name}")
        for check, outcomes in ALL.items()
        for outcome, cases in outcomes.items()
        for name, changes in cases.items()
    ],
)
def test_what_is_found(check: str, outcome: str, changes: dict[str, Any]) -> None:
    found = getattr(earlier, check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), str(found.message)
    assert str(found.message)


def test_a_company_of_the_same_name_in_another_form_is_named_as_another_one() -> None:
    ours = header(name="Rheinwerk Technik AG", tax_id="DE811569869")
    found = earlier.duplicate(facts(header=ours, near=(former("1200.00", 2, header_name="Rheinwerk Technik GmbH"),)))
    assert found.outcome == Outcome.WARN
    assert "made out to Rheinwerk Technik GmbH" in str(found.message)


def test_a_duplicate_is_named_and_can_be_opened() -> None:
    twin = former("1200.00", 1)
    found = earlier.duplicate(facts(near=(twin,)))
    assert [datum.request for datum in found.data] == [twin.number]
    assert str(twin.number) in str(found.message)


def test_the_same_reference_with_another_amount_is_told() -> None:
    part = former("600.00", 2, remarks="PO 4500012873")
    found = earlier.duplicate(facts(near=(part,), remarks="PO 4500012873"))
    assert [datum.request for datum in found.data] == [part.number]
    assert part.number in str(found.message)


@pytest.mark.parametrize(
    ("amount", "others"),
    [
        ("12.00", {"21.00", "10.20"}),
        ("1200.00", {"2100.00", "1020.00"}),
        ("0.01", set()),
        ("10.05", {"10.50"}),
    ],
)
def test_exchanged_digits(amount: str, others: set[str]) -> None:
    assert earlier.exchanges(Decimal(amount)) == {Decimal(other) for other in others}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("1234.57", "hardly another amount"),
        ("1284.56", "its amount with one digit changed"),
        ("12345.60", "its amount with the decimal point moved"),
        ("1240.61", "nearly its amount."),
    ],
)
def test_how_two_amounts_are_alike_is_told(other: str, words: str) -> None:
    assert words in str(earlier.duplicate(facts(amount="1234.56", near=(former(other, 10),))).message)


def test_amounts_are_compared_to_the_cent() -> None:
    assert earlier.duplicate(facts(amount=Decimal("1200"), near=(former("1200.00", 1),))).outcome == "fail"
