"""The preview says what the PDF of the same snapshot says: no word, row or figure less, more, or other."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pypdf
import pytest

import backoffice
from backoffice.issuing import face
from backoffice.issuing.pdf import render
from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot

SELLER = {
    "name": "云台智能科技(上海)有限公司", "latin_name": "Yuntai Intelligence Technology (Shanghai) Co., Ltd.",
    "tax_id": "91310115MA1K4XQ87T", "address": "上海市浦东新区张江高科技园区博云路2号", "phone": "021-5080 1234",
    "bank": "招商银行上海张江支行", "bank_account": "1219 0876 5410 888", "email": "finance@backoffice.example",
}  # fmt: skip
BUYER = {
    "kind": "enterprise", "name": "Łódź Data & <Sons> Sp. z o.o.", "tax_id": "91110108MA01C8XQ5P", "bank": "中国银行",
    "address": "北京市海淀区学院路35号", "phone": "", "bank_account": "0200 0062", "email": "",
}  # fmt: skip
TAXES = [
    (TaxKind.RATE, "0.06"), (TaxKind.RATE, "0.015"), (TaxKind.RATE, "0.005"), (TaxKind.RATE, "0.1"),
    (TaxKind.ZERO, "0"), (TaxKind.EXEMPT, "0"), (TaxKind.NOT_TAXABLE, "0"), (TaxKind.REVERSE_CHARGE, "0"),
]  # fmt: skip
TEMPLATES = Path(backoffice.__file__).parent.parent / "templates"
# What paper alone has: numbered pages, a mark across them, and a square to scan where a reader could press.
ON_PAPER = (face.VERIFY, face.DRAFT)


def snapshot_of(taxes: list[tuple[TaxKind, str]], language: Any, number: str | None = None, **more: Any) -> Snapshot:
    """A recharge for each tax, of a different amount."""
    lines = [
        LineInput(
            description=f"Top-up {at} 充值", occurred_on=date(2026, 3, 1 + at % 28), external_id=f"PAY-{at:06d}",
            gross=Decimal(123456 + 7919 * at) / 100, tax_kind=kind, rate=Decimal(rate), quantity=Decimal(1 + at % 3),
        )
        for at, (kind, rate) in enumerate(taxes)
    ]  # fmt: skip
    values: dict[str, Any] = {
        "number": number, "language": language, "currency": "CNY", "seller": SELLER, "buyer": BUYER,
        "issued_at": datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC), "issued_on": date(2026, 4, 2),
        "remarks": "合同编号 LM-2026-017。\nThank you & goodbye.",
        "request_number": "IR-20260401-482913" if number else None,
        "verify_url": f"https://backoffice.example/verify?number={number}" if number else None,
    }  # fmt: skip
    return build_snapshot(lines, **(values | more))


class Texts(HTMLParser):
    """The texts of the elements that hold a label or a value, each as one."""

    ELEMENTS = frozenset({"p", "dt", "dd", "th", "td"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.labels: list[str] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.ELEMENTS:
            self._open = True
            self.found.append("")
            self.labels += [dict(attrs).get("data-label") or ""]

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in self.ELEMENTS

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1] += data


def squeeze(text: str) -> str:
    return "".join(text.split())


def shown(snapshot: Snapshot) -> Texts:
    """The preview of a snapshot. The template asks for nothing that an application would have to give."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, autoescape=True
    )
    pages.globals["invoice_face"] = face.Face
    return Texts(str(pages.get_template("portal/face.html").module.face(snapshot)))  # type: ignore[attr-defined]


def printed(snapshot: Snapshot) -> str:
    """The text of the PDF without white space, in the order it was drawn: a text that wraps stays together."""
    reader = pypdf.PdfReader(io.BytesIO(render(snapshot)))
    return "".join(squeeze(page.extract_text()) for page in reader.pages)


def on_paper_alone(snapshot: Snapshot, paper: str, texts: list[str]) -> str:
    """What is left of the paper's text when all of `texts` and the words of paper are taken away."""
    paper = re.sub(r"第\d+页/共\d+页|Page\d+of\d+", "|", paper)
    words = [label.inline(snapshot["language"]) for label in ON_PAPER]
    for text in sorted({squeeze(text) for text in [*texts, *words]} - {""}, key=len, reverse=True):
        paper = paper.replace(text, "|")
    return paper.replace("|", "")


CASES = [
    pytest.param(TAXES, None, {}, id="every-tax"),
    *(pytest.param([tax], None, {}, id=f"{tax[0]}-{tax[1]}") for tax in TAXES),
    pytest.param(TAXES[:2] * 40, None, {}, id="long"),
    pytest.param(TAXES[:2], "INV-2026-000042", {}, id="issued"),
    pytest.param(TAXES[:1], None, {"remarks": "", "seller": SELLER | {"latin_name": "", "phone": ""}}, id="short"),
]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize(("taxes", "number", "more"), CASES)
def test_the_preview_and_the_pdf_say_the_same(
    taxes: list[tuple[TaxKind, str]], number: str | None, more: dict[str, Any], language: str
) -> None:
    snapshot = snapshot_of(taxes, language, number, **more)
    texts, paper = shown(snapshot), printed(snapshot)
    assert [text for text in texts.found if squeeze(text) not in paper] == []
    # The head of a column that bilingual paper sets in two lines is one text of a narrow screen.
    assert [label for label in texts.labels if squeeze(label) not in paper] == []
    assert on_paper_alone(snapshot, paper, texts.found) == ""


@pytest.mark.parametrize(
    ("tax", "words"),
    [
        ((TaxKind.RATE, "0.015"), "1.5%"),
        ((TaxKind.RATE, "0.005"), "0.5%"),
        ((TaxKind.RATE, "0.1"), "10%"),
        ((TaxKind.ZERO, "0"), "零税率 Zero rate"),
        ((TaxKind.EXEMPT, "0"), "免税 Exempt"),
        ((TaxKind.REVERSE_CHARGE, "0"), "反向征税 Reverse charge"),
    ],
)
def test_the_preview_names_the_tax_exactly(tax: tuple[TaxKind, str], words: str) -> None:
    assert words in shown(snapshot_of([tax], "both")).found


def test_the_comparison_notices_a_word_that_only_one_of_them_has() -> None:
    snapshot = snapshot_of(TAXES[:1], "en")
    texts, paper = shown(snapshot).found, printed(snapshot)
    assert on_paper_alone(snapshot, paper, [text for text in texts if text != "Currency"]) == "Currency"
    assert squeeze("Invoice no.") not in paper
