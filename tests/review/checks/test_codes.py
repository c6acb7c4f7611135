"""Codes of orders, contracts and cost centres in remarks: those that may be something else are given to be read."""

from __future__ import annotations

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import facts

SHARES = (
    "PO 4711-60 and 4711-40", "PO 4711-60 / 4711-40", "成本中心 7100-70、7100-30", "PO 4711-60/4711-40",
    "cost centre 7100-70 and 7100-30", "Please invoice 12,800.00. PO 4711-60/4711-40", "PO 4711_60, CC 4712_40",
    "部门A70，成本中心B30", "部门 70P，成本中心 30P", "cost centre 060, department 040", "PO 4711-SPL-60-40",
    "cost centre 33, department 33, ticket 33", "cost centre 700, department 300", "PO 4711-1-3, CC 4712-2-3",
    "PO 1/2-4711", "PO 50PC", "PO HT-2026-60, department HT-2026-40", "cost centre 0060, department 0040",
    "cost centre 0712, department 0288", "PO HT-2026-50，成本中心 7150", "PO HT-2026-160, department HT-2026-130",
)  # fmt: skip
# Of 12800 in all.
AMOUNTS = (
    "部门7680，成本中心5120", "Department 7680, cost centre 5120", "成本中心6400，部门6400",
    "PO 1000, cost centre 11800",
    "PO 4711-5000, order 4712-7800", "PO 4711-5000 and 4711-7800", "PO 6.400, cost centre 6.400",
    "按12800元开，部门7680，成本中心5120", "Amount: 12800, cost centre 7680, department 5120", "PO 6399 and 6401",
    "部门7680，成本中心4119，工单1001", "PO 12800", "Order no. 012800",
)  # fmt: skip
OTHER_WRITING = (
    "Order 5.000", "Contract 12.800", "quote 6.400", "订单 5.000", "Order 5250,-", "quote 6399,-", "PO 6400,-",
    "Order 5.000,-", "合同100W", "订单100W", "合同 50W，推理服务", "Order 5000E", "Contract 5000-00", "Order 5_000",
    "Order 5000-A", "Order 128E2", "Order 5MN", "Order 3MLN", "PO 5TSD", "Order -5", "Contract -5250", "PO -5250",
    "cost centre -60", "quote: -5250", "合同6399", "quote 5050", "Contract 5250", "PO 4711,-", "PO 4711=", "PO 4711+",
    "Please invoice 12800 please, quote 6399", "Order CNH5000", "Order PLN5000", "Contract THB5000", "Order 5000YEN",
    "PO 5000KR", "Order 5BTC", "Order 5PCS", "Order 50HRS GPU", "PO 30DAY", "Order 3MTH", "Order 500GB API",
    "PO 5250 ,-", "PO 5250, -", "PO 5250 -", "PO 5250 /", "- PO 5250", ",-", "PO RM5250", "PO B-2026-6400",
    "PO R5250", "PO NT-52501",
)  # fmt: skip
OTHER_THINGS = (
    "Ref OUR-INV-2026-000123", "Your ref 2026-INV-000123", "Ref 1-IR-20260901-123456", "Ref 4711-CN-2026-000007",
    "Ref CN-2026-000007", "PO 0VAT", "Ref 0-TAX", "PO 4711-VAT0", "PO 4711-2X", "PO 4711-X2", "PO 4711-5K",
    "PO STO-RNO-4711", "PO CAN-CEL-1", "PO H-A-L-F-2", "PO D-O-N-O-T-B-I-L-L-1", "PO RE-DO-4711", "PO W/O-4711",
    "PO EX-4711", "PO DEL-4711", "PO 4711-RED-6", "PO TBD-1", "PO NUR-500", "PO KEI-N1", "PO 1VON2", "PO NO-2026-118",
    "Ref DE89370400440532013000", "代码 6222021001116245702", "号码 13800138000", "客户编号 13800138000",
    "Customer no T1234567890123", "编号 4711", "Ref 6222021001116245702",
)  # fmt: skip
DAYS = (
    "Ref 15-MAY-2027", "PO 1-MAR-2027", "Contract 01-JUL-2027", "PO 15MAY27", "PO FRM-1-MAY", "PO 15-12-26",
    "Ref 26-12-15", "Ref 2026_12_15", "Contract 1H27", "Ref 31-OCT-2026", "Ref 20-NOV", "PO 31-10-26", "PO 311026",
    "PO 261031", "PO 202611", "PO 20261031", "PO 31102026", "PO 2026-1031", "PO 1999", "合同号 20270118", "PO HT-2026",
    "PO 2025-2026", "PO 2026-2025", "PO 2026-1280",
)  # fmt: skip
EACH_WITH_ITS_OWN = (
    "PO 4711 for API usage, order no. 4712 for November", "PO 4711 for research department, contract no. 4712 for API",
    "PO 4711 - inference, contract no. 4712 - November", "合同 HT-2026-118 推理服务费，订单号 4711 11月",
    "PO 4711 and 4712, 第四季度", "PO 4711 and 4712, cost centre 7120", "API usage PO 4711, November order no. 4712",
    "PO 4711 for November, API usage contract HT-2026-118", "PO 4711 and 7120", "PO 4711, PO 4712",
)  # fmt: skip
COUNTED = (
    "Order 5 GPU services for November, thanks", "Order 5 API tokens", "Please bill 12800, order 2 API services",
    "Please quote order 5 for API usage", "PO 4711 tokens", "PO 4711 时长", "Purchase order 4711 GPU services",
    "purchase order 12345678 tokens", "Order 98765432 API tokens", "Order 98765432 tokens usage", "PO 98765432 令牌",
    "Order 987654321098 tokens", "订单 98765432 API额度", "订单98765432推理时长",
)  # fmt: skip
# Somebody whom the invoice may be for, or who is to be rung up.
PHONES = (
    "cc: 13912345678", "CC 18612345678", "cc 4911234567891", "order no 057188886666", "ticket 18612345678",
    "PO 13912345678", "PO-13912345678", "PO DE-13912345678", "合同号 13912345678", "订单号：19912345678",
    "order no. 02164852200", "工单 075588886666", "order no 8613912345678", "PO 008613912345678",
    "PO 00493012345678", "order no 4915112345678", "PO 862164852200", "ticket 12125551234", "order no 447911123456",
    "contract no. 85223456789", "PO 139-1234-5678", "PO 139 1234 5678", "PO 0571-88886666", "order no 0571 88886666",
    "PO +8613912345678", "PO 86-13912345678", "订单 4500012873 / 13912345678", "PO 13912345678/13912345679",
    "cost centre 45000129011", "部门 45000129011", "Department 45000129011", "成本中心 450001290112",
)  # fmt: skip
NO_PHONES = (
    "PO 4500012901", "order no 4500012901", "PO 450001290123", "order no 285012345678", "PO 20260012345",
    "合同号 4600012345", "cost centre 4500012901", "PO 11012345678", "订单号 912026112300012345",
    "PO 0004500012", "order no. 000450001290",
)  # fmt: skip
# Of two numbers, or of one that names the cents as well.
PAIRS = (
    ("成本中心 6001、6002", "12003.00"), ("部门 6001和6002", "12003.00"), ("cost centre 6001/6002", "12003.00"),
    ("PO 6001/6002", "12003.00"), ("PO 5001/5002", "5001.00"), ("PO 5001/5002", "5002.00"),
    ("order no 120050", "1200.50"), ("PO 120051", "1200.51"), ("PO 60025/60026", "1200.51"),
)  # fmt: skip


