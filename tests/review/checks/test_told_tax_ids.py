"""Remarks that hold a tax ID other than the buyer's."""

from __future__ import annotations

import pytest

from backoffice.review.checks import taxids, wishes
from tests.review.checks.cases import HEADER, facts


@pytest.mark.parametrize(
    "typed",
    [
        "91440300MA5DA0X7X5", "客户代码:91440300MA5DA0X7X5", "9144 0300 MA5D A0X7 X5", "91440300MA5DA0X7X4",
        "PO 4500, DE123456789", "DE-136695976", "NL-123456789-B01", "FR-12-345678901", "911-10105MA1K35XY2",
        "PO DE-136695976", "Ref DE 136 695 976", "Order IT-01234567890", "PO ES B-1234567-8", "PO IE 1234567WA",
        "Ref ATU12345678", "NL123456789B01", "客户编号 91440300.MA5DA0X7X5", "编号91440300_MA5DA0X7X5",
        "客户编号 91440300/MA5DA0X7X5", "customer no. DE_123456789", "Ref IT_01234567890", "PO 9144·0300·MA5DA0X7X5",
        "客户编号 91440300:MA5DA0X7", "DE/136/695/976", "NL_123456789_B01",
    ],
)  # fmt: skip
def test_another_tax_id_may_mean_another_buyer(typed: str) -> None:
    assert taxids.names_other(typed, HEADER["tax_id"])
    assert wishes.remarks(facts(remarks=typed)).outcome == "warn"


@pytest.mark.parametrize("typed", ["PO DE-2026-00118", "订单号 912026112300012345", HEADER["tax_id"].lower()])
def test_numbers_of_orders_and_the_own_one_are_none(typed: str) -> None:
    assert not taxids.names_other(typed, HEADER["tax_id"])
