"""Fields in a row without labels, and other shapes of chats, sheets and mails: each value in its own field, or told."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backoffice.headers.pasted import split
from tests.headers.test_pasted import ACCOUNT, BANK, NAME, PHONE, STREET, TAX_ID, WHOLE

EN_NAME, EN_STREET, EN_PHONE = "Lumen Labs Ltd", "12 Harbour Road, Wan Chai, Hong Kong", "+852 2123 4567"
LUMEN = {"name": EN_NAME, "tax_id": TAX_ID}
FIRM = {"name": NAME, "tax_id": TAX_ID}
PLACE = {"address": STREET, "phone": PHONE}
MOBILE = "13800138000"
SEPARATORS = ["，", "、", "/", ",", "；", "|", "\t", "，  ", " / ", "。", "\\", "／", "\n", " | "]


@pytest.mark.parametrize("sign", SEPARATORS)
def test_a_row_without_labels_is_split_into_its_fields(sign: str) -> None:
    found = split(sign.join(WHOLE.values()))
    assert (found.fields, found.unknown) == (WHOLE, [])


@given(
    st.lists(st.sampled_from([*WHOLE, "person"]), min_size=2, max_size=7, unique=True),
    st.sampled_from([*SEPARATORS, " "]),
    st.sampled_from(["", "名称：", "地址：", "开户行："]),
)
def test_a_row_in_any_order_puts_nothing_into_the_wrong_field(order: list[str], sign: str, label: str) -> None:
    """Whatever stands beside whatever: a field holds its own value or none, and what is in no field is told."""
    said = {**WHOLE, "person": "王小明"}
    if label and order[0] != {"名称：": "name", "地址：": "address", "开户行：": "bank"}[label]:
        label = ""
    # Behind an address that has a label three characters may be a place: 王府井.
    assume(label != "地址：" or order[1] != "person")
    found = split(label + sign.join(said[name] for name in order))
    assert {name: value for name, value in found.fields.items() if value != said[name]} == {}
    told = " ".join(found.unknown)
    assert [name for name in order if name not in found.fields and said[name] not in told] == []


ROWS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "an address of several parts": (
        f"{NAME}，{TAX_ID}，上海市浦东新区张江路88号，A座1201室，{PHONE}",
        FIRM | {"address": "上海市浦东新区张江路88号，A座1201室", "phone": PHONE}, []),
    "a bank by its whole name": (
        f"{NAME}，中国工商银行股份有限公司上海张江支行，{ACCOUNT}",
        {"name": NAME, "bank": "中国工商银行股份有限公司上海张江支行", "bank_account": ACCOUNT}, []),
    "English": (
        f"{EN_NAME}, {TAX_ID}, {EN_STREET}, {EN_PHONE}, HSBC Bank, 123456789838",
        LUMEN | {"address": EN_STREET, "phone": EN_PHONE, "bank": "HSBC Bank", "bank_account": "123456789838"}, []),
    "English, a flat and a floor": (
        f"Lumen (Hong Kong) Limited, Flat 5, 12/F, 88 Harbour Road, Wan Chai, Tel: {EN_PHONE}",
        {"name": "Lumen (Hong Kong) Limited", "address": "Flat 5, 12/F, 88 Harbour Road, Wan Chai",
         "phone": EN_PHONE}, []),
    "an English bank with commas": (
        "Shanghai Pudong Development Bank Co., Ltd., Zhangjiang Branch",
        {"bank": "Shanghai Pudong Development Bank Co., Ltd., Zhangjiang Branch"}, []),
    "a university and its address": (
        "Beijing University, 5 Yiheyuan Road, Beijing",
        {"name": "Beijing University", "address": "5 Yiheyuan Road, Beijing"}, []),
    "a person in front of the company": (f"王小明，{NAME}，{TAX_ID}", FIRM, ["王小明"]),
    "a person in front of the company, English": (
        f"Ada Lovelace, {EN_NAME}, 12 Harbour Road", {"name": EN_NAME, "address": "12 Harbour Road"},
        ["Ada Lovelace"]),
    "a person in front of an address": (
        f"王小明，{STREET}，{MOBILE}", {"address": STREET, "phone": MOBILE}, ["王小明"]),
    "somebody else's phone": (f"{NAME}，{TAX_ID}，法人：王小明，{MOBILE}", FIRM, [f"法人：王小明，{MOBILE}"]),
    "two companies": ("甲有限公司，乙有限公司", {"name": "甲有限公司"}, ["乙有限公司"]),
    "two phones": (f"{NAME}，{PHONE}，{MOBILE}", {"name": NAME, "phone": PHONE}, [MOBILE]),
    "an address behind a bank may be the bank's": (f"{BANK}，{STREET}", {"bank": BANK}, [STREET]),
    "an empty cell": (
        f"{NAME}，{TAX_ID}，无，无，{BANK}，{ACCOUNT}", FIRM | {"bank": BANK, "bank_account": ACCOUNT}, []),
    "nothing between an address and a bank": (f"{NAME}\n{STREET}{BANK}", {"name": NAME}, [STREET + BANK]),
    "nothing between any of them": (
        "".join(WHOLE.values()), FIRM, [STREET + PHONE + BANK + ACCOUNT]),
    "behind the label of the name": (f"名称：{'，'.join(WHOLE.values())}", WHOLE, []),
    "a bank under the label of the address": (
        f"地址：{STREET}，{BANK}，{ACCOUNT}", {"address": STREET, "bank": BANK, "bank_account": ACCOUNT}, []),
    "quoted cells": (",".join(f'"{value}"' for value in WHOLE.values()), WHOLE, []),
    "quoted cells, English": (
        f'"{EN_NAME}","{TAX_ID}","{EN_STREET}","{EN_PHONE}"', LUMEN | {"address": EN_STREET, "phone": EN_PHONE}, []),
    "one quoted cell": (
        f'{NAME},{TAX_ID},"上海市徐汇区宜山路900号,3幢",{PHONE}',
        FIRM | {"address": "上海市徐汇区宜山路900号,3幢", "phone": PHONE}, []),
    "quoted labels above quoted cells": (f'"名称","税号"\n"{NAME}","{TAX_ID}"', FIRM, []),
    "curly quotes": (f"“{NAME}”,“{TAX_ID}”", FIRM, []),
    "circled numbers": (f"①{NAME}②{TAX_ID}③{STREET}", FIRM | {"address": STREET}, []),
    "a row of a sheet with empty cells": (
        "\t".join([NAME, TAX_ID, "", "N/A", BANK, ACCOUNT]), FIRM | {"bank": BANK, "bank_account": ACCOUNT}, []),
}  # fmt: skip

SHAPES: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "a chat with a kind of invoice": (
        f"王会计 10:32\n抬头：{NAME} 普票\n税号：{TAX_ID}", FIRM, ["普票", "王会计", "10:32"]),
    "the kind of invoice in brackets": (f"{NAME}（专票）\n{TAX_ID}", FIRM, ["（专票）"]),
    "a sentence": (
        f"麻烦开一张发票，抬头是{NAME}，税号是{TAX_ID}，谢谢", FIRM, ["谢谢", "麻烦开一张发票"]),
    "是 and 为 for a colon": (f"公司名称是{NAME}\n税号为：{TAX_ID}\n地址是{STREET}", FIRM | {"address": STREET}, []),
    "a name that begins with 为": ("名称为民有限公司", {"name": "为民有限公司"}, []),
    "a sentence that ends like a name": (f"请开票给{NAME}", {}, [f"请开票给{NAME}"]),
    "the same in English": (f"Please invoice {EN_NAME}", {}, [f"Please invoice {EN_NAME}"]),
    "a heading alone": (f"【开票信息】\n名称：{NAME}\n税号：{TAX_ID}", FIRM, []),
    "a heading with all behind it": (f"开票信息：{NAME}，税号{TAX_ID}，{STREET}，电话{PHONE}", FIRM | PLACE, []),
    "what is ours": (
        f"我司名称：{NAME}\n我司税号：{TAX_ID}\n我司地址：{STREET}\n我公司开户行：{BANK}\n本公司账号：{ACCOUNT}",
        {name: value for name, value in WHOLE.items() if name != "phone"}, []),
    "a mobile phone": (f"名称：{NAME}\n手机号：138 0013 8000", {"name": NAME, "phone": "138 0013 8000"}, []),
    "the phone of the company before a mobile one": (
        f"手机：{MOBILE}\n电话：{PHONE}\n{NAME}", {"phone": PHONE, "name": NAME}, [MOBILE]),
    "a person to ask for is not the buyer": (
        f"姓名：王小明\n公司：{NAME}\n税号：{TAX_ID}", FIRM, ["王小明"]),
    "a way to be reached that is no phone": (f"联系方式：微信 wxid\n{NAME}", {"name": NAME}, ["微信 wxid"]),
    "two names of one label": (f"税号/统一社会信用代码：{TAX_ID}\n账户名称：{NAME}", FIRM, []),
    "an explained label": (f"税号（统一社会信用代码）：{TAX_ID}\n{NAME}", FIRM, []),
    "the number of the branch": (
        f"开户行:{BANK},支行行号:102290012345,账号:{ACCOUNT}", {"bank": BANK, "bank_account": ACCOUNT},
        ["支行行号: 102290012345"]),
    "what the company was called": (
        f"名称：{NAME}（曾用名：上海旧有限公司）", {"name": NAME}, ["（曾用名：上海旧有限公司）"]),
    "a day is no account": (f"2026-11-29 {NAME} {TAX_ID}", FIRM, ["2026-11-29"]),
    "a signature": (
        f"Best regards,\nAda Lovelace\nAccounts Payable | {EN_NAME}\n{EN_STREET}\nwww.lumen.example",
        {"name": EN_NAME, "address": EN_STREET}, ["Best regards", "Ada Lovelace", "Accounts Payable",
                                                  "www.lumen.example"]),
    "a signature in one line": (
        f"{EN_NAME} | 12 Harbour Road | {EN_PHONE} | ap@lumen.example",
        {"name": EN_NAME, "address": "12 Harbour Road", "phone": EN_PHONE, "email": "ap@lumen.example"}, []),
    # A number is a number however wide it was typed.
    "a wide phone": ("电话：０２１－５０８０１２３４", {"phone": "021-50801234"}, []),
    "wide figures everywhere": (
        f"{NAME}\n地址、电话：上海市张江路８８号　０２１－５０８０１２３４\n"
        f"开户行及账号：{BANK}　１００１２３４５０９２",
        {"name": NAME, "address": "上海市张江路88号", "phone": "021-50801234", "bank": BANK,
         "bank_account": "10012345092"}, []),
    "a wide email": ("邮箱：ａｐ＠ｌｕｍｅｎ．ｅｘａｍｐｌｅ", {"email": "ap@lumen.example"}, []),
    "a long dash in a phone": ("电话：021–50801234", {"phone": "021-50801234"}, []),
    "wide brackets of a name stay wide": ("名称：流明（中国）有限公司", {"name": "流明（中国）有限公司"}, []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("block", "fields", "unknown"),
    [
        pytest.param(*row, id=f"{of} {case}")
        for of, rows in (("row:", ROWS), ("shape:", SHAPES))
        for case, row in rows.items()
    ],
)
def test_shapes_of_chats_sheets_and_mails(block: str, fields: dict[str, str], unknown: list[str]) -> None:
    found = split(block)
    assert (found.fields, found.unknown) == (fields, unknown)


@pytest.mark.parametrize(
    "name",
    [
        "Yunqi Technology Ltd",
        "Harbour Robotics Ltd",
        "Silver Line Media Ltd",
        "Acme 3D Printing Ltd",
        "Gamma Ray Film 3D Ltd",
    ],
)
def test_a_name_of_eighteen_letters_is_a_name(name: str) -> None:
    assert split(name).fields == {"name": name}
    assert split(f"{name}\n{TAX_ID}").fields == {"name": name, "tax_id": TAX_ID}
    # Under the label of the tax ID it is no tax ID either.
    assert split(f"税号：{name}").unknown == [name]


def test_words_of_eighteen_letters_are_no_tax_id() -> None:
    found = split("names of only letters")
    assert (found.fields, found.unknown) == ({}, ["names of only letters"])


@pytest.mark.parametrize(
    "code", ["91310000MA1FL0A278", "9131 0000 MA1F L0A2 78", "9131OOOOMA1FL0A277", "y1310000ma1fl0a277"]
)
def test_a_tax_id_that_is_nearly_right_is_still_one(code: str) -> None:
    assert split(code).fields == {"tax_id": code.replace(" ", "").upper()}


@pytest.mark.parametrize(
    "word",
    ["无", "暂无", "没有", "N/A", "n/a", "NA", "none", "None.", "nil", "-", "--", "—", "/", "（无）", "无。", "null"],
)
def test_a_word_for_nothing_is_no_value_of_any_field(word: str) -> None:
    labels = ("名称", "税号", "地址", "电话", "开户行", "账号", "邮箱", "地址、电话", "开户行及账号", "抬头类型")
    found = split("\n".join(f"{label}：{word}" for label in labels))
    assert (found.kind, found.fields, found.unknown) == ("", {}, [])
    found = split(f"Company: {EN_NAME}\nAddress: {word}\nBank: {word}\nAccount No.: {word}")
    assert (found.fields, found.unknown) == ({"name": EN_NAME}, [])


@pytest.mark.parametrize("word", ["同上", "见附件", "待补充", "略", "TBD", "see attachment"])
def test_a_word_that_leads_elsewhere_is_told(word: str) -> None:
    found = split("\n".join(f"{label}：{word}" for label in ("名称", "地址", "开户行", "地址、电话")))
    assert (found.fields, found.unknown) == ({}, [word] * 4)


def test_half_of_two_fields_may_be_empty() -> None:
    found = split(f"地址、电话：{STREET} 无\n开户行及账号：{BANK}、无")
    assert (found.fields, found.unknown) == ({"address": STREET, "bank": BANK}, [])


# block -> (kind, fields, not understood)
KINDS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    f"个人\n王小明\n{MOBILE}": ("personal", {"phone": MOBILE}, ["王小明"]),
    "Individual\nName: Wang Xiaoming": ("personal", {"name": "Wang Xiaoming"}, []),
    f"企业\n{NAME}": ("enterprise", {"name": NAME}, []),
    f"姓名：王小明\n手机：{MOBILE}": ("personal", {"name": "王小明", "phone": MOBILE}, []),
    f"姓名：{NAME}": ("", {"name": NAME}, []),
    "抬头：个人\n姓名：王小明\n税号：无": ("personal", {"name": "王小明"}, []),
    "抬头：个人（王小明）": ("personal", {"name": "王小明"}, []),
    "姓　名：王小明\n身份证号码：110105194912310021": (
        "personal", {"name": "王小明", "tax_id": "110105194912310021"}, []),
}  # fmt: skip


@pytest.mark.parametrize("block", KINDS)
def test_a_person_is_told_from_a_company(block: str) -> None:
    found = split(block)
    assert (found.kind, found.fields, found.unknown) == KINDS[block]
