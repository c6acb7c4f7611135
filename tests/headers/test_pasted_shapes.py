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
    "an English address over two lines without label": (
        f"Lumen Labs Ltd\n88 Keyuan Road\nNanshan, Shenzhen\n{TAX_ID}",
        LUMEN | {"address": "88 Keyuan Road, Nanshan, Shenzhen"}, []),
    "a line below an address that may be a person": (
        f"Lumen Labs Ltd\n88 Keyuan Road\nAda Lovelace\n{TAX_ID}",
        LUMEN | {"address": "88 Keyuan Road"}, ["Ada Lovelace"]),
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


LUMEN_SZ, SZ_ID, SELLER_ID = "深圳流明科技有限公司", "91440300MA5DA0X7X5", "91310000MA1FL0A277"
SZ = {"name": LUMEN_SZ, "tax_id": SZ_ID}
NUMBER, SZ_BANK, SZ_STREET = "755912345678901", "招商银行深圳科苑支行", "深圳市南山区科苑路88号"
JSON_OF_BOTH = json.dumps(
    {"seller": {"name": "Acme Ltd", "taxId": SELLER_ID}, "buyer": {"name": "Lumen Ltd", "taxId": SZ_ID}}
)

# Both parties of a sale: what is said of the seller is told, and becomes nothing of the buyer's.
PARTIES: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "seller above": (
        f"销售方：上海某某有限公司 税号：{SELLER_ID}\n购买方：{LUMEN_SZ} 税号：{SZ_ID}", SZ,
        [f"销售方：上海某某有限公司 税号：{SELLER_ID}"]),
    "seller below, with more of its own": (
        f"购买方：{LUMEN_SZ} 税号：{SZ_ID}\n销售方：甲有限公司 税号：{SELLER_ID}\n地址：上海市宜山路1号", SZ,
        [f"销售方：甲有限公司 税号：{SELLER_ID}", "地址：上海市宜山路1号"]),
    "a label for each party": (
        f"销售方税号：{SELLER_ID} 购买方税号：{SZ_ID}", {"tax_id": SZ_ID}, [f"销售方税号：{SELLER_ID}"]),
    "glued together": (
        f"销售方：甲有限公司购买方：{LUMEN_SZ}税号：{SZ_ID}", SZ, ["销售方：甲有限公司"]),
    "other words for them": (
        f"销货单位名称：甲有限公司\n购货单位名称：{LUMEN_SZ}\n购货单位税号：{SZ_ID}", SZ, ["销货单位名称：甲有限公司"]),
    "shorter words": (
        f"卖方：甲有限公司\n开户行：建设银行上海分行\n买方：{LUMEN_SZ}\n开户行：{SZ_BANK}",
        {"name": LUMEN_SZ, "bank": SZ_BANK}, ["卖方：甲有限公司", "开户行：建设银行上海分行"]),
    "of a contract": (
        f"甲方：{LUMEN_SZ}\n乙方：甲有限公司\n税号：{SELLER_ID}", {"name": LUMEN_SZ},
        ["乙方：甲有限公司", f"税号：{SELLER_ID}"]),
    "as headings": (
        f"【销售方信息】\n名称：甲有限公司\n【购买方信息】\n名称：{LUMEN_SZ}\n税号：{SZ_ID}", SZ,
        ["销售方信息：", "名称：甲有限公司"]),
    "traditional characters": (
        f"銷售方：甲有限公司\n購買方：{LUMEN_SZ}", {"name": LUMEN_SZ}, ["銷售方：甲有限公司"]),
    "a table": (
        f"销售方名称\t购买方名称\t购买方税号\n甲有限公司\t{LUMEN_SZ}\t{SZ_ID}", SZ, ["销售方名称：甲有限公司"]),
    "English, a label for each": (
        f"Seller tax ID: {SELLER_ID}\nBuyer tax ID: {SZ_ID}", {"tax_id": SZ_ID}, [f"Seller tax ID: {SELLER_ID}"]),
    "English, in one line": (
        f"Seller tax ID: {SELLER_ID} Buyer tax ID: {SZ_ID}", {"tax_id": SZ_ID}, [f"Seller tax ID: {SELLER_ID}"]),
    "English, from and bill to": (
        f"From: Acme Ltd\nTax ID: {SELLER_ID}\nBill to: Lumen Labs Ltd\nTax ID: {SZ_ID}",
        {"name": "Lumen Labs Ltd", "tax_id": SZ_ID}, ["From: Acme Ltd", f"Tax ID: {SELLER_ID}"]),
    "English, from and to, with an address": (
        f"From: Acme Ltd\n12 Harbour Road\nTo: Lumen Labs Ltd\nTax ID: {SZ_ID}",
        {"name": "Lumen Labs Ltd", "tax_id": SZ_ID}, ["From: Acme Ltd", "12 Harbour Road"]),
    "English, on lines of their own": (
        f"Vendor\nAcme Ltd\nTax ID {SELLER_ID}\nBuyer\nLumen Labs Ltd\nTax ID {SZ_ID}",
        {"name": "Lumen Labs Ltd", "tax_id": SZ_ID}, ["Vendor", "Acme Ltd", f"Tax ID {SELLER_ID}"]),
    "JSON": (
        JSON_OF_BOTH, {"name": "Lumen Ltd", "tax_id": SZ_ID}, ["seller：", "name：Acme Ltd", f"tax Id：{SELLER_ID}"]),
    "the head of a mail is no party": (
        f"From: ada@lumen.example\nTo: ap@x.example\n名称：{LUMEN_SZ}\n税号：{SZ_ID}", SZ,
        ["From: ada@lumen.example", "To: ap@x.example"]),
    "the head of a mail without addresses": (
        f"From: Ada\nSent: Monday\nTo: Bo\nName: Lumen Labs Ltd\nTax ID: {SZ_ID}",
        {"name": "Lumen Labs Ltd", "tax_id": SZ_ID}, ["From: Ada", "Sent: Monday", "To: Bo"]),
    "the buyer alone": (f"购买方信息：\n名称：{LUMEN_SZ}\n税号：{SZ_ID}", SZ, []),
}  # fmt: skip

