"""The invoice for programs: the XML of EN 16931 in the syntax CII, as Factur-X 1.0 embeds it in the PDF.

A pure function of the frozen snapshot. Every figure is the snapshot's own, so the XML cannot say another amount than
the face does; texts are escaped and lose what XML 1.0 cannot hold. BT and BR numbers are those of EN 16931-1. What an
issued invoice's XML says never changes: other rules are a new template.

Money is paid before an invoice is applied for, so the whole gross is prepaid (BT-113), nothing is due (BT-115), and
the standard asks for no means of payment (BG-16), which would invite paying twice.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import escape

from backoffice.errors import N_, Message
from backoffice.issuing import face
from backoffice.issuing.rules import (
    BuyerSnapshot,
    LineSnapshot,
    SellerSnapshot,
    Snapshot,
    TaxGroupSnapshot,
    TaxKind,
    codes_reasons,
    common,
)

FILE_NAME = "factur-x.xml"
LEVEL = "EN 16931"
SPECIFICATION = "urn:cen.eu:en16931:2017"

_CATEGORIES = {
    TaxKind.RATE: "S",
    TaxKind.ZERO: "Z",
    TaxKind.EXEMPT: "E",
    TaxKind.NOT_TAXABLE: "O",
    TaxKind.REVERSE_CHARGE: "AE",
}
# Only these have a reason (BR-S-10, BR-Z-10 forbid one, BR-E-10, BR-O-10, BR-AE-10 ask for it).
_REASONED = ("E", "O", "AE")
# What these say by themselves as a code (list VATEX); an exemption has the one that the tax policy names.
_CODES = {"O": "VATEX-EU-O", "AE": "VATEX-EU-AE"}

# The EU's member states with the prefix of their VAT numbers (Directive 2006/112/EC, article 215), and Britain.
_OWN = "AT BE BG CY CZ DE DK EE ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_VAT_PREFIXES = {country: (country,) for country in _OWN.split()} | {"GR": ("EL",), "GB": ("GB", "XI")}
_VAT_NUMBER = re.compile(r"[0-9A-Z+*]{2,12}")
_VAT_SPACING = str.maketrans("", "", " .-")

# What is outside the production Char of XML 1.0; a carriage return would come back as a line feed.
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_PIECES = "C62"  # UN/ECE recommendation 20: one, a unit of no other measure
_REGULATORY = "REG"  # UNTDID 4451: regulatory information
_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_OBJECT, _SUPPORTING = "130", "916"  # UNTDID 1001, as EN 16931 uses them for BT-128 and BT-122

_NAMESPACES = (
    'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
)


class _Group(NamedTuple):
    """A line of the VAT breakdown (BG-23); EN 16931 knows one for each category and rate."""

    category: str
    rate: str  # BT-119 in percent; empty where nothing is taxable
    net: str
    tax: str
    reason: str
    code: str  # BT-121


def faults(snapshot: Snapshot) -> dict[str, Message]:
    """What an EN 16931 invoice cannot do without, by the field that lacks it; nothing when its XML will be valid."""
    found: dict[str, Message] = {}
    if not snapshot["seller"]["tax_id"].strip():  # BR-CO-26, BR-S-02
        found["seller.tax_id"] = Message(N_("An electronic invoice needs the seller's tax ID."))
    buyer = snapshot["buyer"]
    reverse = any(group["kind"] == TaxKind.REVERSE_CHARGE for group in snapshot["tax_groups"])
    if reverse and (buyer["kind"] == "personal" or not buyer["tax_id"]):  # BR-AE-02
        found["buyer.tax_id"] = Message(N_("Reverse charge needs a buyer with a tax ID who is no private person."))
    return found


def build(snapshot: Snapshot) -> bytes:
    """The XML of a numbered invoice or credit note, UTF-8. The same snapshot gives the same bytes.

    A credit note (type 381) states its amounts as positive and names the invoice it corrects. Raises ValueError for a
    draft: an e-invoice without a number is none.
    """
    if snapshot["number"] is None:
        raise ValueError("a draft has no XML")
    return _Invoice(snapshot).build().encode()


class _Invoice:
    def __init__(self, snapshot: Snapshot) -> None:
        self._s = snapshot
        self._is_credit = snapshot["kind"] == "credit_note"
        kinds = {group["kind"] for group in snapshot["tax_groups"]}
        self._categories = {kind: _CATEGORIES[TaxKind(kind)] for kind in kinds}
        self._is_untaxed = kinds == {TaxKind.NOT_TAXABLE}
        if not self._is_untaxed and TaxKind.NOT_TAXABLE in kinds:
            # O stands alone on an invoice (BR-O-11, BR-O-12); beside others it is exempt, with this reason.
            self._categories[TaxKind.NOT_TAXABLE] = "E"

    def build(self) -> str:
        document = (
            f"<ram:ID>{_text(self._s['number'] or '')}</ram:ID>"
            f"<ram:TypeCode>{_CREDIT_NOTE if self._is_credit else _INVOICE}</ram:TypeCode>"
            f"<ram:IssueDateTime>{_day(self._s['issued_on'])}</ram:IssueDateTime>{self._notes()}"
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice {_NAMESPACES}>'
            "<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>"
            f"<ram:ID>{SPECIFICATION}</ram:ID>"
            "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>"
            f"<rsm:ExchangedDocument>{document}</rsm:ExchangedDocument>"
            f"<rsm:SupplyChainTradeTransaction>{''.join(map(self._line, self._s['lines']))}"
            f"<ram:ApplicableHeaderTradeAgreement>{self._agreement()}</ram:ApplicableHeaderTradeAgreement>"
            f"<ram:ApplicableHeaderTradeDelivery>{self._delivery()}</ram:ApplicableHeaderTradeDelivery>"
            f"<ram:ApplicableHeaderTradeSettlement>{self._settlement()}</ram:ApplicableHeaderTradeSettlement>"
            "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"
        )

    def _amount(self, amount: str) -> str:
        """A figure of the snapshot. Those of a credit note are negative there; here its type says so (BT-3)."""
        return str(-Decimal(amount)) if self._is_credit else amount

    def _notes(self) -> str:
        """What the document is not (BT-22, subject BT-21), then why a credit note was made, then the remarks."""
        notice, reason = face.NOTICE.inline("both"), self._s.get("reason")
        why = face.CREDIT_REASONS[reason].inline("both") if reason else ""
        notes = (_optional("ram:Content", text) for text in (why, self._s["remarks"]))
        return (
            f"<ram:IncludedNote><ram:Content>{notice}</ram:Content>"
            f"<ram:SubjectCode>{_REGULATORY}</ram:SubjectCode></ram:IncludedNote>"
        ) + "".join(f"<ram:IncludedNote>{note}</ram:IncludedNote>" for note in notes if note)

    def _line(self, line: LineSnapshot) -> str:
        """BG-25; the day of the recharge is its period (BG-26), the platform's id its object (BT-128)."""
        category = self._categories[line["tax_kind"]]
        day = _day(line["occurred_on"])
        recharge = _reference(line["external_id"], _OBJECT)
        return (
            "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
            f"<ram:LineID>{line['position']}</ram:LineID></ram:AssociatedDocumentLineDocument>"
            f"<ram:SpecifiedTradeProduct><ram:Name>{_text(line['description'])}</ram:Name></ram:SpecifiedTradeProduct>"
            "<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
            f"<ram:ChargeAmount>{self._amount(line['unit_price'])}</ram:ChargeAmount>"
            "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery>"
            f'<ram:BilledQuantity unitCode="{_PIECES}">{line["quantity"]}</ram:BilledQuantity>'
            "</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>"
            f"<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>{category}</ram:CategoryCode>"
            f"{_optional('ram:RateApplicablePercent', _percent(category, line['rate']))}</ram:ApplicableTradeTax>"
            f"<ram:BillingSpecifiedPeriod><ram:StartDateTime>{day}</ram:StartDateTime>"
            f"<ram:EndDateTime>{day}</ram:EndDateTime></ram:BillingSpecifiedPeriod>"
            "<ram:SpecifiedTradeSettlementLineMonetarySummation>"
            f"<ram:LineTotalAmount>{self._amount(line['net'])}</ram:LineTotalAmount>"
            f"</ram:SpecifiedTradeSettlementLineMonetarySummation>{recharge}"
            "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
        )

    def _agreement(self) -> str:
        request = self._s["request_number"] or ""
        return (
            f"<ram:SellerTradeParty>{self._seller(self._s['seller'])}</ram:SellerTradeParty>"
            f"<ram:BuyerTradeParty>{self._buyer(self._s['buyer'])}</ram:BuyerTradeParty>"
            f"{_reference(request, _SUPPORTING, face.REQUEST.inline('both'))}"
        )

    def _seller(self, seller: SellerSnapshot) -> str:
        """BG-4. A VAT ID is BT-31; any other tax ID, the Chinese code above all, is BT-30 and BT-32."""
        vat_id = self._vat_id(seller)
        trading_name = seller["latin_name"] if seller["latin_name"] != seller["name"] else ""
        legal = _optional("ram:ID", "" if vat_id else seller["tax_id"])
        return (
            f"<ram:Name>{_text(seller['name'])}</ram:Name>"
            f"{_legal(legal + _optional('ram:TradingBusinessName', trading_name))}"
            f"{_contact(seller)}{_address(seller['address'], '', '', seller['country'])}"
            f"{_tax_registration('VA', vat_id) if vat_id else _tax_registration('FC', seller['tax_id'])}"
        )

    def _buyer(self, buyer: BuyerSnapshot) -> str:
        """BG-7. A VAT ID is BT-48, an organisation's other ID BT-47; a person's is no registration, only BT-46."""
        vat_id = self._vat_id(buyer)
        other = _optional("ram:ID", "" if vat_id else buyer["tax_id"])
        is_person = buyer["kind"] == "personal"
        street = buyer["street"] or ("" if buyer["city"] else buyer["address"])
        return (
            f"{other if is_person else ''}<ram:Name>{_text(buyer['name'])}</ram:Name>"
            f"{'' if is_person else _legal(other)}"
            f"{_contact(buyer)}{_address(street, buyer['postal_code'], buyer['city'], buyer['country'])}"
            f"{_tax_registration('VA', vat_id)}"
        )

    def _vat_id(self, party: SellerSnapshot | BuyerSnapshot) -> str:
        """The party's VAT ID; none where nothing is taxable, which forbids it (BR-O-02)."""
        return "" if self._is_untaxed else vat_id(party["country"], party["tax_id"])

    def _delivery(self) -> str:
        """The day of the last recharge completes the supply (BT-72)."""
        day = _day(max(line["occurred_on"] for line in self._s["lines"]))
        return (
            f"<ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>{day}</ram:OccurrenceDateTime>"
            "</ram:ActualDeliverySupplyChainEvent>"
        )

    def _settlement(self) -> str:
        s = self._s
        gross = self._amount(s["gross"])
        return (
            f"<ram:InvoiceCurrencyCode>{s['currency']}</ram:InvoiceCurrencyCode>"
            f"{''.join(map(_trade_tax, self._groups()))}"
            "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
            f"<ram:LineTotalAmount>{self._amount(s['net'])}</ram:LineTotalAmount>"
            f"<ram:TaxBasisTotalAmount>{self._amount(s['net'])}</ram:TaxBasisTotalAmount>"
            f'<ram:TaxTotalAmount currencyID="{s["currency"]}">{self._amount(s["tax"])}</ram:TaxTotalAmount>'
            f"<ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount>"
            f"<ram:TotalPrepaidAmount>{gross}</ram:TotalPrepaidAmount><ram:DuePayableAmount>0.00</ram:DuePayableAmount>"
            f"</ram:SpecifiedTradeSettlementHeaderMonetarySummation>{self._original()}"
        )

    def _groups(self) -> list[_Group]:
        """The snapshot's groups; those that fall into one category and rate here are one, with the reasons of all."""
        groups: dict[tuple[str, str], _Group] = {}
        for each in self._s["tax_groups"]:
            category = self._categories[each["kind"]]
            rate = _percent(category, each["rate"])
            reason = face.untaxed(each, "both") if category in _REASONED else ""
            net, tax = self._amount(each["net"]), self._amount(each["tax"])
            group = _Group(category, rate, net, tax, reason, self._code(category, each))
            known = groups.get((category, rate))
            groups[category, rate] = group if known is None else _joined(known, group)
        return list(groups.values())

    def _code(self, category: str, group: TaxGroupSnapshot) -> str:
        if category not in _REASONED or not codes_reasons(self._s["template"]):
            return ""
        return _CODES.get(category) or group.get("code", "")

    def _original(self) -> str:
        """The invoice that a credit note corrects (BT-25, BT-26)."""
        original = self._s.get("original")
        if original is None:
            return ""
        return (
            f"<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>{_text(original['number'])}</ram:IssuerAssignedID>"
            f"<ram:FormattedIssueDateTime>{_day(original['issued_on'], 'qdt')}</ram:FormattedIssueDateTime>"
            "</ram:InvoiceReferencedDocument>"
        )


