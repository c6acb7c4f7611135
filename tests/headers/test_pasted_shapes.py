"""The shapes in which people send a header: understood whole, or told as not understood; never wrong in silence."""

from __future__ import annotations

import json
import time

import pytest

from backoffice.headers.pasted import split
from tests.headers.test_pasted import ACCOUNT, BANK, ENGLISH, NAME, PHONE, STREET, TAX_ID, WHOLE

LABELS = {"name": "公司名称", "tax_id": "税号", "address": "注册地址", "phone": "电话", "bank": "开户行",
          "bank_account": "账号"}  # fmt: skip
WORDS = {"name": "Company", "tax_id": "Tax ID", "address": "Address", "phone": "Phone", "bank": "Bank",
         "bank_account": "Account"}  # fmt: skip


def written(values: dict[str, str], labels: dict[str, str], pair: str, between: str) -> str:
    """The fields of a block in one way of writing them; {turn}, {figure} and {letter} number them."""
    return between.join(
        pair.format(label=labels[name], value=value, turn=turn, figure="一二三四五六"[turn - 1],
                    round=chr(0x2460 + turn - 1), letter="abcdef"[turn - 1])
        for turn, (name, value) in enumerate(values.items(), 1)
    )  # fmt: skip


# How a label and its value are written, and what stands between two of them.
CHINESE = [
    ("{turn}、{label}：{value}", "；"), ("{turn}、{label}：{value}", ";"), ("{turn}、{label}：{value}", "，"),
    ("{turn}、{label}：{value}", "。"), ("{turn}、{label}：{value}", "； "), ("{turn}、{label}：{value}", " "),
    ("{turn}、{label}：{value}", "\n"), ("{turn}.{label}：{value}", "；"), ("{turn}. {label}: {value}", "; "),
    ("({turn}) {label}：{value}", "；"), ("（{turn}）{label}：{value}", "；"), ("（{turn}）{label}：{value}", ""),
    ("{turn}){label}：{value}", "，"), ("{round} {label}：{value}", "\n"), ("{round}{label}：{value}", "；"),
    ("{round}{label}：{value}", ""), ("{figure}、{label}：{value}", "；"), ("{figure}、{label}：{value}", "\n"),
    ("（{figure}）{label}：{value}", "；"), ("{letter}) {label}：{value}", "\n"), ("{letter}) {label}：{value}", "; "),
    ("{label} - {value}", "\n"), ("{label}-{value}", "\n"), ("{label}——{value}", "\n"), ("{label}→{value}", "\n"),
    ("{label} → {value}", "；"), ("{label} => {value}", "\n"), ("{label}#{value}", "#"), ("{label}|{value}", "|"),
    ("{label}，{value}", "\n"), ("{label},{value}", ","), ("| {label} | {value} |", "\n"), ("{label}={value}", "\n"),
    ("**{label}**：{value}", "\n"), ("**{label}：** {value}", "\n"), ("- **{label}**: {value}", "\n"),
    ("> {label}：{value}", "\n"), ("# {label}：{value}", "\n"), ("`{label}`: {value}", "\n"),
    ('"{label}": "{value}"', ",\n"), ("“{label}”：“{value}”", "\n"), ("「{label}」：「{value}」", "\n"),
    ("{label}：“{value}”", "\n"), ("{label}\n{value}", "\n"), ("{label}：\n{value}", "\n\n"),
    ("✓ {label}：{value}", "\n"),
]  # fmt: skip
LATIN = [
    ("{label}: {value}", "\n"), ("{turn}. {label}: {value}", "\n"), ("{turn}) {label}: {value}", "; "),
    ("{letter}) {label}: {value}", "\n"), ("{label} - {value}", "\n"), ("{label} – {value}", "\n"),
    ("{label} -> {value}", "\n"), ("{label} → {value}", "\n"), ("{label}#{value}", "#"), ("{label}|{value}", "|"),
    ("| {label} | {value} |", "\n"), ("{label},{value}", "\n"), ("{label}, {value}", "\n"), ("{label} = {value}", "\n"),
    ("**{label}:** {value}", "\n"), ("* {label}: {value}", "\n"), ('"{label}": "{value}"', ",\n"),
    ('"{label}","{value}"', "\n"), ('{label},"{value}"', "\n"), ("{label}\n{value}", "\n"), ("{label}\t{value}", "\n"),
]  # fmt: skip


