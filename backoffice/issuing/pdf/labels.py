"""Every fixed word on the face of an invoice, in Chinese and in English."""

from __future__ import annotations

from typing import NamedTuple

from backoffice.issuing.rules import Language


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


TITLE = Label("商业发票", "Commercial Invoice")
# What this document is not, so that nobody claims input tax with it; both languages stand on every face.
NOTICE = Label(
    "非税务机关发票,不得作为抵扣凭证", "Not an invoice of the tax authorities; no input tax may be claimed with it"
)
DRAFT = Label("草稿", "DRAFT")
DRAFT_NOTE = Label("尚未开具", "not issued")

NUMBER = Label("发票号码", "Invoice number")
ISSUED_ON = Label("开票日期", "Issue date")
REQUEST = Label("申请编号", "Request number")
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

TAX_KINDS = {
    "zero": Label("零税率", "Zero rate"),
    "exempt": Label("免税", "Exempt"),
    "not_taxable": Label("不征税", "Not taxable"),
    "reverse_charge": Label("反向征税", "Reverse charge"),
}


def page_of(page: int, pages: int, language: Language) -> str:
    """Page x of y."""
    return Label(f"第 {page} 页 / 共 {pages} 页", f"Page {page} of {pages}").inline(language, "   ")
