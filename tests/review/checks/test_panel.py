"""All checks together: their order, their names, and that each has enough cases of every outcome."""

from __future__ import annotations

import pytest

from backoffice.review.checks import panel
from backoffice.review.checks.facts import Outcome
from tests.review.checks import (
    test_buyer,
    test_earlier,
    test_granted,
    test_money,
    test_notes,
    test_typed,
    test_wishes,
)
from tests.review.checks.cases import facts, former

CASES = {
    **test_money.ALL,
    **test_buyer.ALL,
    **test_earlier.ALL,
    **{check: outcomes for check, (_, outcomes) in test_typed.ALL.items()},
    "remarks": {
        "pass": test_notes.NOTES + test_granted.GRANTED,
        "warn": test_notes.DOUBTED + test_wishes.ASKED,
        "fail": test_wishes.ASKED_FOR_ANOTHER,
    },
}


def test_an_ordinary_request_raises_no_hint() -> None:
    found = panel.run(facts())
    assert [check.code for check in found if check.outcome != Outcome.PASS] == []
    assert [check.code for check in found] == list(panel.LABELS)


def test_what_failed_stands_first_then_what_warns() -> None:
    found = panel.run(facts(email="x@northwind.example", near=(former("1200.00", 1),), short="1.00"))
    outcomes = [check.outcome for check in found]
    assert outcomes == sorted(outcomes, key=["fail", "warn", "pass"].index)
    assert {check.code for check in found if check.outcome == Outcome.FAIL} == {"balance", "duplicate", "refund"}
    assert {check.code for check in found if check.outcome == Outcome.WARN} == {"email"}


@pytest.mark.parametrize("check", list(panel.LABELS))
def test_each_check_has_five_cases_of_every_outcome(check: str) -> None:
    assert {outcome: len(CASES[check][outcome]) >= 5 for outcome in Outcome} == dict.fromkeys(Outcome, True)