# What somebody wrote behind a value.
WORDS_BEHIND: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "thanks behind an account": (f"账号{NUMBER}，谢谢！", {"bank_account": NUMBER}, ["谢谢！"]),
    "the kind of an account": (f"账号：{NUMBER}（基本户）", {"bank_account": NUMBER}, ["（基本户）"]),
    "its currency": (f"账号：{NUMBER}（人民币）", {"bank_account": NUMBER}, ["（人民币）"]),
    "its currency in English": (f"Account: {NUMBER} (CNY)", {"bank_account": NUMBER}, ["(CNY)"]),
    "its currency without brackets": (f"Account: {NUMBER} CNY", {"bank_account": NUMBER}, ["CNY"]),
    "behind bank and account": (
        f"开户行及账号：{SZ_BANK} {NUMBER}（基本户）", {"bank": SZ_BANK, "bank_account": NUMBER}, ["（基本户）"]),
    "whose a phone is": ("电话：0755-86001234（财务部）", {"phone": "0755-86001234"}, ["（财务部）"]),
    "who answers, before it": ("电话：张三 13800138000", {"phone": "13800138000"}, ["张三"]),
    "two phones": ("电话：0755-86001234、13800138000", {"phone": "0755-86001234"}, ["13800138000"]),
    "a wish behind a tax ID": (f"税号：{SZ_ID}，请开专票，金额10000元", {"tax_id": SZ_ID}, ["请开专票，金额10000元"]),
    "the same in English": (
        f"Tax ID: {SZ_ID} (please issue a special VAT invoice)", {"tax_id": SZ_ID},
        ["(please issue a special VAT invoice)"]),
    "without brackets": (f"Tax ID: {SZ_ID} please", {"tax_id": SZ_ID}, ["please"]),
    "a person between address and phone": (
        f"地址、电话：{SZ_STREET}，张三收 13800138000", {"address": SZ_STREET, "phone": "13800138000"}, ["张三收"]),
    "a person by a title": (f"地址：{SZ_STREET} 王女士", {"address": SZ_STREET}, ["王女士"]),
    "a person by a label": (f"地址：{SZ_STREET}，收件人张三", {"address": SZ_STREET}, ["收件人张三"]),
    "a place behind a house number": (
        "地址：北京市东城区王府井大街255号，王府井", {"address": "北京市东城区王府井大街255号，王府井"}, []),
    "a place between address and phone": (
        "地址、电话：北京市东城区王府井大街255号，王府井 010-65128888",
        {"address": "北京市东城区王府井大街255号，王府井", "phone": "010-65128888"}, []),
    "three characters that may be anything": (
        f"地址：{SZ_STREET}，马家堡", {"address": f"{SZ_STREET}，马家堡"}, []),
    "thanks behind a name": (f"名称：{LUMEN_SZ}，谢谢", {"name": LUMEN_SZ}, ["谢谢"]),
    "no account at all": ("账号：见附件", {}, ["见附件"]),
    # What belongs to the value stays.
    "an extension": ("电话：0755-86001234转801", {"phone": "0755-86001234转801"}, []),
    "a French phone": ("Phone: +33 1 23 45 67 89", {"phone": "+33 1 23 45 67 89"}, []),
    "an account with dashes": ("Account: 12-3456-7890123-00", {"bank_account": "12-3456-7890123-00"}, []),
    "letters at the end of a tax ID": ("VAT ID: CHE-123.456.789 MWST", {"tax_id": "CHE123.456.789MWST"}, []),
    "brackets in an address": (f"地址：{SZ_STREET}（一楼）", {"address": f"{SZ_STREET}（一楼）"}, []),
    "a building behind a number": (f"地址：{SZ_STREET} 高新大厦", {"address": f"{SZ_STREET} 高新大厦"}, []),
    "a road of the same words": ("Address: 5 Best Road, Order Lane", {"address": "5 Best Road, Order Lane"}, []),
}  # fmt: skip