def vat_id(country: str, tax_id: str) -> str:
    """The VAT ID that a tax ID is, without spacing, or nothing: it begins with the prefix of its own country."""
    bare = tax_id.translate(_VAT_SPACING)
    return bare if bare[:2] in _VAT_PREFIXES.get(country, ()) and _VAT_NUMBER.fullmatch(bare[2:]) else ""


def _joined(one: _Group, other: _Group) -> _Group:
    net, tax = (str(Decimal(a) + Decimal(b)) for a, b in ((one.net, other.net), (one.tax, other.tax)))
    return _Group(one.category, one.rate, net, tax, f"{one.reason}; {other.reason}", common((one.code, other.code)))


def _trade_tax(group: _Group) -> str:
    return (
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{group.tax}</ram:CalculatedAmount>"
        f"<ram:TypeCode>VAT</ram:TypeCode>{_optional('ram:ExemptionReason', group.reason)}"
        f"<ram:BasisAmount>{group.net}</ram:BasisAmount><ram:CategoryCode>{group.category}</ram:CategoryCode>"
        f"{_optional('ram:ExemptionReasonCode', group.code)}"
        f"{_optional('ram:RateApplicablePercent', group.rate)}</ram:ApplicableTradeTax>"
    )


@lru_cache(maxsize=64)
def _percent(category: str, rate: str) -> str:
    """A fraction in percent; nothing where nothing is taxable (BR-O-05)."""
    return "" if category == "O" else f"{(Decimal(rate) * 100).normalize():f}"


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("", text))


