"""A block of header text becomes a suggestion for each field, and what is not understood is told."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.headers import pasted, rules
from backoffice.headers.pasted import split

NAME, TAX_ID = "上海流明机器人有限公司", "91310000MA1FL0A277"
STREET, PHONE = "上海市徐汇区宜山路900号3幢", "021-64852200"
BANK, ACCOUNT = "中国建设银行上海漕河泾支行", "31050170420000001188"
WHOLE = {"name": NAME, "tax_id": TAX_ID, "address": STREET, "phone": PHONE, "bank": BANK, "bank_account": ACCOUNT}
ENGLISH = {
    "name": "Lumen Robotics (Shenzhen) Co., Ltd.", "tax_id": "91440300MA5DA0X7X5",
    "address": "Room 501, Building 3, 1 Keyuan Road, Nanshan District, Shenzhen", "phone": "+86 755 8603 1234",
    "bank": "China Merchants Bank, Shenzhen Branch", "bank_account": "7559 1234 5610 801",
}  # fmt: skip

# what it is -> (block, fields, not understood)
BLOCKS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "one label a line": (
        f"名称：{NAME}\n税号：{TAX_ID}\n地址：{STREET}\n电话：{PHONE}\n开户行：{BANK}\n账号：{ACCOUNT}", WHOLE, []),
    "the official labels, combined": (
        f"公司名称：{NAME}\n统一社会信用代码：{TAX_ID}\n地址、电话：{STREET} {PHONE}\n"
        f"开户行及账号：{BANK} {ACCOUNT}", WHOLE, []),
    "half-width colons, spaces around them, Windows line ends": (
        f"单位名称 : {NAME}\r\n纳税人识别号 : {TAX_ID}\r\n注册地址 : {STREET}\r\n注册电话 : {PHONE}\r\n"
        f"开户银行 : {BANK}\r\n银行账号 : {ACCOUNT}", WHOLE, []),
    "one line, labels between spaces": (
        f"名称：{NAME} 税号：{TAX_ID} 地址：{STREET} 电话：{PHONE} 开户行：{BANK} 账号：{ACCOUNT}", WHOLE, []),
    "one line, semicolons": (
        f"发票抬头:{NAME};税号:{TAX_ID};单位地址:{STREET};电话号码:{PHONE};"
        f"开户银行:{BANK};银行帐号:{ACCOUNT};", WHOLE, []),
    "one line, glued together": (
        f"名称:{NAME}税号:{TAX_ID}地址:{STREET}电话:{PHONE}开户行:{BANK}账号:{ACCOUNT}", WHOLE, []),
    "a name that ends like a label begins": (
        f"抬头：{NAME}纳税人识别号：{TAX_ID}", {"name": NAME, "tax_id": TAX_ID}, []),
    "no colons": (
        f"名称 {NAME}\n税号{TAX_ID}\n地址 {STREET}\n电话 {PHONE}\n开户行 {BANK}\n账号 {ACCOUNT}", WHOLE, []),
    "a copied table": (
        f"名称\t{NAME}\n税号\t{TAX_ID}\n地址、电话\t{STREET}、{PHONE}\n"
        f"开户行及账号\t{BANK}\t{ACCOUNT}", WHOLE, []),
    "a numbered list": (
        f"1、名称：{NAME}\n2. 税号：{TAX_ID}\n（3）地址：{STREET}\n4)电话：{PHONE}\n"
        f"• 开户行：{BANK}\n- 账号：{ACCOUNT}", WHOLE, []),
    "labels alone on their line": (
        f"公司名称：\n{NAME}\n税号：\n{TAX_ID}\n地址：\n{STREET}\n",
        {"name": NAME, "tax_id": TAX_ID, "address": STREET}, []),
    "no labels at all": (
        f"{NAME}\n{TAX_ID}\n{STREET} {PHONE}\n{BANK} {ACCOUNT}", WHOLE, []),
    "no labels, one line": (
        f"{NAME} {TAX_ID} {STREET} {PHONE} {BANK} {ACCOUNT}", WHOLE, []),
    "labels of the buyer on an invoice": (
        f"购买方名称：{NAME}\n统一社会信用代码/纳税人识别号：{TAX_ID}\n购方地址电话：{STREET}{PHONE}\n"
        f"购方开户行及账号：{BANK}{ACCOUNT}", WHOLE, []),
    "a bank account with spaces": (
        f"开户行及账号：{BANK} 3105 0170 4200 0000 1188",
        {"bank": BANK, "bank_account": "3105 0170 4200 0000 1188"}, []),
    "a phone with an extension": (
        f"地址电话：{STREET} 021-6485 2200转801",
        {"address": STREET, "phone": "021-6485 2200转801"}, []),
    "a mobile phone without label": (f"{NAME}\n138 0013 8000", {"name": NAME, "phone": "138 0013 8000"}, []),
    "an area code in brackets": (
        f"电话：（021）64852200-8012\n{NAME}", {"phone": "（021）64852200-8012", "name": NAME}, []),
    "phone before address": (f"电话、地址：{PHONE} {STREET}", {"phone": PHONE, "address": STREET}, []),
    "an address that ends in figures": (
        "地址：深圳市南山区科苑路15号科兴科学园B4栋1201", {"address": "深圳市南山区科苑路15号科兴科学园B4栋1201"}, []),
    "address and phone under the label of the address": (
        f"地址：{STREET}，{PHONE}", {"address": STREET, "phone": PHONE}, []),
    "bank and account under the label of the bank": (
        f"开户行：{BANK} {ACCOUNT}", {"bank": BANK, "bank_account": ACCOUNT}, []),
    "an English block": (
        "Company name: {name}\nTax ID: {tax_id}\nAddress: {address}\nPhone: {phone}\nBank: {bank}\n"
        "Account No.: {bank_account}"
        .format(**ENGLISH), ENGLISH, []),
    "English in one line": (
        "Name: {name}; Tax No: {tax_id}; Registered address: {address}; Tel: {phone}; Bank name: {bank}; Bank account: "
        "{bank_account}".format(**ENGLISH), ENGLISH, []),
    "English without labels": (
        "{name}\n{tax_id}\n{address}\n{phone}\n{bank}".format(**ENGLISH),
        {name: value for name, value in ENGLISH.items() if name != "bank_account"}, []),
    "a name in English and its ID": (
        "Lumen Robotics Ltd 91310000MA1FL0A277", {"name": "Lumen Robotics Ltd", "tax_id": TAX_ID}, []),
    "an IBAN": (
        "Bank: Commerzbank\nIBAN: DE89 3704 0044 0532 0130 00",
        {"bank": "Commerzbank", "bank_account": "DE89 3704 0044 0532 0130 00"}, []),
    "a bank called like a label": ("Bank of China, Shanghai Branch", {"bank": "Bank of China, Shanghai Branch"}, []),
    "a tax ID as people read it": ("税号：9131 0000 ma1f l0a2 77", {"tax_id": TAX_ID}, []),
    "a tax ID with full-width and invisible signs": (
        "９１３１００００ＭＡ１ＦＬ０Ａ２７７\u200b", {"tax_id": TAX_ID}, []),
    "a wrong tax ID is told at the field": ("91310000MA1FL0A278", {"tax_id": "91310000MA1FL0A278"}, []),
    "a limited partnership": ("杭州云栖投资合伙企业（有限合伙）", {"name": "杭州云栖投资合伙企业（有限合伙）"}, []),
    "what belongs to no field": (
        f"您好，请按以下信息开票\n名称：{NAME}\n联系人：王女士\n税号：{TAX_ID}\n谢谢",
        {"name": NAME, "tax_id": TAX_ID}, ["联系人： 王女士", "您好，请按以下信息开票", "谢谢"]),
    "an email": (f"名称：{NAME}\n邮箱：ap@lumen.example", {"name": NAME, "email": "ap@lumen.example"}, []),
    "an email without colon": (
        f"接收邮箱 ap@lumen.example\n{NAME}", {"name": NAME, "email": "ap@lumen.example"}, []),
    "an email without label": (f"{NAME} ap@lumen.example", {"name": NAME, "email": "ap@lumen.example"}, []),
    "an email in English": ("Email address: ap@lumen.example", {"email": "ap@lumen.example"}, []),
    "a second email and a word to the reader": (
        "E-mail: ap@lumen.example, cc@lumen.example", {"email": "ap@lumen.example"}, ["cc@lumen.example"]),
    "no email under its label": (f"名称：{NAME}\n邮箱：见下", {"name": NAME}, ["见下"]),
    "the email of a mail's sender": (
        f"From: rita@backoffice.example\n{NAME}", {"name": NAME}, ["From: rita@backoffice.example"]),
    "the ID card of a person": (
        "抬头：王小明\n身份证号：110105194912310021", {"name": "王小明", "tax_id": "110105194912310021"}, []),
    "the same in English": (
        "Name: Wang Xiaoming\nID card: 11010519491231002x",
        {"name": "Wang Xiaoming", "tax_id": "11010519491231002X"}, []),
    "the same without label": ("11010519491231002X", {"tax_id": "11010519491231002X"}, []),
    "18 figures that are no ID card": ("110105194913310021", {}, ["110105194913310021"]),
    "a second value for a field": (
        f"名称：{NAME}\n名称：另一家有限公司", {"name": NAME}, ["另一家有限公司"]),
    "a label of ours without field does not swallow its neighbours": (
        f"开户行：{BANK} 联行号：105290036005 账号：{ACCOUNT}",
        {"bank": BANK, "bank_account": ACCOUNT}, ["联行号： 105290036005"]),
    "a bank whose name ends like a label begins": (
        "开户行：建设银行账号：6222001234567890", {"bank": "建设银行", "bank_account": "6222001234567890"}, []),
    "labels in brackets": (f"【名称】{NAME}\n【税号】{TAX_ID}", {"name": NAME, "tax_id": TAX_ID}, []),
    "a label we do not know is no part of a value": (
        f"销售方：甲有限公司\n购买方：{NAME}\nCity: Berlin", {"name": NAME}, ["City: Berlin", "销售方：甲有限公司"]),
    "no tax ID": (f"名称（全称）：{NAME}\n税号：无", {"name": NAME}, []),
    "labels aligned with spaces inside": (
        f"名 称：{NAME}\n税  号：{TAX_ID}\n地 址：{STREET}\n"
        f"电 话：{PHONE}\n开 户 行：{BANK}\n账　号：{ACCOUNT}", WHOLE, []),
    "a label aligned with spaces, no colon": (f"名  称 {NAME}\n税 号 {TAX_ID}", {"name": NAME, "tax_id": TAX_ID}, []),
    "the account in brackets behind the bank, labelled": (
        f"开户行：交通银行上海分行（账号：{ACCOUNT}）", {"bank": "交通银行上海分行", "bank_account": ACCOUNT}, []),
    "the account in brackets behind the bank, bare": (
        f"开户行：交通银行上海分行({ACCOUNT})", {"bank": "交通银行上海分行", "bank_account": ACCOUNT}, []),
    "the phone in brackets behind the address": (
        f"地址：{STREET}（电话：{PHONE}）", {"address": STREET, "phone": PHONE}, []),
    "the tax ID in brackets behind the name": (f"{NAME}（{TAX_ID}）", {"name": NAME, "tax_id": TAX_ID}, []),
    "the tax ID in brackets behind the name, labelled": (
        f"名称：{NAME}（税号：{TAX_ID}）", {"name": NAME, "tax_id": TAX_ID}, []),
    "the tax ID in brackets behind the name, labelled without colon": (
        f"{NAME}（税号{TAX_ID}）", {"name": NAME, "tax_id": TAX_ID}, []),
    "the phone in brackets behind the address, labelled without colon": (
        f"地址：{STREET}（电话{PHONE}）", {"address": STREET, "phone": PHONE}, []),
    "the tax ID in brackets behind a labelled name": (
        f"名称：{NAME}({TAX_ID})", {"name": NAME, "tax_id": TAX_ID}, []),
    "brackets that belong to a name stay": (
        f"名称：流明（中国）有限公司\n税号：{TAX_ID}", {"name": "流明（中国）有限公司", "tax_id": TAX_ID}, []),
    "the tax payer's name and a bank card": (
        f"纳税人名称：{NAME}\n开户行：{BANK}\n银行卡号：{ACCOUNT}",
        {"name": NAME, "bank": BANK, "bank_account": ACCOUNT}, []),
    "traditional characters": (
        f"購買方名稱：{NAME}\n統一社會信用代碼：{TAX_ID}\n地址：{STREET}\n電話：{PHONE}\n"
        f"開戶行：{BANK}\n帳號：{ACCOUNT}",
        WHOLE, []),
    "traditional characters, combined": (
        f"公司名稱：{NAME}\n納稅人識別號：{TAX_ID}\n地址、電話：{STREET} {PHONE}\n"
        f"開戶銀行及賬號：{BANK} {ACCOUNT}", WHOLE, []),
    "15 figures may be two things": ("310115123456789", {}, ["310115123456789"]),
    "nothing": (" \n\t\u3000\n", {}, []),
}  # fmt: skip


# block -> (kind, fields, not understood)
KINDS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "抬头：个人 王小明": ("personal", {"name": "王小明"}, []),
    "发票抬头：个人　王小明\n身份证号：110105194912310021": (
        "personal", {"name": "王小明", "tax_id": "110105194912310021"}, []),
    "抬头：个人 王小明 税号：无 电话：13800138000": ("personal", {"name": "王小明", "phone": "13800138000"}, []),
    "抬头：个人-王小明": ("personal", {"name": "王小明"}, []),
    "抬头：个人/王小明": ("personal", {"name": "王小明"}, []),
    "抬头：个人：王小明": ("personal", {"name": "王小明"}, []),
    "抬头：（个人）王小明": ("personal", {"name": "王小明"}, []),
    "抬头：王小明（个人）": ("personal", {"name": "王小明"}, []),
    "抬头\t个人\t王小明": ("personal", {"name": "王小明"}, []),
    "抬头（个人）：王小明": ("personal", {"name": "王小明"}, []),
    "个人抬头：王小明": ("personal", {"name": "王小明"}, []),
    "抬头类型：个人\n抬头名称：王小明": ("personal", {"name": "王小明"}, []),
    "抬頭類型：個人\n抬頭：王小明": ("personal", {"name": "王小明"}, []),
    "抬头：个人": ("personal", {"name": "个人"}, []),
    f"抬头：企业 {NAME}": ("enterprise", {"name": NAME}, []),
    f"抬头类型：企业单位\n抬头：{NAME}": ("enterprise", {"name": NAME}, []),
    f"企业抬头：{NAME}": ("enterprise", {"name": NAME}, []),
    "企业名称：北京协和医院": ("", {"name": "北京协和医院"}, []),
    "抬头：企业": ("enterprise", {}, []),
    "抬头：事业单位 北京大学": ("public_body", {"name": "北京大学"}, []),
    "Invoice title: Individual - Wang Xiaoming": ("personal", {"name": "Wang Xiaoming"}, []),
    "Name: Wang Xiaoming (personal)": ("personal", {"name": "Wang Xiaoming"}, []),
    "Header type: Personal\nName: Wang Xiaoming": ("personal", {"name": "Wang Xiaoming"}, []),
    # Words that belong to the name, or contradict it, stay where they stand.
    "抬头：个人独资企业上海乙工作室": ("", {"name": "个人独资企业上海乙工作室"}, []),
    f"抬头：个人 {NAME}": ("", {"name": f"个人 {NAME}"}, []),
    "抬头：企业 王小明": ("", {"name": "企业 王小明"}, []),
    "抬头：甲有限公司（个人）": ("", {"name": "甲有限公司（个人）"}, []),
    "Name: Personal Care Ltd": ("", {"name": "Personal Care Ltd"}, []),
    "Name: Personal - Care Ltd": ("", {"name": "Personal - Care Ltd"}, []),
    # What is no kind is told, and so is a second name, as it stands.
    "抬头类型：专用\n名称：甲公司": ("", {"name": "甲公司"}, ["抬头类型： 专用"]),
    f"名称：{NAME}\n抬头：个人 王小明": ("", {"name": NAME}, ["个人 王小明"]),
    "抬头类型：个人\n抬头类型：企业\n抬头：王小明": ("personal", {"name": "王小明"}, ["抬头类型： 企业"]),
}  # fmt: skip


@pytest.mark.parametrize("block", KINDS)
def test_who_the_buyer_is_in_law_is_told_apart_from_the_name(block: str) -> None:
    found = split(block)
    assert (found.kind, found.fields, found.unknown) == KINDS[block]
    assert found.kind in ("", *rules.HeaderKind)


@pytest.mark.parametrize("case", BLOCKS)
def test_blocks(case: str) -> None:
    block, fields, unknown = BLOCKS[case]
    found = split(block)
    assert (found.fields, found.unknown) == (fields, unknown)


def test_every_sign_that_is_not_understood_is_told() -> None:
    found = split(f"!!! {NAME} ???\n一二三")
    assert " ".join([*found.fields.values(), *found.unknown]).count("一二三") == 1
    assert {"!!!", "???"} <= set(found.unknown)


@given(st.text(st.sampled_from("名称税号地址电话开户行账号：:;； \n\t19MA-()（）路号转ext.LtdBank、"), max_size=80))
def test_nothing_typed_is_lost_and_nothing_raises(block: str) -> None:
    found = split(block)
    assert set(found.fields) <= set(pasted.FIELDS)
    assert all(found.fields.values())
    told = "".join([*found.fields.values(), *found.unknown]).upper()
    for figure in "19":
        assert told.count(figure) >= min(block.count(figure), 1)


@pytest.mark.parametrize("sign", ["1", "路1", " ", "名称：", "省", "\n", "9 ", "公司", "地址 ", "银行", "a:"])
def test_long_blocks_take_no_time(sign: str) -> None:
    began = time.perf_counter()
    split(sign * 1_000_000)
    assert time.perf_counter() - began < 1