SHORT_LABELS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    **{label: (f"{label}：{LUMEN_SZ}", {"name": LUMEN_SZ}, []) for label in ("公司", "单位", "甲方", "客户", "买方")},
    "基本户 of a bank": (f"基本户：{SZ_BANK} {NUMBER}", {"bank": SZ_BANK, "bank_account": NUMBER}, []),
    "基本户": (f"基本户：{NUMBER}", {"bank_account": NUMBER}, []),
    "住所": (f"住所：{SZ_STREET}", {"address": SZ_STREET}, []),
    "开户": (f"开户：{SZ_BANK}", {"bank": SZ_BANK}, []),
    "a sentence before the name": (
        f"您好，麻烦按以下信息开票：{LUMEN_SZ}\n税号：{SZ_ID}", SZ, ["您好，麻烦按以下信息开票："]),
    "a sentence before a label": (
        f"请按以下信息开票：名称：{LUMEN_SZ} 税号：{SZ_ID}", SZ, ["请按以下信息开票："]),
    "the address of the register goes first": (
        f"通讯地址：深圳市科苑路99号\n注册地址：{SZ_STREET}", {"address": SZ_STREET}, ["深圳市科苑路99号"]),
    "also before a bare one": (
        f"地址：深圳市科苑路99号\n注册地址：{SZ_STREET}", {"address": SZ_STREET}, ["深圳市科苑路99号"]),
    "without one of the register": (f"通讯地址：{SZ_STREET}", {"address": SZ_STREET}, []),
    "English": (
        "Mailing address: 1 Pier Road\nRegistered address: 2 Harbour Road", {"address": "2 Harbour Road"},
        ["1 Pier Road"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("block", "fields", "unknown"),
    [
        pytest.param(*row, id=f"{of} {case}")
        for of, rows in (("party:", PARTIES), ("behind:", WORDS_BEHIND), ("label:", SHORT_LABELS))
        for case, row in rows.items()
    ],
)
def test_each_word_goes_to_its_own_field_or_is_told(block: str, fields: dict[str, str], unknown: list[str]) -> None:
    found = split(block)
    assert (found.fields, found.unknown) == (fields, unknown)


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
        "销售方：",
        "买方 ",
        "seller ",
        "From:\n",
        "请",
        "1 a ",
        "(1",
        "，张",
    ],
)
def test_marks_without_end_take_no_time(sign: str) -> None:
    began = time.process_time()
    split(sign * 100_000)
    split("名称：" + sign * 100_000)
    assert time.process_time() - began < 1