def _optional(tag: str, text: str) -> str:
    """The element, or nothing where there is nothing to say: EN 16931 allows no empty one."""
    content = _text(text).strip()
    return f"<{tag}>{content}</{tag}>" if content else ""


def _day(iso: str, namespace: str = "udt") -> str:
    return f'<{namespace}:DateTimeString format="102">{iso.replace("-", "")}</{namespace}:DateTimeString>'


def _reference(number: str, kind: str, name: str = "") -> str:
    if not number.strip():
        return ""
    return (
        f"<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>{_text(number)}</ram:IssuerAssignedID>"
        f"<ram:TypeCode>{kind}</ram:TypeCode>{_optional('ram:Name', name)}</ram:AdditionalReferencedDocument>"
    )


def _legal(inner: str) -> str:
    return f"<ram:SpecifiedLegalOrganization>{inner}</ram:SpecifiedLegalOrganization>" if inner else ""


def _contact(party: SellerSnapshot | BuyerSnapshot) -> str:
    phone = _optional("ram:CompleteNumber", party["phone"])
    email = _optional("ram:URIID", party["email"])
    inner = f"<ram:TelephoneUniversalCommunication>{phone}</ram:TelephoneUniversalCommunication>" if phone else ""
    inner += f"<ram:EmailURIUniversalCommunication>{email}</ram:EmailURIUniversalCommunication>" if email else ""
    return f"<ram:DefinedTradeContact>{inner}</ram:DefinedTradeContact>" if inner else ""


def _address(street: str, postal_code: str, city: str, country: str) -> str:
    return (
        f"<ram:PostalTradeAddress>{_optional('ram:PostcodeCode', postal_code)}{_optional('ram:LineOne', street)}"
        f"{_optional('ram:CityName', city)}<ram:CountryID>{country}</ram:CountryID></ram:PostalTradeAddress>"
    )


def _tax_registration(scheme: str, number: str) -> str:
    if not number:
        return ""
    return (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="{scheme}">{_text(number)}</ram:ID>'
        "</ram:SpecifiedTaxRegistration>"
    )
