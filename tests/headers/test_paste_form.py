"""Pasting a block at the form: a suggestion for empty fields, an offer for the others, nothing saved."""

from __future__ import annotations

import re

from backoffice.headers import pasted
from tests.headers.conftest import GOOD, Clerk

BLOCK = """公司名称：上海流明机器人有限公司
税号：9131 0000 ma1f l0a2 77
地址、电话：上海市徐汇区宜山路900号 021-64852200
开户行及账号：中国建设银行上海漕河泾支行 3105 0170 4200 0000 1188
收件邮箱：ap@lumen.example
谢谢<b>"""
FIELDS = {
    "name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277", "address": "上海市徐汇区宜山路900号",
    "phone": "021-64852200", "bank": "中国建设银行上海漕河泾支行", "bank_account": "3105 0170 4200 0000 1188",
    "email": "ap@lumen.example",
}  # fmt: skip
MARK = "From the pasted text, please check."


def test_empty_fields_are_filled_and_marked_and_nothing_is_saved(ada: Clerk) -> None:
    assert ada.new("Split into the fields", pasted_text=BLOCK, remarks="kept") == 200
    typed = ada.typed()
    assert {name: typed[name] for name in FIELDS} == FIELDS
    assert ada.text.count(MARK) == len(FIELDS)
    assert typed["remarks"] == "kept"
    assert typed["pasted_text"].replace("\r\n", "\n") == BLOCK
    assert "&lt;b&gt;" in ada.page.text
    assert "Not understood" in ada.text
    assert "data-keep-fresh" in ada.text
    assert ada.kept() == []
    assert ada.press() == 303
    assert {name: getattr(ada.kept()[0], name) for name in FIELDS} == FIELDS


def test_a_block_as_long_as_the_field_takes_is_split_whatever_its_lines(ada: Clerk) -> None:
    block = f"{BLOCK}\n" + "\n" * (pasted.LIMIT - len(BLOCK) - 1)
    assert ada.new("Split into the fields", pasted_text=block) == 200
    assert ada.told("pasted_text") == ""
    assert ada.typed()["name"] == FIELDS["name"]


def test_what_was_typed_stays_and_the_text_is_offered(ada: Clerk) -> None:
    ada.new("split", pasted_text=BLOCK, name="Lumen", tax_id="91310000MA1FL0A277")
    assert ada.typed()["name"] == "Lumen"
    assert "The pasted text says:" in ada.text
    # The same tax ID was typed: nothing to offer there.
    assert 'value="take-tax_id"' not in ada.text
    assert ada.press("take-name") == 200
    assert ada.typed()["name"] == FIELDS["name"]
    assert 'value="take-name"' not in ada.text
    assert ada.kept() == []


def test_a_kind_in_the_text_is_chosen_where_nobody_chose_and_offered_elsewhere(ada: Clerk) -> None:
    person = "抬头：个人 王小明"
    ada.new("split", pasted_text=person)
    assert (ada.typed()["kind"], ada.typed()["name"]) == ("personal", "王小明")
    assert ada.text.count(MARK) == 2
    assert "From the text: Type, Name." in ada.text
    # A tax ID is nothing a person needs.
    assert ada.press() == 303
    assert (ada.kept()[0].kind, ada.kept()[0].name) == ("personal", "王小明")
    ada.new("split", pasted_text=person, name="Lumen")
    assert (ada.typed()["kind"], ada.typed()["name"]) == ("enterprise", "Lumen")
    assert "The pasted text says: Personal" in " ".join(re.sub(r"<[^>]+>", "", ada.text).split())
    assert ada.press("take-kind") == 200
    assert (ada.typed()["kind"], ada.typed()["name"]) == ("personal", "Lumen")
    assert 'value="take-kind"' not in ada.text
    ada.new("split", pasted_text="抬头：企业", kind="public_body")
    assert ada.typed()["kind"] == "public_body"


def test_the_mark_goes_with_the_words_it_speaks_of(ada: Clerk) -> None:
    ada.new("split", pasted_text=BLOCK)
    ada.press(name="Another", tax_id="9131")
    assert ada.page.status_code == 422
    assert ada.text.count(MARK) == len(FIELDS) - 2
    assert 'value="take-name"' in ada.text


def test_a_wrong_tax_id_in_the_text_is_told_at_once(ada: Clerk) -> None:
    assert ada.new("split", pasted_text="税号：91310000NA1FL0A277") == 200
    assert "Did you mean 91310000MA1FL0A277?" in ada.told("tax_id")
    assert ada.press("Use 91310000MA1FL0A277") == 200
    assert ada.typed()["tax_id"] == "91310000MA1FL0A277"


def test_text_that_says_nothing_and_text_that_is_too_long(ada: Clerk) -> None:
    nothing = "No name, tax ID, address, bank or email was found"
    ada.new("split", pasted_text="...!")
    assert '<li translate="no">...!</li>' in ada.text
    ada.new("split", pasted_text="名称：")
    assert nothing in ada.text
    ada.new("split")
    assert nothing not in ada.text
    ada.new("split", pasted_text="名称：甲\n" * 1000)
    assert "at most 2000 are possible" in ada.told("pasted_text")
    assert ada.typed()["name"] == ""


def test_a_header_that_exists_is_filled_up(ada: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert ada.press("split", pasted_text=BLOCK) == 200
    assert ada.kept()[0].phone == ""
    assert ada.press() == 303
    assert ada.kept()[0].phone == FIELDS["phone"]