@pytest.mark.parametrize(("pair", "between"), CHINESE)
def test_a_chinese_block_is_understood_however_it_is_written(pair: str, between: str) -> None:
    found = split(written(WHOLE, LABELS, pair, between))
    assert (found.fields, found.unknown) == (WHOLE, [])


@pytest.mark.parametrize(("pair", "between"), LATIN)
def test_an_english_block_is_understood_however_it_is_written(pair: str, between: str) -> None:
    found = split(written(ENGLISH, WORDS, pair, between))
    assert (found.fields, found.unknown) == (ENGLISH, [])


LUMEN = {"name": "Lumen Labs Ltd", "tax_id": TAX_ID}
ROAD = "12 Harbour Road, Wan Chai, Hong Kong"

# what it is -> (block, fields, not understood)
BLOCKS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "pairs of a chat robot, two fields in one": (
        f"名称#{NAME}#税号#{TAX_ID}#地址电话#{STREET} {PHONE}#开户行及账号#{BANK} {ACCOUNT}", WHOLE, []),
    "JSON": (json.dumps({"buyer": {"companyName": NAME, "taxId": TAX_ID, "bankAccount": ACCOUNT}, "vip": True}),
             {"name": NAME, "tax_id": TAX_ID, "bank_account": ACCOUNT}, ["vip：True"]),
    "JSON cut off": (f'{{"name": "{NAME}", "tax_id": "{TAX_ID}", "addr', {"name": NAME, "tax_id": TAX_ID}, ['"addr']),
    "settings": (f"company_name: {NAME}\ntax_id: {TAX_ID}", {"name": NAME, "tax_id": TAX_ID}, []),
    "a table with its labels in the first row": (
        "\t".join(LABELS.values()) + "\n" + "\t".join(WHOLE.values()), WHOLE, []),
    "the same of a spreadsheet": (
        f'Name,Tax ID,Address\nLumen Labs Ltd,{TAX_ID},"{ROAD}"', LUMEN | {"address": ROAD}, []),
    "the same in Markdown": (
        f"| 名称 | 税号 |\n| --- | :---: |\n| {NAME} | {TAX_ID} |", {"name": NAME, "tax_id": TAX_ID}, []),
    "a name and an address that run on": (
        f"名称：上海流明\n机器人有限公司\n税号：{TAX_ID}\n地址：上海市徐汇区\n宜山路900号\n3幢",
        {"name": NAME, "tax_id": TAX_ID, "address": STREET}, []),
    "address and phone that run on": (
        f"地址、电话：上海市徐汇区\n宜山路900号3幢 {PHONE}", {"address": STREET, "phone": PHONE}, []),
    "a bank that runs on": (
        f"开户行：中国建设银行\n上海漕河泾支行\n账号：{ACCOUNT}", {"bank": BANK, "bank_account": ACCOUNT}, []),
    "a tax ID that runs on": (f"税号：9131 0000\nMA1F L0A2 77\n名称：{NAME}", {"name": NAME, "tax_id": TAX_ID}, []),
    "an English address over three lines": (
        f"Name: Lumen Labs Ltd\nAddress: 12 Harbour Road\nWan Chai\nHong Kong\nTax ID: {TAX_ID}",
        LUMEN | {"address": ROAD}, []),
    "an English name that runs on": (f"Name: Lumen\nLabs Ltd\nTax ID: {TAX_ID}", LUMEN, []),
    "an address ends at an empty line": (
        "Name: Lumen Labs Ltd\nAddress: 12 Harbour Road\n\nSee you", {"name": "Lumen Labs Ltd",
                                                                       "address": "12 Harbour Road"}, ["See you"]),
    "an address ends at a greeting": (
        f"地址：{STREET}\n谢谢\nThanks\nBest regards", {"address": STREET}, ["谢谢", "Thanks", "Best regards"]),
    "an address ends at another field": (
        f"Address: 12 Harbour Road\n{TAX_ID}\nAttn: Ada", {"address": "12 Harbour Road", "tax_id": TAX_ID},
        ["Attn: Ada"]),
    "whom it is billed to": (
        "Bill to: Acme GmbH\nHauptstraße 5\n10115 Berlin\nGermany\nVAT ID: DE123456789",
        {"name": "Acme GmbH", "address": "Hauptstraße 5, 10115 Berlin, Germany", "tax_id": "DE123456789"}, []),
    "billed to, on its own line": (
        f"Invoice to:\nLumen Labs Ltd\n12 Harbour Road\nShanghai 200120\nChina\nUSCC {TAX_ID}",
        LUMEN | {"address": "12 Harbour Road, Shanghai 200120, China"}, []),
    "a bare VAT number": ("Name: Lumen Labs Ltd\nVAT: GB123456789", LUMEN | {"tax_id": "GB123456789"}, []),
    "a bare VAT number without colon": (
        "Lumen Labs Ltd\nVAT GB 123 4567 89\nTel +852 2123 4567\nAccount 123-456789-838",
        LUMEN | {"tax_id": "GB123456789", "phone": "+852 2123 4567", "bank_account": "123-456789-838"}, []),
    "a rate is no VAT number": ("Name: Lumen Labs Ltd\nVAT: 13%", {"name": "Lumen Labs Ltd"}, ["13%"]),
    "labels glued to their values": (
        f"名称{NAME}\n地址{STREET}\n开户行{BANK}", {"name": NAME, "address": STREET, "bank": BANK}, []),
    "English labels without colon": (
        f"Name Lumen Labs Ltd\nTax ID {TAX_ID}\nAddress 12 Harbour Road", LUMEN | {"address": "12 Harbour Road"}, []),
    "a number glued between two values": (f"名称：{NAME}2、税号：{TAX_ID}", {"name": NAME, "tax_id": TAX_ID}, []),
    "the same behind figures": (
        f"1、账号：{ACCOUNT}2、税号：{TAX_ID}", {"bank_account": ACCOUNT, "tax_id": TAX_ID}, []),
    "traditional characters, Taiwan": (
        f"公司名稱：{NAME}\n統一編號：12345678", {"name": NAME, "tax_id": "12345678"}, []),
    # What follows cannot be told for sure: it is named, not guessed.
    "the rest of an account is no phone": (
        "账号：1219 0000\n5000 1234", {"bank_account": "1219 0000"}, ["5000 1234"]),
    "the bank's address is not the buyer's": (
        f"名称：{NAME}\n开户行地址：上海市\n{STREET}", {"name": NAME}, ["开户行地址： 上海市", STREET]),
    "a label that we do not know, with a dash": ("Firma - Acme GmbH", {}, ["Firma - Acme GmbH"]),
    "a label that we do not know, with an arrow": (f"甲方→{NAME}", {}, [f"甲方→{NAME}"]),
    "a label that we do not know, with a comma": ("Empresa,Acme Ltd", {}, ["Empresa,Acme Ltd"]),
    "a word that may be a label": ("Company Lumen Labs Ltd", {}, ["Company Lumen Labs Ltd"]),
    "the rest of a name that is whole": (
        f"名称：{NAME}\n上海第二分公司", {"name": NAME}, ["上海第二分公司"]),
    # What only looks like a shape of these.
    "a company with commas": ("Lumen Robotics Co.,Ltd.\n" + TAX_ID, {"name": "Lumen Robotics Co.,Ltd.",
                                                                   "tax_id": TAX_ID}, []),
    "a bank called like a label, behind its label": (
        "Bank: Bank of China, Shanghai Branch", {"bank": "Bank of China, Shanghai Branch"}, []),
    "a building with a hash": (
        "地址：上海市徐汇区宜山路900号3#501", {"address": "上海市徐汇区宜山路900号3#501"}, []),
    "an extension with a hash": ("电话：021-64852200#12\n" + NAME, {"phone": "021-64852200#12", "name": NAME}, []),
    "an English address with the words of labels": (
        "Address: 5 Bank Street, City Centre, Company Square", {
            "address": "5 Bank Street, City Centre, Company Square"}, []),
    "quotes inside a name stay": (
        f'名称：上海"好"有限公司\n税号：{TAX_ID}', {"name": '上海"好"有限公司', "tax_id": TAX_ID}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", BLOCKS)
def test_blocks_of_real_life(case: str) -> None:
    block, fields, unknown = BLOCKS[case]
    found = split(block)
    assert (found.fields, found.unknown) == (fields, unknown)


@pytest.mark.parametrize(
    "sign",
    [
        "-",
        "- ",
        "#",
        "**",
        '"',
        '"a":"b",',
        "|",
        "{",
        "[",
        "1、",
        "①",
        "a,",
        "名称,",
        "Name,",
        "12 Road\n",
        "\t",
        "<br",
    ],
)
def test_marks_without_end_take_no_time(sign: str) -> None:
    began = time.perf_counter()
    split(sign * 100_000)
    split("名称：" + sign * 100_000)
    assert time.perf_counter() - began < 1
