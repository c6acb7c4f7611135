"""Orders and contracts in remarks: what is one, when two are the same, and when two requests are for different ones."""

from __future__ import annotations

import re
import unicodedata

import pytest

from backoffice.review.checks.references import figures, name_other_orders, name_the_same, references


@pytest.mark.parametrize(
    ("remarks", "found"),
    [
        ("PO 4500012873", {"4500012873"}),
        ("合同号 HT-2026-118，谢谢", {"2026118"}),
        ("Contract AB-118", {"AB118"}),
        ("第三季度推理服务费", set()),
        ("Cost centre 7120 and 7121", set()),
        ("PO 4500、4501 and 4502", {"4500", "4501", "4502"}),
        ("PO 4711, 500 hours of H100-80G, 1000 GPU hours, CNY 1200.00, ¥1,200.00", {"4711"}),
        ("PO 4711 - 2026 usage", {"4711"}),
        ("PO 4500, 2026, cost centre 7120", {"4500"}),
        ("PO 4711/12", {"4711", "471112"}),
        *(
            (period, set())
            for period in (
                "2026", "2026年11月用量", "November 2026 usage", "Nov-2026", "2026-11 usage", "202611", "2026/11/05",
                "05.11.2026", "20261105", "Q4/2026", "2026 Q4用量", "FY 2026 budget", "FY26", "KW 47/2026", "PO 2026",
                "Contract 2026-11", "2026-10-01 至 2026-10-31", "2025/2026",
            )
        ),
        *((product, set()) for product in ("GPU H100", "使用H100推理", "RTX 4090", "A800 rental", "昇腾910B")),
    ],
)  # fmt: skip
def test_references_are_found_in_remarks(remarks: str, found: set[str]) -> None:
    assert references(remarks) == found


@pytest.mark.parametrize(
    "written",
    [
        ("HT-2026-118", "HT–2026–118", "HT‑2026‑118", "HT_2026_118", "HT 2026 118", "合同 HT 2026/118",
         "ＨＴ－２０２６－１１８"),
        ("PO 4500012873", "PO 4500 012 873", "PO 4500012873/10", "PO4500012873", "订单4500012873", "P.O. 4500-012-873"),
        ("PO 881", "PO 0000881", "PO-00881", "订单 000881", "Order No. 0881"),
        ("Contract AB-118", "Contract AB-000118", "contract AB 0118"),
        ("合同HT-2026-0118", "合同HT-2026-118", "合同 HT 2026 118", "HT-2026-000118", "HT 2026/0118"),
        ("PO 2026-0004711", "PO 2026-4711", "PO 2026/04711"), ("SO/2026/0042", "SO/2026/42", "SO-2026-042"),
        ("Contract 1-0042", "Contract 1-42"), ("PO 4711-003", "PO 4711-3"),
        ("PO 4711", "PO is 4711", "Bestellung 4711", "Bestell-Nr. 4711", "PO#4711", "Order No. 4711", "合同编号为4711"),
    ],
)  # fmt: skip
def test_one_reference_is_written_in_many_ways(written: tuple[str, ...]) -> None:
    for one in written:
        for other in written:
            assert name_the_same(one, other), (one, other)
            assert not name_other_orders(one, other), (one, other)
            assert any(part in joined(other) for part in figures(one)), (one, other, figures(one))


def joined(remarks: str) -> str:
    """Remarks as a database compares them: without what is written between figures."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", remarks))


@pytest.mark.parametrize(
    ("one", "other", "are_others"),
    [
        ("PO 4711", "PO 4712", True),
        ("PO 4711", "Bestellung 4712", True),
        ("合同 HT-2026-0118", "合同 HT-2026-1180", True),
        ("PO 2026-0042", "PO 2026-0420", True),
        ("合同 HT-2026-118", "合同 HT-2026-119", True),
        ("PO 4711, cost centre 9000", "PO 4712, cost centre 9000", True),
        ("PO 4711", "4712", False),
        ("PO 4711", "HT-2026-118", False),
        ("PO 4711", "", False),
        ("PO 4711", "Budget FY 2026, GPU H100", False),
        ("2026年10月推理费", "2026年11月推理费", False),
        ("成本中心9000", "cost centre 9001", False),
    ],
)
def test_other_orders_are_those_that_both_call_so(one: str, other: str, *, are_others: bool) -> None:
    for pair in ((one, other), (other, one)):
        assert name_other_orders(*pair) == are_others
        assert not name_the_same(*pair)
