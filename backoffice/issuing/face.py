"""What stands on the face of an invoice or a credit note: its fixed words, its rows, its figures as they are printed.

The PDF and the preview on the pages both take their words and rows from here, so that nobody reads on a screen what the
document does not say. Where a word stands and how large is theirs. What an issued invoice says never changes: new
words are a new template.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from backoffice.issuing.rules import Language, LineSnapshot, Snapshot, TaxGroupSnapshot, TaxKind

_TAGS: dict[Language, tuple[str, ...]] = {"zh": ("zh-CN",), "en": ("en",), "both": ("zh-CN", "en")}


class Label(NamedTuple):
    """One word of the face in both languages."""

    zh: str
    en: str

    def lines(self, language: Language) -> list[str]:
        """One line a language: the bilingual face has Chinese over English."""
        return {"zh": [self.zh], "en": [self.en], "both": [self.zh, self.en]}[language]

    def inline(self, language: Language, separator: str = " ") -> str:
        """On one line; the bilingual face has Chinese before English."""
        return separator.join(self.lines(language))

    def tagged(self, language: Language) -> list[tuple[str, str]]:
        """Each line with the tag of its language (BCP 47), as a page marks it up."""
        return list(zip(_TAGS[language], self.lines(language), strict=True))


TITLE = Label("商业发票", "Commercial Invoice")
CREDIT_TITLE = Label("红字发票", "Credit Note")
# What this document is not, so that nobody claims input tax with it; both languages stand on every face.
NOTICE = Label(
    "非税务机关发票,不得作为抵扣凭证", "Not an invoice of the tax authorities; no input tax may be claimed with it"
)
DRAFT = Label("草稿", "DRAFT")
DRAFT_NOTE = Label("尚未开具", "not issued")

NUMBER = Label("发票号码", "Invoice number")
ISSUED_ON = Label("开票日期", "Issue date")
REQUEST = Label("申请编号", "Request number")
CREDIT_NUMBER = Label("红字发票号码", "Credit note number")
ORIGINAL = Label("原发票号码", "Original invoice")
ORIGINAL_ISSUED_ON = Label("原开票日期", "Original issue date")
REASON = Label("开具原因", "Reason")
CURRENCY = Label("币种", "Currency")
VERIFY = Label("扫码验真", "Scan to verify")

SELLER = Label("销售方", "Seller")
BUYER = Label("购买方", "Buyer")
PARTY_FIELDS = {
    "tax_id": Label("税号", "Tax ID"),
    "address": Label("地址", "Address"),
    "phone": Label("电话", "Phone"),
    "bank": Label("开户行", "Bank"),
    "bank_account": Label("账号", "Account"),
    "email": Label("邮箱", "E-mail"),
}

POSITION = Label("序号", "No.")
OCCURRED_ON = Label("充值日期", "Recharged")
EXTERNAL_ID = Label("充值单号", "Recharge ID")
DESCRIPTION = Label("项目名称", "Description")
QUANTITY = Label("数量", "Qty")
UNIT_PRICE = Label("单价(不含税)", "Unit price, net")
NET = Label("金额(不含税)", "Amount, net")
RATE = Label("税率", "Rate")
TAX = Label("税额", "Tax")

SUBTOTAL = Label("小计", "Subtotal")
TOTAL = Label("合计", "Total")
GROSS = Label("价税合计(小写)", "Total including tax")
CAPITALS = Label("价税合计(大写)", "In Chinese capitals")
WORDS = Label("英文大写", "In words")
REMARKS = Label("备注", "Remarks")
UNTAXED = Label("免征税款依据", "Why no tax is due")

CREDIT_REASONS = {
    "refund": Label("款项已退", "Money was refunded"),
    "header": Label("抬头有误", "The header is wrong"),
    "amount": Label("金额有误", "The amount is wrong"),
    "duplicate": Label("重复开票", "Invoiced twice"),
    "returned": Label("客户退票", "Invoice returned"),
    "other": Label("其他原因", "Another reason"),
}
TAX_KINDS = {
    "zero": Label("零税率", "Zero rate"),
    "exempt": Label("免税", "Exempt"),
    "not_taxable": Label("不征税", "Not taxable"),
    "reverse_charge": Label("反向征税", "Reverse charge"),
}


def page_of(page: int, pages: int, language: Language) -> str:
    """Page x of y."""
    return Label(f"第 {page} 页 / 共 {pages} 页", f"Page {page} of {pages}").inline(language, "   ")


class Fact(NamedTuple):
    """A label and what stands beside it; `tag` names the language of a value that has one of its own."""

    label: Label
    value: str
    tag: str | None = None


class Party(NamedTuple):
    """Buyer or seller: only what the snapshot states."""

    title: Label
    name: str
    facts: tuple[Fact, ...]


class Column(NamedTuple):
    """A column of the table of lines."""

    label: Label
    is_figure: bool


class Sum(NamedTuple):
    """A line of sums under the table; `rate` is empty for the sum of everything."""

    label: Label
    rate: str
    net: str
    tax: str


COLUMNS = (
    Column(POSITION, False), Column(OCCURRED_ON, False), Column(EXTERNAL_ID, False), Column(DESCRIPTION, False),
    Column(QUANTITY, True), Column(UNIT_PRICE, True), Column(NET, True), Column(RATE, True), Column(TAX, True),
)  # fmt: skip
EXTERNAL_ID_COLUMN, DESCRIPTION_COLUMN, NET_COLUMN, RATE_COLUMN, TAX_COLUMN = 2, 3, 6, 7, 8


def amount(text: str) -> str:
    """A decimal of the snapshot for people: thousands grouped, decimals as they are."""
    return f"{Decimal(text):,f}"


def rate(kind: str, fraction: str, language: Language) -> str:
    """A tax rate in percent, or the reason why there is none."""
    if kind == TaxKind.RATE:
        return f"{(Decimal(fraction) * 100).normalize():f}%"
    return TAX_KINDS[kind].inline(language)


def title_of(snapshot: Snapshot) -> Label:
    """What a document is."""
    return CREDIT_TITLE if snapshot["kind"] == "credit_note" else TITLE


def untaxed(group: TaxGroupSnapshot, language: Language) -> str:
    """Why a group carries no tax (BT-120): its kind, and what exempts it where the tax policy said so."""
    kind, reason = TAX_KINDS[group["kind"]].inline(language), group.get("reason", "")
    return f"{kind}: {reason}" if reason else kind


def cells(line: LineSnapshot, language: Language) -> tuple[str, ...]:
    """The texts of a line in the order of the columns."""
    return (
        str(line["position"]),
        line["occurred_on"],
        line["external_id"],
        line["description"],
        amount(line["quantity"]),
        amount(line["unit_price"]),
        amount(line["net"]),
        rate(line["tax_kind"], line["rate"], language),
        amount(line["tax"]),
    )


class Face:
    """Everything the face of one snapshot says, part by part from top to bottom."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._s = snapshot
        self.language = snapshot["language"]
        self.tag = _TAGS[self.language][0]
        self.is_draft = snapshot["number"] is None

    @property
    def letterhead(self) -> tuple[str, str]:
        """The seller's name and its other form (or nothing), the one in the reader's script first."""
        name, latin = self._s["seller"]["name"], self._s["seller"]["latin_name"]
        if not latin or latin == name:
            return name, ""
        return (latin, name) if self.language == "en" else (name, latin)

    @property
    def logo(self) -> str | None:
        """The hash of the seller's logo."""
        return self._s["seller"].get("logo")

    @property
    def title(self) -> Label:
        """What this document is."""
        return title_of(self._s)

    @property
    def mark(self) -> Fact | None:
        """The words that tell a draft from an invoice."""
        return Fact(DRAFT, DRAFT_NOTE.inline(self.language)) if self.is_draft else None

    @property
    def notice(self) -> list[tuple[str, str]]:
        """What this document is not, with the tags of both languages, the reader's first."""
        both = NOTICE.tagged("both")
        return both[::-1] if self.language == "en" else both

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The row under the title."""
        return (
            Fact(NUMBER if self.original is None else CREDIT_NUMBER, self._s["number"] or "—"),
            Fact(ISSUED_ON, self._s["issued_on"]),
            Fact(CURRENCY, self._s["currency"]),
            Fact(REQUEST, self._s["request_number"] or "—"),
        )

    @property
    def original(self) -> tuple[Fact, ...] | None:
        """A second row on a credit note: the invoice that it corrects, and why."""
        original, reason = self._s.get("original"), self._s.get("reason")
        if original is None:
            return None
        why = (Fact(REASON, CREDIT_REASONS[reason].inline(self.language)),) if reason else ()
        return Fact(ORIGINAL, original["number"]), Fact(ORIGINAL_ISSUED_ON, original["issued_on"]), *why

    @property
    def parties(self) -> tuple[Party, Party]:
        """Buyer and seller."""
        return _party(BUYER, self._s["buyer"]), _party(SELLER, self._s["seller"])

    @cached_property
    def rows(self) -> list[tuple[str, ...]]:
        """The texts of each line, in the order of `columns`."""
        return [cells(line, self.language) for line in self._s["lines"]]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Head of the table of lines."""
        return COLUMNS

    @property
    def sums(self) -> list[Sum]:
        """A subtotal for each tax rate where there are several, then the total."""
        groups = self._s["tax_groups"]
        subtotals = [
            Sum(
                SUBTOTAL,
                rate(group["kind"], group["rate"], self.language),
                amount(group["net"]),
                amount(group["tax"]),
            )
            for group in (groups if len(groups) > 1 else [])
        ]
        return [*subtotals, Sum(TOTAL, "", amount(self._s["net"]), amount(self._s["tax"]))]

    @property
    def gross(self) -> Fact:
        """What is to be paid, with its currency."""
        return Fact(GROSS, f"{self._s['currency']} {amount(self._s['gross'])}")

    @property
    def wordings(self) -> list[Fact]:
        """The gross in words of both languages on every face, the reader's first."""
        both = [Fact(CAPITALS, self._s["capitals"], "zh-CN"), Fact(WORDS, self._s["words"], "en")]
        return both[::-1] if self.language == "en" else both

    @property
    def reasons(self) -> Fact | None:
        """Why there is no tax on what carries none, where more is known of it than its kind."""
        told = [untaxed(group, self.language) for group in self._s["tax_groups"] if group.get("reason")]
        return Fact(UNTAXED, "; ".join(told)) if told else None

    @property
    def remarks(self) -> Fact | None:
        """What the customer had printed under everything else, line breaks and all."""
        return Fact(REMARKS, self._s["remarks"]) if self._s["remarks"] else None


def _party(title: Label, party: Mapping[str, object]) -> Party:
    facts = [Fact(label, str(party[field])) for field, label in PARTY_FIELDS.items() if party[field]]
    return Party(title, str(party["name"]), tuple(facts))
