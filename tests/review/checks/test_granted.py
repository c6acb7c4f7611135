"""Remarks that name what the application says already, and those that turn it round."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import COMPANY, facts, header

GRANTED = (
    "客户名称:上海流明机器人有限公司", "合同金额1200元开票", "91310000ma1fl0a277", "开给上海流明机器人有限公司",
    "请开增值税普通发票", "抬头请用上海流明机器人有限公司", "请按1200元开", "Please invoice only 1,200.00",
    "发送至 ap@lumen.example", "请用中文开", "开给上海流明机器人公司", "开给上海流明机器人有限责任公司，谢谢",
    "抬头：上海流明机器人有限公司", "开给上海流明机器人有限公司，按1200元开，发送至ap@lumen.example，谢谢！",
    "Please issue the invoice in the name of 上海流明机器人有限公司.", "Amount: CNY 1,200.00",
    "请开增值税普通发票，谢谢", "ap@lumen.example", "Please e-mail it to ap@lumen.example, thanks",
    "税号：91310000MA1FL0A277", "请用中文开具", "请将发票发送到邮箱：ap@lumen.example", "按1200元开具", "金额1200元",
    "0.12万元开", COMPANY, f"{COMPANY}。", f"{COMPANY}\nPO 4500012873",
)  # fmt: skip
# With the buyer, the amount or the address of the application itself.
TURNED_ROUND = (
    "Please bill to Beichen Ltd instead of {buyer}", "抬头：北京先行科技有限公司（原{buyer}）", "买方不应为{buyer}",
    "开给北京先行科技有限公司而不是{buyer}", "in the name of Acme GmbH instead of {buyer}", "抬头不是{buyer}",
    "Invoice only half of {amount}", "只开500元不开{amount}元", "amount should be 270 not {amount}",
    "按{amount}美元开", "invoice only {amount} of 5000", "bill only {amount} now and the rest later",
    "amount must be {amount} without tax", "Send it to {address} only when the contract is signed",
    "email the refund to {address}", "Send it to our lawyer, not to {address}",
    "Send it to {address} after 15 December", "Please e-mail it to {address} and charge 500 less",
    "开给{buyer}增值税专用发票", "开给{buyer}，金额减半", "in the name of {buyer} and Acme GmbH",
    "in the name of {buyer}/Acme GmbH", "抬头：{buyer}深圳分公司", "抬头：{buyer}(深圳)", "开到{buyer}子公司",
    "Send it to {address} and bob@other.example", "not Send it to {address}", "don't issue to {buyer}",
    "不开给{buyer}", "别发送至{address}", "以{buyer}名义开给北京先行", "用{buyer}抬头不开票",
    "按{amount}元开，按{amount}元开", "Invoice {amount}. And the same again: invoice {amount}",
    "Invoice {amount}\ninvoice {amount}", "抬头：{buyer}，买方：{buyer}的母公司",
)  # fmt: skip


@pytest.mark.parametrize("typed", GRANTED)
def test_what_the_application_says_is_no_wish(typed: str) -> None:
    found = wishes.remarks(facts(remarks=typed))
    assert (found.outcome, str(found.message)) == ("pass", "It names what the application says already.")


@pytest.mark.parametrize("amount", ["1200", "1,200.00"])
@pytest.mark.parametrize("typed", TURNED_ROUND)
def test_words_around_what_the_application_says_turn_it_round(typed: str, amount: str) -> None:
    remarks = typed.format(buyer=COMPANY, amount=amount, address="ap@lumen.example")
    assert wishes.remarks(facts(remarks=remarks)).outcome != "pass"


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("pass", {"remarks": "DE123456789", "header": header(tax_id="DE 123456789")}),
        ("pass", {"remarks": "Ref. DE 123-456-789", "header": header(tax_id="DE123456789")}),
        ("pass", {"remarks": "请开专票", "header": header(vat_kind="special")}),
        ("warn", {"remarks": "请开普票", "header": header(vat_kind="special")}),
        ("pass", {"remarks": "Please issue it in English", "header": header(language="en")}),
        ("warn", {"remarks": "Please issue in English", "header": header(language="both")}),
        ("warn", {"remarks": "请用中文开", "header": header(language="both")}),
        ("warn", {"remarks": "Please issue it in English"}),
        ("pass", {"remarks": "Invoice to Nova Robotics Co., Ltd.", "header": header(name="Nova Robotics Co., Ltd.")}),
        ("warn", {"remarks": "Invoice to Nova Robotics GmbH", "header": header(name="Nova Robotics Co., Ltd.")}),
        ("pass", {"remarks": "Invoice only EUR 1,200.00", "currency": "EUR"}),
        ("warn", {"remarks": "按1200元开", "currency": "EUR"}),
        ("pass", {"remarks": "Send it to ap@lumen.example and cfo@lumen.example", "copies": ("cfo@lumen.example",)}),
        ("warn", {"remarks": "Send it to ap@lumen.example and cfo@lumen.example"}),
    ],
)
def test_it_is_this_application_that_says_so(outcome: str, changes: dict[str, Any]) -> None:
    assert wishes.remarks(facts(**changes)).outcome == outcome


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        *(("personal", "王伟", told) for told in (
            "请开给王伟有限公司", "抬头：王伟公司", "抬头：王伟股份有限公司", "请以王伟有限公司名义开票",
            "title: 王伟 Ltd", "Please bill to 王伟 GmbH",
        )),
        *(("personal", "Anna Miller", told) for told in (
            "Please invoice to Anna Miller GmbH", "Company name: Anna Miller Inc", "Issue to Anna Miller & Co KG",
        )),
        ("personal", "Maria Sa", "Bill to Maria"),
        ("public_body", "上海智能研究院", "请开给上海智能研究院有限公司"),
        ("enterprise", "王伟有限公司", "开给王伟"), ("enterprise", "王小明有限公司", "开给王小明公司"),
        ("enterprise", "AB Ltd", "Bill to AB"),
        *(("enterprise", "Nova", told) for told in ("Invoice to Nova AG", "Invoice to Nova-AG", "Invoice to Nova/AG")),
        *(("enterprise", "Nova Ltd", told) for told in (
            "Bill to Nova, API", "Bill to Nova. Usage", "Bill to No Va", "Bill to Nova & Co Ltd",
            "Bill to Nova and Ltd", "Bill to Nova, sales department", "Bill to Nova. Data team",
            "Bill to Nova Ltd, sales department",
        )),
        *(("enterprise", COMPANY, told) for told in (
            f"抬头：{COMPANY}、研发中心", f"开给{COMPANY}，研发中心", "发送至ap@lumen.example、财务部",
            "Send it to ap@lumen.example, finance department",
        )),
        ("enterprise", "Weiss", "Invoice to Weiß"), ("enterprise", "Re-Act GmbH", "Bill to React GmbH"),
        ("enterprise", "Re-Act GmbH", "Bill to Re/Act GmbH"), ("enterprise", "Nova Robotics", "Bill to Nova Robotıcs"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_wholly_the_buyers_is_another_one(kind: str, name: str, told: str) -> None:
    assert wishes.remarks(facts(remarks=told, header=header(kind=kind, name=name))).outcome != "pass"


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("personal", "王伟", "请开给王伟，谢谢"), ("personal", "Anna Miller", "Bill to anna miller, please"),
        ("enterprise", "Nova Robotics Ltd", "Bill to Nova Robotics"), ("enterprise", "Nova Ltd", "Bill to Nova"),
        ("enterprise", "O’Neil Re-Act GmbH", "Bill to O'Neil Re–Act GmbH"),
        ("enterprise", "北京·流明有限公司", "开给北京•流明有限公司，PO 4500012873"),
    ],
)  # fmt: skip
def test_the_buyers_own_name_may_be_written_in_other_signs(kind: str, name: str, told: str) -> None:
    assert wishes.remarks(facts(remarks=told, header=header(kind=kind, name=name))).outcome == "pass"


def test_an_address_is_compared_letter_by_letter() -> None:
    told = "Send it to info@straße.example"
    assert wishes.remarks(facts(remarks=told, email="info@strasse.example")).outcome == "warn"
    assert wishes.remarks(facts(remarks="Send it to AP@LUMEN.example, thanks")).outcome == "pass"


@pytest.mark.parametrize(
    ("outcome", "typed"),
    [
        *(("warn", typed) for typed in (
            "请按1200元开，6月", "按1200元开，2025年", "请开普票，去年", "Please invoice only 1200. November",
            "Please issue it in Chinese. May 2026", "按1200元开，上个月", "请按1200元开，6月推理服务费",
            "请开普票，10月账单", "Please invoice only 1200. May 2026 usage",
        )),
        *(("pass", typed) for typed in (
            "请按1200元开，订单号4500012873", "请开普票，谢谢", "Please invoice only 1200. PO 4500012873",
        )),
    ],
)  # fmt: skip
def test_a_period_beside_what_is_asked_may_be_its_date_or_what_it_shall_say(outcome: str, typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == outcome
