"""Thousands of invoices at random, read back from their PDF: face and XML say what the lines alone amount to.

The expectation comes from whole numbers and a second way of writing capitals (tests/support), never from the snapshot:
a wrong figure in the one source of face and XML is wrong here too.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from num2words import num2words

from backoffice.issuing import einvoice
from backoffice.issuing.pdf import render
from backoffice.issuing.pdf.enclosed import xml_of
from backoffice.issuing.rules import LineInput, TaxKind
from tests.support import en16931, pdfs
from tests.support.capitals import spelled_out
from tests.support.en16931 import texts
from tests.support.invoices import Paper, Reckoned, Sums, at_random, line, reckon

CATEGORIES = {"rate": "S", "zero": "Z", "exempt": "E", "not_taxable": "O", "reverse_charge": "AE"}
REASONS = {
    "zero": ("零税率", "Zero rate"), "exempt": ("免税", "Exempt"), "not_taxable": ("不征税", "Not taxable"),
    "reverse_charge": ("反向征税", "Reverse charge"),
}  # fmt: skip
UNITS = {
    "CNY": ("yuan", "fen"),
    "USD": ("US dollar", "cent"),
    "HKD": ("Hong Kong dollar", "cent"),
    "EUR": ("euro", "cent"),
}


def squeeze(text: str) -> str:
    return "".join(text.split())


def figure(cents: int) -> str:
    """Cents as people write them."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def percent(line: LineInput, language: str) -> str:
    if line.tax_kind is TaxKind.RATE:
        return f"{float(line.rate) * 100:g}%"
    return "".join(
        {"zh": REASONS[line.tax_kind][:1], "en": REASONS[line.tax_kind][1:]}.get(language, REASONS[line.tax_kind])
    )


