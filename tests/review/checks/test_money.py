"""Balance, recharges, refunds, the usual amount: when they pass, warn and fail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from backoffice.review.checks import money
from backoffice.review.checks.facts import Outcome
from tests.review.checks.cases import facts, former, formers, paid, refund, states

STEADY = ("1000.00", "1010.00", "990.00", "1005.00", "995.00", "1000.00")
WILD = ("100.00", "9000.00", "2500.00", "400.00", "6000.00", "1200.00", "15000.00")

BALANCE = {
    "pass": {
        "money is left": {},
        "everything is asked for": {"balance_before": "1200.00", "balance_after": "0.00"},
        "a cent is left": {"balance_before": "1200.01", "balance_after": "0.01"},
        "a withdrawn request took nothing": {"holds_money": False, "balance_after": "5000.00"},
        "an issued one of an account that is below zero now": {
            "is_open": False,
            "balance_after": "-5.00",
            "debt": "5.00",
        },
        "a closed one of an empty account": {"holds_money": False, "balance_before": "0.00", "balance_after": "0.00"},
        "much is left": {"balance_before": "999999999.99", "balance_after": "999998799.99"},
    },
    "warn": {
        "a debt beside enough money": {"debt": "100.00"},
        "a debt of a cent": {"debt": "0.01"},
        "a debt as large as what is left": {"debt": "3800.00", "balance_after": "0.00"},
        "a debt of an account whose request was withdrawn": {"holds_money": False, "debt": "10.00"},
        "a debt above the amount, covered": {"debt": "2000.00", "balance_after": "1.00"},
    },
    "fail": {
        "short by a cent": {"short": "0.01"},
        "short by all": {"short": "1200.00", "balance_after": "-1200.00"},
        "short beside a debt": {"short": "10.00", "debt": "10.00"},
        "below zero by a cent": {"balance_after": "-0.01", "debt": "0.01"},
        "below zero far": {"balance_after": "-5000.00", "debt": "9000.00"},
    },
}
RECHARGES = {
    "pass": {
        "one recharge": {},
        "two that add up": {"parts": (paid(amount="700.00"), paid(amount="500.00"))},
        "a channel without a payer": {"parts": (paid("", channel="Alipay"),)},
        "a payer without a channel": {"parts": (paid(channel=""),)},
        "a released request has none": {"holds_money": False, "parts": ()},
        "many small ones": {"parts": tuple(paid(amount="12.00") for _ in range(100))},
    },
    "warn": {
        "nothing is known of the only one": {"parts": (paid("", channel=""),)},
        "nothing is known of the first": {"parts": (paid("", "200.00", ""), paid(amount="1000.00"))},
        "nothing is known of the last": {"parts": (paid(amount="1000.00"), paid("", "200.00", ""))},
        "nothing is known of a cent": {"parts": (paid(amount="1199.99"), paid("", "0.01", ""))},
        "nothing is known of any of five": {"parts": tuple(paid("", "240.00", "") for _ in range(5))},
    },
    "fail": {
        "none at all": {"parts": ()},
        "a cent is missing": {"parts": (paid(amount="1199.99"),)},
        "half is missing": {"parts": (paid(amount="600.00"),)},
        "a cent too much": {"parts": (paid(amount="1200.01"),)},
        "unknown and not enough": {"parts": (paid("", "1.00", ""),)},
    },
}
REFUND = {
    "pass": {
        "none": {},
        "none of a large request": {"amount": "99999.00"},
        "none of a closed request": {"holds_money": False},
        "a debt from long ago is no refund since": {"debt": "5.00"},
        "an empty account": {"balance_after": "0.00"},
    },
    "warn": {
        "one since, covered": {"refunds": (refund(),)},
        "two since, covered": {"refunds": (refund(), refund(amount="1.00"))},
        "one on its way": {"refunds": (refund(completed=False),)},
        "one came, one is on its way": {"refunds": (refund(), refund(completed=False))},
        "one of the whole recharge, other money took its place": {"refunds": (refund(amount="1200.00"),)},
    },
    "fail": {
        "short after one": {"refunds": (refund(),), "short": "50.00"},
        "short by a cent": {"refunds": (refund(amount="0.01"),), "short": "0.01"},
        "short by all of it": {"refunds": (refund(amount="1200.00"),), "short": "1200.00"},
        "short after two": {"refunds": (refund(), refund()), "short": "70.00"},
        "short, and another is on its way": {"refunds": (refund(), refund(completed=False)), "short": "50.00"},
        "short, though the refund is not listed": {"short": "1.00"},
    },
}
AMOUNT = {
    "pass": {
        "as usual": {},
        "the first request": {"granted": (), "amount": "99999.00"},
        "a first request below the policy's threshold": {"granted": (), "amount": "300000.00", "high": Decimal(400000)},
        "a first request where one decides on everything": {"granted": (), "amount": "1000000.00", "high": None},
        "four earlier ones say nothing yet": {"granted": formers(*STEADY[:4]), "amount": "10000.00"},
        "a high one, as once before": {"granted": formers("250000.00"), "amount": "250000.00"},
        "twice the usual of a steady customer": {"granted": formers(*STEADY), "amount": "2000.00"},
        "a cent": {"amount": "0.01"},
        "as high as once before": {"granted": formers(*STEADY, "20000.00"), "amount": "20000.00"},
        "as high as once, long ago": {
            "granted": formers(*["1000.00"] * 60),
            "as_high": former("90000.00", 2000),
            "amount": "80000.00",
        },
        "as high as the sixtieth of those looked at": {
            "granted": formers(*["1000.00"] * 60, "90000.00"),
            "amount": "80000.00",
        },
        "high, for a customer who varies": {"granted": formers(*WILD), "amount": "15000.00"},
        "as high as what a credit note left of one": {
            "granted": formers(*STEADY, "20000.00", credited=Decimal("100.00")),
            "amount": "19900.00",
        },
        "as high as what credit notes left of one, long ago": {
            "granted": formers(*["1000.00"] * 60),
            "as_high": former("90000.00", 2000, credited=Decimal("5000.00")),
            "amount": "85000.00",
        },
        "nothing is left of any": {
            "granted": formers(*["1000.00"] * 6, credited=Decimal("1000.00")),
            "amount": "4000.00",
        },
        "asked for before, never approved": {"granted": (), "history": states(*["pending"] * 5), "amount": "50000.00"},
    },
    "warn": {
        "a first request of a million": {"granted": (), "amount": "1000000.00"},
        "a first request at the policy's threshold": {"granted": (), "amount": "5000.00", "high": Decimal(5000)},
        "a first request at the threshold of two reviewers": {"granted": (), "amount": "200000.00"},
        "a million after three of a hundred": {"granted": formers(*["100.00"] * 3), "amount": "1000000.00"},
        "many times the highest of four": {"granted": formers(*STEADY[:4]), "amount": "99999.00"},
        "four times the usual of a steady customer": {"granted": formers(*STEADY), "amount": "4000.00"},
        "four times, as in a pending one": {
            "granted": formers(*STEADY),
            "history": (former("4000.00", 1, state="pending"),),
            "amount": "4000.00",
        },
        "nine times": {"granted": formers(*STEADY), "amount": "9000.00"},
        "just above three times": {"granted": formers(*STEADY), "amount": "3000.01"},
        "always the same until now": {"granted": formers(*["500.00"] * 20), "amount": "2000.00"},
        "a cent above the highest": {"granted": formers(*STEADY, "8000.00"), "amount": "8000.01"},
        "far out, for a customer who varies": {"granted": formers(*WILD), "amount": "24000.00"},
        "four times the usual after credit notes": {
            "granted": formers(*["4000.00"] * 6, credited=Decimal("3000.00")),
            "amount": "4000.00",
        },
        "four times the usual, where nothing is left of most": {
            "granted": (*formers(*["1000.00"] * 6, credited=Decimal("1000.00")), *formers(*["1000.00"] * 5)),
            "amount": "4000.00",
        },
        "many times what a credit note left of the only one": {
            "granted": formers("99999.00", credited=Decimal("99998.99")),
            "amount": "99999.00",
        },
    },
    "fail": {
        "eleven times the usual": {"granted": formers(*STEADY), "amount": "11000.00"},
        "asked for once more while the first is pending": {
            "granted": formers(*STEADY),
            "history": (former("100000.00", 1, state="pending"),),
            "amount": "100000.00",
        },
        "rejected before": {
            "granted": formers(*STEADY),
            "history": (former("100000.00", 1, state="rejected"),),
            "amount": "100000.00",
        },
        "a slip of the comma": {"granted": formers(*STEADY), "amount": "100000.00"},
        "always the same until now": {"granted": formers(*["500.00"] * 20), "amount": "5000.01"},
        "as high as one of which a cent is left": {
            "granted": (*formers(*STEADY), former("50000.00", 200, credited=Decimal("49999.99"))),
            "amount": "50000.00",
        },
        "far beyond the highest": {"granted": formers(*STEADY, "9000.00"), "amount": "90000.00"},
        "beyond a customer who varies": {"granted": formers(*WILD), "amount": "500000.00"},
    },
}
ALL = {"balance": BALANCE, "recharges": RECHARGES, "refund": REFUND, "amount": AMOUNT}


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
    found = getattr(money, check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), str(found.message)
    assert str(found.message)


def test_of_very_many_recharges_the_doubtful_come_first_and_the_rest_as_one_sum() -> None:
    parts = (*(paid(amount="1.00") for _ in range(1198)), paid("", "2.00", ""))
    told = money.recharges(facts(parts=parts))
    assert (told.outcome, len(told.data)) == (Outcome.WARN, money.SHOWN + 1)
    assert str(told.data[0].value).endswith("—")
    assert "1179.00 of 1179 recharges" in str(told.data[-1].value)


def test_what_is_told_of_the_last_ones_is_not_told_of_all() -> None:
    old = former("90000.00", 2000)
    found = money.amount(facts(granted=formers(*["1000.00"] * 60), as_high=old, amount="80000.00"))
    assert [(str(datum.label), str(datum.value)) for datum in found.data[2:]] == [
        ("Highest of the last 50", "1000.00"), ("As high before", "90000.00"),
    ]  # fmt: skip
    assert found.data[-1].request == old.number


def test_an_amount_counts_with_what_credit_notes_left_of_it_and_says_so() -> None:
    whole = formers(*STEADY)
    less = {"invoice": "INV-2026-000009", "credited": Decimal("3000.00"), "notes": "CN-2026-000001, CN-2026-000004"}
    told = "INV-2026-000009 less CN-2026-000001, CN-2026-000004"
    found = money.amount(facts(granted=(former("9000.00", 200, **less), *whole), amount="6000.00"))
    assert (found.outcome, str(found.data[2].value)) == (Outcome.PASS, f"6000.00: {told}")
    found = money.amount(facts(granted=whole, as_high=former("9000.00", 2000, **less), amount="6000.00"))
    assert str(found.data[-1].value) == f"6000.00: {told}"
    found = money.amount(facts(granted=(former("9000.00", 200, **less), *whole), amount="6000.01"))
    assert (found.outcome, str(found.data[-1].label)) == (Outcome.WARN, "Taken back in part")
    assert (str(found.data[-1].value), found.data[-1].request) == (f"6000.00: {told}", "IR-20260901-000200")
