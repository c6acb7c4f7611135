"""Blocks as finance people paste them: numbers that are no account, tables with heads, labels in two languages."""

from __future__ import annotations

import pytest

from backoffice.headers.paste_accounts import is_account, is_routing
from backoffice.headers.pasted import split
from tests.headers.test_pasted import ACCOUNT, BANK, NAME, PHONE, STREET, TAX_ID, WHOLE

ROUTING, ORDER = "105290036005", "202611290001"
FIRM = {"name": NAME, "tax_id": TAX_ID}
AT_BANK = {"bank": BANK, "bank_account": ACCOUNT}
ACME = {"name": "Acme GmbH", "address": "Hauptstraße 5, 10115 Berlin"}
LABS = {"name": "Lumen Labs Ltd", "tax_id": TAX_ID}

# what it is -> (block, fields, not understood)
NUMBERS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "an order by its label": (f"名称：{NAME}\n税号：{TAX_ID}\n订单号：{ORDER}", FIRM, [f"订单号： {ORDER}"]),
    "an order without colon": (f"名称：{NAME}\n税号：{TAX_ID}\n订单号 {ORDER}", FIRM, [f"订单号 {ORDER}"]),
    "an order on the line below its label": (f"{NAME}\n{TAX_ID}\n订单号\n{ORDER}", FIRM, [f"订单号 {ORDER}"]),
    "an order in one line": (f"{NAME} {TAX_ID} 订单号：{ORDER}", FIRM, [f"订单号： {ORDER}"]),
    "an order in a row": (f"{NAME}，{TAX_ID}，订单号 {ORDER}", FIRM, [f"订单号 {ORDER}"]),
    "an order by a word that is no label": (f"{NAME} {TAX_ID} 订单 6222026112900", FIRM, ["订单 6222026112900"]),
    "an order in English": (f"Lumen Labs Ltd\nTax ID: {TAX_ID}\nOrder No.: {ORDER}", LABS, [f"Order No.: {ORDER}"]),
    "an order in English, below its label": (
        f"Lumen Labs Ltd\n{TAX_ID}\nOrder number\n4500123456", LABS, ["Order number 4500123456"]),
    "a purchase order": (f"Lumen Labs Ltd\n{TAX_ID}\nPO 4500123456", LABS, ["PO 4500123456"]),
    "a contract, a project and a parcel": (
        f"{NAME}\n{TAX_ID}\n合同编号 1234567890123\n采购单号12345678901\n快递单号 SF1234567890123", FIRM,
        ["合同编号 1234567890123", "采购单号 12345678901", "快递单号 SF1234567890123"]),
    "a chat and an amount": (
        f"{NAME}\n{TAX_ID}\nQQ 123456789\n发票金额 100000000", FIRM, ["QQ 123456789", "发票金额 100000000"]),
    "the codes of the registry": (
        f"{NAME}\n{TAX_ID}\n组织机构代码 12345678-9\n纳税人编号：3101151234", FIRM,
        ["组织机构代码 12345678-9", "纳税人编号： 3101151234"]),
    "eight figures alone": (f"{NAME}\n{TAX_ID}\n12345678", FIRM, ["12345678"]),
    "a branch's number without label": (f"{NAME}\n{BANK}\n{ROUTING}", {"name": NAME, "bank": BANK}, [ROUTING]),
    "the same in front of the account": (f"{NAME}\n{BANK}\n{ROUTING}\n{ACCOUNT}", {"name": NAME} | AT_BANK, [ROUTING]),
    "the same in a row": (f"{NAME}，{BANK}，{ROUTING}，{ACCOUNT}", {"name": NAME} | AT_BANK, [ROUTING]),
    "the same behind the bank": (f"{NAME}\n开户行：{BANK} {ROUTING}", {"name": NAME, "bank": BANK}, [ROUTING]),
    "the same in brackets": (f"开户行：{BANK}（{ROUTING}）\n账号：{ACCOUNT}", AT_BANK, [ROUTING]),
    "labelled in brackets": (f"开户行：{BANK}（行号：{ROUTING}）\n账号：{ACCOUNT}", AT_BANK, [f"行号： {ROUTING}"]),
    "labelled in brackets without colon": (
        f"开户行：{BANK}（联行号{ROUTING}）\n账号：{ACCOUNT}", AT_BANK, [f"联行号 {ROUTING}"]),
    "between bank and account": (f"开户行及账号：{BANK} {ROUTING} {ACCOUNT}", AT_BANK, [ROUTING]),
    **{
        f"in front of the account: {branch}": (f"开户行及账号：{BANK} {branch} {ACCOUNT}", AT_BANK, [branch])
        for branch in ("308290003020", ROUTING)
    },
    "in brackets in front of the account": (
        f"开户行及账号：{BANK}（308290003020）6214851210012345", {"bank": BANK, "bank_account": "6214851210012345"},
        ["308290003020"]),
    "behind bank and account nobody can tell": (
        f"开户行及账号：{BANK} {ACCOUNT} {ROUTING}", {"bank": BANK}, [f"{ACCOUNT} {ROUTING}"]),
    "by the name of the payment system": (
        f"开户行：{BANK}\nCNAPS号 {ROUTING}\n大额支付系统行号：{ROUTING}", {"bank": BANK},
        [f"CNAPS号 {ROUTING}", f"大额支付系统行号： {ROUTING}"]),
    "by its English names": (
        f"Bank: HSBC\nCNAPS code: {ROUTING}\nRouting number\n{ROUTING}", {"bank": "HSBC"},
        [f"CNAPS code: {ROUTING}", f"Routing number {ROUTING}"]),
    "who says that it is the account is believed": (f"账号：{ROUTING}", {"bank_account": ROUTING}, []),
    "in groups of four, with its account": (
        "账号：3082 9000 3020 1219 0876 5410 888", {"bank_account": "1219 0876 5410 888"}, ["3082 9000 3020"]),
    "in groups with dashes": (
        "账号：3082-9000-3020-1219-0876-5410-888", {"bank_account": "1219-0876-5410-888"}, ["3082-9000-3020"]),
    "in groups, its account in none": (
        "账号：3082 9000 3020 121908765410888", {"bank_account": "121908765410888"}, ["3082 9000 3020"]),
    "on one line with its account and words": (
        "账号：308290003020 121908765410888 谢谢", {"bank_account": "121908765410888"}, ["308290003020", "谢谢"]),
    "above its account, behind the bank": (
        f"开户行及账号：{BANK} {ROUTING}\n{ACCOUNT}", AT_BANK, [ROUTING]),
    "behind a short bank": (
        "账号：招行张江支行 308290003020 121908765410888",
        {"bank": "招行张江支行", "bank_account": "121908765410888"}, ["308290003020"]),
    "a phone below it is no account": (
        f"账号：{ROUTING}\n13800138000", {"bank_account": ROUTING}, ["13800138000"]),
    "beside a phone nobody can tell": (f"账号：{ROUTING} 13800138000", {}, [f"{ROUTING} 13800138000"]),
    **{
        f"in front of an account, with words between: {words}": (
            f"账号：308290003020{words}121908765410888", {}, [f"308290003020{words}121908765410888"])
        for words in ("（行号）", "(联行号) ", "和", ", 招行张江支行, ")
    },
    "in front of a person": (
        f"账号：{ROUTING} 王女士 13800138000", {"bank_account": ROUTING}, ["王女士 13800138000"]),
    "two of them and no account": (f"账号：308290003020 {ROUTING}", {}, [f"308290003020 {ROUTING}"]),
    "an account and a phone": (f"账号：{ACCOUNT} 13800138000", {"bank_account": ACCOUNT}, ["13800138000"]),
    "figures in front of an account nobody can tell": ("账号：100100 123456789012", {}, ["100100 123456789012"]),
    "a first group in front of the rest": ("账号：6222 0200 123456789", {}, ["6222 0200 123456789"]),
    "a branch's number with a slip, in front of an account": (
        "账号：308290003021 121908765410888", {}, ["308290003021 121908765410888"]),
    "figures too many for the field": (
        "账号：1234 5678 9012 3456 7890 1234 567", {}, ["1234 5678 9012 3456 7890 1234 567"]),
    "a German VAT ID": ("Acme GmbH\nHauptstraße 5\n10115 Berlin\nDE123456789", ACME, ["DE123456789"]),
    "a German VAT ID in a row": ("Acme GmbH, Hauptstraße 5, 10115 Berlin, DE123456789", ACME, ["DE123456789"]),
    **{
        f"a VAT ID like {code}": (f"Acme Ltd\n{code}", {"name": "Acme Ltd"}, [code])
        for code in ("ATU12345678", "FR12345678901", "NL123456789B01", "GB123456789", "IT12345678901", "PL1234567890",
                     "SE556677889901", "IE1234567WA", "ESB12345678", "BE0123456789", "GB 123 4567 89", "12-3456789",
                     "51 824 753 556", "27AAPFU0939F1ZV")
    },
    "a VAT ID by its label beside an IBAN": (
        "Acme GmbH\nUSt-IdNr. DE123456789\nDE89 3704 0044 0532 0130 00",
        {"name": "Acme GmbH", "tax_id": "DE123456789", "bank_account": "DE89 3704 0044 0532 0130 00"}, []),
    "a VAT ID behind a bank or an account": (
        f"开户行：{BANK}，DE123456789\n账号：{ACCOUNT} NL123456789B01", AT_BANK, ["DE123456789", "NL123456789B01"]),
    "a VAT ID behind a bank without account": (f"开户行：{BANK} DE123456789", {"bank": BANK}, ["DE123456789"]),
    "another number behind an account": (f"账号：{ACCOUNT} {ROUTING}", {"bank_account": ACCOUNT}, [ROUTING]),
    "an account of twelve figures behind its bank": (
        f"开户行及账号：{BANK} 3105 0170 4200", {"bank": BANK, "bank_account": "3105 0170 4200"}, []),
    "an amount behind an address": (
        f"地址 {STREET}；金额 12000.00", {"address": STREET}, ["金额 12000.00"]),
    "an IBAN with a slip is told": (
        "Acme GmbH\nDE89 3704 0044 0532 0130 01", {"name": "Acme GmbH"}, ["DE89 3704 0044 0532 0130 01"]),
}  # fmt: skip