def price(net: int, quantity: Decimal) -> Fraction:
    """Of one piece, to the sixth decimal, half up."""
    millionths = Fraction(net, 100) / Fraction(quantity) * 10**6
    return Fraction((2 * millionths + 1) // 2, 10**6)


def priced(net: int, quantity: Decimal) -> str:
    """As it is printed: two decimals, or as many more as it has."""
    whole, rest = divmod(int(price(net, quantity) * 10**6), 10**6)
    return f"{whole:,}.{f'{rest:06d}'[:2]}{f'{rest:06d}'[2:].rstrip('0')}"


def in_words(cents: int, currency: str) -> str:
    """What the words must be, from the library's spelling of the two numbers."""
    whole, rest = (num2words(number).replace(",", "") for number in divmod(cents, 100))
    if currency not in UNITS:
        return f"{currency} {whole} and {cents % 100:02d}/100 only"
    unit, part = UNITS[currency]
    many, parts = ("", "") if currency == "CNY" else ("" if cents // 100 == 1 else "s", "" if cents % 100 == 1 else "s")
    said = [f"{whole} {unit}{many}"] if cents >= 100 or not cents else []
    said += [f"{rest} {part}{parts}"] if cents % 100 else []
    return ("Renminbi " if currency == "CNY" else "") + " and ".join(said) + " only"


def check_face(text: str, paper: Paper, due: Reckoned) -> None:
    """Every line with its figures, in order; the sums; the gross in figures, capitals and words; names and remarks."""
    position = 0
    for number, (source, sums) in enumerate(zip(paper.lines, due.lines, strict=True), 1):
        row = [
            str(number), source.occurred_on.isoformat(), source.external_id, source.description,
            f"{source.quantity:,}", priced(sums.net, source.quantity), figure(sums.net),
            percent(source, paper.language), figure(sums.tax),
        ]  # fmt: skip
        found = text.find(squeeze("".join(row)), position)
        assert found >= position, f"line {number}: {row}"
        position = found + 1
    for (kind, rate), group in due.groups.items():
        sample = next(one for one in paper.lines if (one.tax_kind, Fraction(one.rate)) == (kind, rate))
        if len(due.groups) > 1:
            assert squeeze(f"{percent(sample, paper.language)}{figure(group.net)}{figure(group.tax)}") in text
    total = {"zh": "合计", "en": "Total", "both": "合计Total"}[paper.language]
    gross = due.total.gross
    for expected in (
        f"{total}{figure(due.total.net)}{figure(due.total.tax)}", f"{paper.currency}{figure(gross)}",
        spelled_out(gross), str(paper.number), paper.buyer["name"], paper.seller["name"], paper.remarks,
    ):  # fmt: skip
        assert squeeze(expected) in text
    assert squeeze(in_words(gross, paper.currency)).lower() in text.lower()


def amounts(document: Any, path: str) -> list[int]:
    return [round(Decimal(each) * 100) for each in texts(document, path)]


def check_xml(xml: bytes, paper: Paper, due: Reckoned) -> None:
    """Every figure of the XML, to the cent."""
    assert en16931.schema_errors(xml) == []
    document = en16931.read(xml)
    assert amounts(document, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount") == [
        sums.net for sums in due.lines
    ]
    prices = [price(sums.net, source.quantity) for source, sums in zip(paper.lines, due.lines, strict=True)]
    assert [Fraction(each) for each in texts(document, "NetPriceProductTradePrice/ChargeAmount")] == prices
    assert texts(document, "BilledQuantity") == [str(source.quantity) for source in paper.lines]
    totals = "SpecifiedTradeSettlementHeaderMonetarySummation"
    for name, expected in (
        ("LineTotalAmount", due.total.net), ("TaxBasisTotalAmount", due.total.net), ("TaxTotalAmount", due.total.tax),
        ("GrandTotalAmount", due.total.gross), ("TotalPrepaidAmount", due.total.gross), ("DuePayableAmount", 0),
    ):  # fmt: skip
        assert amounts(document, f"{totals}/{name}") == [expected], name
    assert groups_of(document) == expected_groups(due)
    assert texts(document, "InvoiceCurrencyCode") == [paper.currency]
    assert texts(document, "BuyerTradeParty/Name") == [paper.buyer["name"]]
    assert texts(document, "ID")[1] == paper.number


def groups_of(document: Any) -> dict[tuple[str, Fraction], tuple[int, int]]:
    found = document.xpath(
        "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", namespaces=en16931.NAMESPACES
    )
    groups = {}
    for group in found:
        category, rate = texts(group, "CategoryCode")[0], Fraction("".join(texts(group, "RateApplicablePercent")) or 0)
        assert (category, rate) not in groups
        groups[category, rate] = (amounts(group, "BasisAmount")[0], amounts(group, "CalculatedAmount")[0])
    return groups


def expected_groups(due: Reckoned) -> dict[tuple[str, Fraction], tuple[int, int]]:
    """By category: what is not taxable stands alone or counts as exempt."""
    groups: dict[tuple[str, Fraction], tuple[int, int]] = {}
    for (kind, rate), sums in due.groups.items():
        category = "E" if kind is TaxKind.NOT_TAXABLE and len(due.groups) > 1 else CATEGORIES[kind]
        net, tax = groups.get((category, rate * 100), (0, 0))
        groups[category, rate * 100] = (net + sums.net, tax + sums.tax)
    return groups


def check(paper: Paper) -> None:
    """The whole way: draw, open, read, reckon."""
    due = reckon(paper.lines)
    document = render(paper.freeze())
    told = pdfs.read(document)
    assert xml_of(document) == told.files[einvoice.FILE_NAME]
    check_face(told.text, paper, due)
    assert list(told.files) == [einvoice.FILE_NAME]
    check_xml(told.files[einvoice.FILE_NAME], paper, due)


@pytest.mark.parametrize("block", range(20))
def test_thousands_of_invoices_say_what_their_lines_amount_to(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        try:
            check(at_random(seed))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error


@pytest.mark.parametrize(
    "grosses",
    [
        ["10.00"] * 3,  # 28.30 net, not three times 9.43
        ["0.01"] * 7,  # a cent each: most have no tax at all
        ["0.05", "0.04"],
        ["0.03"],
        ["999999999999.99"],
        ["100000000.00", "1.00"],
        ["0.10", "0.20", "0.30", "0.40"],
    ],
)
@pytest.mark.parametrize("rate", ["0.06", "0.13", "0.2"])
def test_the_traps_of_a_cent(grosses: list[str], rate: str) -> None:
    check(Paper([line(gross, rate=rate, external_id=f"R-{n}") for n, gross in enumerate(grosses)]))


def test_the_second_reckoning_is_right_where_people_did_it() -> None:
    assert reckon([line("10.00")] * 3).lines == [Sums(944, 56, 1000), Sums(943, 57, 1000), Sums(943, 57, 1000)]
    assert reckon([line("0.03", rate="0.2")]).total == Sums(3, 0, 3)
    assert reckon([line("113.00", rate="0.13"), line("5.00", TaxKind.EXEMPT)]).total == Sums(10500, 1300, 11800)


def test_a_wrong_figure_would_be_noticed() -> None:
    paper = Paper([line("106.00"), line("53.00")])
    due = reckon(paper.lines)
    told = pdfs.read(render(paper.freeze()))
    for wrong in (
        Reckoned([due.lines[0]._replace(tax=601), due.lines[1]], due.groups, due.total),
        Reckoned(due.lines, due.groups, due.total._replace(gross=15901)),
    ):
        with pytest.raises(AssertionError):
            check_face(told.text, paper, wrong)
    with pytest.raises(AssertionError):
        check_xml(told.files[einvoice.FILE_NAME].replace(b"50.00", b"50.01"), paper, due)