@pytest.mark.parametrize(
    "typed", [*SHARES, *AMOUNTS, *OTHER_WRITING, *OTHER_THINGS, *DAYS, *EACH_WITH_ITS_OWN, *COUNTED, *PHONES]
)
def test_what_may_be_more_than_a_number_of_the_customers_books_is_doubted(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed, amount="12800.00")).outcome != "pass"


@pytest.mark.parametrize("typed", NO_PHONES)
def test_a_long_number_that_no_telephone_has_is_one_of_an_order(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "pass"


@pytest.mark.parametrize(("typed", "amount"), PAIRS)
def test_numbers_that_come_to_the_amount_are_doubted_however_they_are_written(typed: str, amount: str) -> None:
    found = [wishes.remarks(facts(remarks=typed, amount=one)).outcome for one in (amount, "777.77")]
    assert found == ["warn", "pass"]


@pytest.mark.parametrize("amount", ["12802.00", "12798.00"])
def test_numbers_that_come_to_nothing_are_references(amount: str) -> None:
    assert wishes.remarks(facts(remarks="部门7680，成本中心5120", amount=amount)).outcome == "pass"


def test_a_remark_of_many_codes_is_given_to_read() -> None:
    kinds = ("PO", "Order no.", "Contract no.", "Quote no.", "Cost centre", "Project no.", "Department", "WBS")
    codes = [f"{kind} {4711 + 13 * turn}" for turn, kind in enumerate(kinds)]
    found = [wishes.remarks(facts(remarks=", ".join(codes[:many]))).outcome for many in (6, 8)]
    assert found == ["pass", "warn"]