HEADS, ENGLISH_HEADS = "名称,税号,地址,电话,开户行,账号", "name,tax_id,address,phone,bank,account"
ROW = ",".join(WHOLE.values())
TABLES: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "a space behind each comma": (f"{ENGLISH_HEADS.replace(',', ', ')}\n{ROW.replace(',', ', ')}", WHOLE, []),
    "names of a program": (f"companyName,taxId,address,phone,bank,bank_account\n{ROW}", WHOLE, []),
    "quoted names of a program": (f'"name","tax_id"\n"{NAME}","{TAX_ID}"', FIRM, []),
    "two fields under one head": (
        f"名称，税号，地址、电话，开户行及账号\n{NAME}，{TAX_ID}，{STREET} {PHONE}，{BANK} {ACCOUNT}", WHOLE, []),
    "heads alone": (ENGLISH_HEADS, {}, []),
    "two heads alone": ("name,tax_id", {}, []),
    "an empty line below the heads": (f"{HEADS}\n\n{ROW}", WHOLE, []),
    "a second row is somebody else's": (
        f"名称,税号,电话\n{NAME},{TAX_ID},\n甲有限公司,91110000MA00000152,021-50801234", FIRM,
        ["甲有限公司,91110000MA00000152,021-50801234"]),
    "heads of what a header has not": (
        f"序号,订单号,名称,税号,行号,账号\n1,{ORDER},{NAME},{TAX_ID},{ROUTING},{ACCOUNT}",
        FIRM | {"bank_account": ACCOUNT}, ["序号： 1", f"订单号： {ORDER}", f"行号： {ROUTING}"]),
    "a head that nobody knows": (f"名称,税号,业务员\n{NAME},{TAX_ID},王小明", FIRM, ["业务员：王小明"]),
    "fewer values than heads are known by their form": (
        f"{HEADS}\n{NAME},{TAX_ID},{STREET},{PHONE},{BANK}",
        {name: value for name, value in WHOLE.items() if name != "bank_account"}, []),
    "more values than heads, and a head of something else": (
        f"订单号,名称,税号\n{ORDER},甲,乙有限公司,{TAX_ID}", {}, [f"{ORDER},甲,乙有限公司,{TAX_ID}"]),
    "a list of what is wanted, and the values with labels": (
        f"名称、税号、地址、电话、开户行、账号\n名称：{NAME}\n税号：{TAX_ID}", FIRM, []),
    "a label and its value in a row are no heads": (f"名称,{NAME}\n电话,{PHONE}", {"name": NAME, "phone": PHONE}, []),
    "one label of two fields is no row of heads": (
        f"地址、电话\n{STREET} {PHONE}\n开户行、账号\n{BANK} {ACCOUNT}",
        {name: value for name, value in WHOLE.items() if name not in FIRM}, []),
}  # fmt: skip

