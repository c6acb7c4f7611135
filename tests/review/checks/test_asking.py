"""Remarks that ask for something, of every kind, alone and among words that ask for nothing: all are doubted."""

from __future__ import annotations

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import COMPANY, facts

ASKING = {
    "amount": (
        "技术服务费500元", "只开技术服务费部分", "Cloud services only", "GPU rental at 50%", "云服务费按八折开",
        "Monthly usage up to 500", "不含云服务费", "第二期款5000元", "合同HT-2026-118第二期款的一半", "尾款500",
        "GPU rental minus the deposit", "技术服务费 6%",
    ),
    "buyer": (
        "技术服务费开给北京先行", f"{COMPANY}深圳分公司", f"{COMPANY}的母公司", f"{COMPANY}, Acme GmbH", "Acme GmbH",
        "Thanks, Acme GmbH", "Cheers to Acme", "信息技术部有限公司", "IT department of Acme", "Cost center: Acme",
        "Cost center R&D of our subsidiary", f"{COMPANY} IT department", "北京先行科技",
    ),
    "date": (
        "8月、9月", "8月、9月用量，12月", "12月、1月用量", "Monthly usage, December", "云服务费 2027年1月",
        "开8月、9月", "Thanks, Ada, next month", "8月、9月用量分月",
    ),
    "order": (
        "PO#88-1234改为PO#88-1235", "Not PO 4500012873", "合同HT-2026-118第二期款改第三期", "Change the PO", "换订单号",
        "合同HT-2026-118第二期、第三期款",
    ),
    "currency": ("In EUR", "欧元结算", "技术服务费 USD", "Cloud services in dollars", "按美元开"),
    "second document": (
        "No remarks, two copies", "Monthly invoice, and a receipt", "另附清单", "With a delivery note",
        "技术服务费两张", "8月、9月用量各一张", "Contract HT-2026-118 first and second instalment, one each", "附明细",
    ),
    "refund": ("Refund", "退款", "技术服务费退回", "Cheers, and refund the rest", "冲抵上期"),
    "address": (
        "Thanks, ada@other.example", "Cheers, send to bob@other.example", "寄到上海", "-> bob@other.example",
        "Attn: Bob, IT department", "转信息技术部",
    ),
    "urgency": (
        "Cheers, asap", "今天要", "Thanks in advance for fast service", "No remarks, just be quick", "技术服务费急",
        "Thanks, Ada (urgent)", "-!!", "谢谢，请尽快",
    ),
    "split": (
        "技术服务费、云服务费", "云服务费/技术服务费", "IT department, sales department", "IT department/HR department",
        "8月用量、9月用量", "August usage, September usage", "按部门", "Per department", "R&D 60, IT 40",
    ),
    "language": ("English", "In German", "英文", "云服务费 English", "Bilingual invoice"),
    "format": ("PDF", "OFD", "No remarks on the invoice", "-不要备注", "不显示备注", "Leave this blank", "留空", "XML"),
    "hidden condition": (
        "Cheers if approved", "Thanks, Ada unless", "No remarks yet", "No remarks until Friday", "云服务费，待确认",
        "- not yet", "验收后", "合同HT-2026-118第二期款验收后", "GPU rental, provided it is tax free", "No",
        "-1200", "- 1200", "—500元", "无备注，见附件", "无备注栏", "-/-/1",
    ),
    "description": (
        "开技术服务费", "开成云服务费", "改技术服务费", "写云服务费", "Issue as cloud services", "项目名称：技术服务费",
        "品名：云服务费", "内容：技术服务费", "咨询服务费", "租赁费", "Consulting services", "Service fee: consulting",
    ),
}  # fmt: skip
# A dash behind something else is no sign of a number, and a name behind thanks signs them.
ALONE = ("- PO 4711", "Ada Lin", "Ada")
# They ask for nothing where they stand alone.
BESIDE = ("技术服务费，{0}", "{0}，云服务费", "{0}\nThanks, Ada", "Cheers, {0}", "合同HT-2026-118第二期款，{0}")


@pytest.mark.parametrize("asks_for", ASKING)
def test_whatever_is_asked_for_is_doubted(asks_for: str) -> None:
    passed = [typed for typed in ASKING[asks_for] if wishes.remarks(facts(remarks=typed)).outcome == "pass"]
    assert passed == []


@pytest.mark.parametrize("typed", ALONE)
def test_what_is_a_note_in_company_only_is_doubted_alone(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome != "pass"


@pytest.mark.parametrize("beside", BESIDE)
def test_no_words_beside_it_make_a_wish_a_note(beside: str) -> None:
    wished = [typed for kind in ASKING.values() for typed in kind]
    told = [typed for typed in wished if wishes.remarks(facts(remarks=beside.format(typed))).outcome == "pass"]
    assert told == []
