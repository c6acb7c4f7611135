"""Figures that may be a telephone number, and other people's tickets and invoices, in place of a reference."""

from __future__ import annotations

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import facts

# Local ones, behind a word for somebody and for their number.
LOCAL = (
    "客户号码 65551234", "供应商号码：65551234", "部门号码 65551234", "采购单号码65551234", "客户号码：4008001234",
    "供应商号码：8008101234", "客户号码 4001234567", "Customer number 4155551234", "Vendor number 2079460123",
    "Customer number 65551234", "Supplier number 5551234", "Department number 65551234", "部门号码 5551234",
    "Customer no. 4155551234", "客户编号 4155551234", "Vendor number 7700900123", "客户号码 6555-1234",
    "Customer number 4155551234, thanks", "订单号码 4008001234", "合同号码：2079460123",
)  # fmt: skip
OURS = (
    "Your reference: 2026-000007, thanks", "Ref no 2026-000007", "单号 2026-000007", "Our ref. 2025-000123",
    "Ticket 4711", "工单 123456", "Ticket no 123456, thanks", "工单号 20261101", "PO 4500012873, ticket 4711",
)  # fmt: skip
# Orders of as many figures, numbers of customers, and references of the customer's own.
NO_PHONES = (
    "Order number 4155551234", "PO number 65551234", "Order no. 2079460123", "PO 4155551234", "客户编号 65551234",
    "Customer no. 12345678", "Supplier number 12345", "客户号码 12345", "Customer number 45001", "Ref 2026-118",
    "Ref no 2026-00007", "PO 2026-000007", "Customer no. 4500012873", "Department number 4711", "采购单号 65551234",
)  # fmt: skip


@pytest.mark.parametrize("typed", [*LOCAL, *OURS])
def test_what_may_be_somebodys_number_or_ours_is_doubted(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "warn"


@pytest.mark.parametrize("typed", NO_PHONES)
def test_a_number_of_the_customers_books_passes_however_long(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "pass"


@pytest.mark.parametrize(
    ("outcome", "typed", "amount"),
    [
        ("warn", "cost centre 2501, project no. 2498", "5000.00"),
        ("warn", "cost centre 2502, project no. 2499", "5000.00"),
        ("warn", "cost centre 2501, project no. 2498", "4999.40"),
        ("warn", "cost centre 0033, department 0033, project no. 0033", "4317.00"),
        ("pass", "cost centre 2503, project no. 2501", "5000.00"),
        ("pass", "cost centre 2499, project no. 2497", "5000.00"),
        ("pass", "cost centre 4999", "5000.00"),
    ],
)
def test_shares_that_come_to_it_within_one_unit_are_doubted(outcome: str, typed: str, amount: str) -> None:
    assert wishes.remarks(facts(remarks=typed, amount=amount)).outcome == outcome