LABELS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "both languages, a space between": (
        f"公司名称 Company Name：{NAME}\n税号 Tax ID：{TAX_ID}\n开户行 Bank：{BANK}\n账号 Account No.：{ACCOUNT}",
        FIRM | AT_BANK, []),
    "both languages, a stroke between": (
        f"公司名称/Company Name: {NAME}\n税号/Tax ID: {TAX_ID}\nAddress／地址：{STREET}\nTel/电话：{PHONE}\n"
        f"开户行/Bank: {BANK}\n账号/Account: {ACCOUNT}", WHOLE, []),
    "both languages, one in brackets": (
        f"Company Name (公司名称): {NAME}\nTax ID（税号）：{TAX_ID}\nAddress (地址): {STREET}\n电话（Tel）：{PHONE}\n"
        f"Bank (开户行): {BANK}\nAccount (账号): {ACCOUNT}", WHOLE, []),
    "English labels without colon before Chinese values": (
        f"税号 {TAX_ID}，Address {STREET}，Company Name {NAME}，Bank {BANK}",
        FIRM | {"address": STREET, "bank": BANK}, []),
    "wide colons in English": (
        f"Company Name：Lumen Labs Ltd\nTax ID：{TAX_ID}\nBank：HSBC Hong Kong\nAccount Number：123-456789-838\n"
        "Email：ap@lumen.example",
        LABS | {"bank": "HSBC Hong Kong", "bank_account": "123-456789-838", "email": "ap@lumen.example"}, []),
    "run together without colons": (
        f"单位名称{NAME}税号{TAX_ID}", FIRM, []),
    "run together without colons, the rest is told": (
        f"名称{NAME}税号{TAX_ID}单位地址{STREET}电话{PHONE}", FIRM | {"phone": PHONE}, [f"单位地址{STREET}"]),
    "run together with spaces": (
        f"公司名称：{NAME} 纳税人识别号：{TAX_ID} 地址、电话：{STREET} {PHONE} 开户行及账号：{BANK} {ACCOUNT}",
        WHOLE, []),
    "each value below its label": (
        f"名称\n{NAME}\n统一社会信用代码\n{TAX_ID}\n地址、电话\n{STREET} {PHONE}\n开户行及账号\n{BANK} {ACCOUNT}",
        WHOLE, []),
    "the account below its bank": (f"开户行及账号：{BANK}\n{ACCOUNT}", AT_BANK, []),
    "only the account under the label of both": (f"开户行及账号：{ACCOUNT}", {"bank_account": ACCOUNT}, []),
    "what is the company's": (
        f"公司抬头：{NAME}\n公司税号：{TAX_ID}\n公司开户行：{BANK}\n公司银行账号：{ACCOUNT}", FIRM | AT_BANK, []),
    "an email and a person": (
        f"开票信息如下：\n{NAME}\n统一社会信用代码：{TAX_ID}\n电子邮箱：ap@lumen.example\n收件人：王女士 13800138000",
        FIRM | {"email": "ap@lumen.example"}, ["收件人： 王女士 13800138000"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("block", "fields", "unknown"),
    [
        pytest.param(*row, id=f"{of} {case}")
        for of, rows in (("number:", NUMBERS), ("table:", TABLES), ("label:", LABELS))
        for case, row in rows.items()
    ],
)
def test_each_value_in_its_own_field_or_told(block: str, fields: dict[str, str], unknown: list[str]) -> None:
    found = split(block)
    assert (found.fields, found.unknown) == (fields, unknown)


FIGURES = "121908765410888623457"
GAPS = [
    " ", "  ", "\n", "\n\n", "，", "、", ", ", "；", "\t", " | ", "|", "-", " - ", "/", " / ",
    "／", "：", "——", ". ", "。", " → ", "\n{label}",
]  # fmt: skip


@pytest.mark.parametrize("label", ["账号：", "账户：", "Account No.: ", "开户行账号："])
@pytest.mark.parametrize("gap", GAPS)
def test_the_number_of_a_branch_in_front_of_an_account_of_any_length_is_told(label: str, gap: str) -> None:
    for length in range(9, 22):
        found = split(f"名称：{NAME}\n税号：{TAX_ID}\n{label}308290003020{gap.format(label=label)}{FIGURES[:length]}")
        assert (found.fields, found.unknown) == (FIRM | {"bank_account": FIGURES[:length]}, ["308290003020"]), length


@pytest.mark.parametrize(
    "cells", ["| 账号 | {} | {} |", "|账号|{}|{}|", "账号\t{}\t{}", "账号\t{} {}", "| 账号 | {} {} |"]
)
def test_the_number_of_a_branch_in_a_table_is_told(cells: str) -> None:
    found = split(cells.format("308290003020", "121908765410888"))
    assert (found.fields, found.unknown) == ({"bank_account": "121908765410888"}, ["308290003020"])


@pytest.mark.parametrize("sign", ["-", "/", "_", ".", "·", "–", "—", "~", "#", "*", " ", " - "])
@pytest.mark.parametrize("account", ["0200001009012345678", "6222 0210 0111 2233 445"])
def test_the_number_of_a_branch_behind_the_account_is_told(account: str, sign: str) -> None:
    found = split(f"税号：{TAX_ID}\n账号：{account}{sign}102100099996")
    assert (found.fields["bank_account"], found.unknown) == (account, ["102100099996"])


@pytest.mark.parametrize("account", ["602000009012-345678901", "310501613640-000025811"])
def test_twelve_figures_that_are_no_branch_are_not_cut_off(account: str) -> None:
    assert split(f"账号：{account}").fields.get("bank_account") in (account, None)


@pytest.mark.parametrize("length", range(9, 23))
def test_an_account_alone_is_itself_whatever_its_length_and_groups(length: int) -> None:
    figures = f"{FIGURES}9"[:length]
    groups = " ".join(figures[at : at + 4] for at in range(0, length, 4))
    for account in (figures, groups, groups.replace(" ", "-")):
        assert split(f"账号：{account}").fields == {"bank_account": account}


@pytest.mark.parametrize("sign", [",", ", ", "\t", ";", "; ", "，", "；", "、", "/", "|", " "])
@pytest.mark.parametrize("heads", [HEADS, ENGLISH_HEADS], ids=["Chinese", "English"])
def test_a_row_of_heads_whatever_parts_it(heads: str, sign: str) -> None:
    found = split(heads.replace(",", sign) + "\n" + sign.join(WHOLE.values()))
    assert (found.fields, found.unknown) == (WHOLE, [])


@pytest.mark.parametrize(
    "number",
    ["102100099996", "103100000026", "104100000004", "308100005027", "403100000004", "1052 9003 6005", "501290000012"],
)
def test_the_number_of_a_branch_is_known_by_its_bank_and_its_check(number: str) -> None:
    assert is_routing(number)
    assert not is_account(number)


@pytest.mark.parametrize(
    "number", ["457259412345", "501290000013", "123456789838", ACCOUNT, "1219 0000 8888", "3105 0170 4200"]
)
def test_an_account_of_twelve_figures_is_one(number: str) -> None:
    assert not is_routing(number)
    assert is_account(number)
