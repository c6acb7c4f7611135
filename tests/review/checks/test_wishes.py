"""Remarks that ask for something: which wish is told, and what the invoice cannot show as asked."""

from __future__ import annotations

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import facts

ASKED = (
    "Invoice title: Hengda Holding Ltd", "客户名称:上海恒大有限公司", "Title: Hengda",
    "Company title: Hengda Holding", "客户:恒大有限公司", "合同金额5000元开票", "Customer: Hengda",
    "单位名称:上海恒大", "抬头:上海流明机器人有限公司深圳分公司", "盖章的合同", "抬头：深圳ABC有限公司",
    "购方：北京某某公司", "PO 4500012873 cancel it all", "请开增值税专用发票", "请开专票", "请开具专用发票",
    "抬头请用北京先行科技有限公司", "请寄送到公司", "请把发票寄送到上海", "请下个月再开", "请先不要开",
    "作废之前的发票重开", "今日开票", "请按5000元开", "Please send the invoice to bob@other.example",
    "Please issue the invoice to ACME GmbH instead", "Please change the buyer to ACME GmbH",
    "Please issue a VAT special invoice", "Please invoice only 500", "Use our subsidiary's name", "请合并开票",
    "请合并成一张", "麻烦今天开出来", "请尽早开具", "购买方写子公司", "Please combine with IR-20260901-123456",
    "Please wait until next month", "请暂缓开票", "Need it in English", "请用英文开", "Do not send it before Friday",
    "Please hold until we confirm", "Please cancel the previous invoice", "请红冲上一张", "two copies please",
    "一式两份", "invoice date 30 June please", "请开6月的日期", "请备注合同号HT-2026-118并加急",
    "发票发送至 bob@other.example", "以子公司的名义开", "只开 500", "能否把发票做得好看些",
    "Could you make it look nicer", "请分开开票", "Please split this into two", "加急，谢谢",
    "URGENT, we close our books", "请在备注栏注明项目", "Please mention our department", "需要纸质发票，请邮寄",
    "开票前请联系我", "PO 4500012873, asap",
)  # fmt: skip
ASKED_FOR_ANOTHER = (
    "开给上海流明机器人有限公司的子公司", "开给上海流明机器人股份有限公司", "开给上海流明机器人股份有限公司即可",
    "made out to 上海流明机器人 GmbH please", "抬头请改为北京先行科技有限公司", "Please use a different company",
    "代开给子公司", "请开成办公用品", "please issue as consulting", "请开到上个月", "能否多开一点",
    "Please backdate to June",
)  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "typed"), [*(("warn", typed) for typed in ASKED), *(("fail", typed) for typed in ASKED_FOR_ANOTHER)]
)
def test_a_wish_is_told(outcome: str, typed: str) -> None:
    found = wishes.remarks(facts(remarks=typed))
    assert (found.code, found.outcome) == ("remarks", outcome), str(found.message)
    assert str(found.message).startswith("The customer ")


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("Please send the invoice to bob@other.example", "send it on paper or elsewhere"),
        ("Please issue the invoice to bob@other.example", "send it on paper or elsewhere"),
        ("请把发票发送到 bob@other.example", "send it on paper or elsewhere"),
        ("Please issue the invoice to ACME GmbH instead", "make it out to somebody else"),
        ("Invoice to ACME GmbH", "make it out to somebody else"),
        ("Please change the buyer to ACME GmbH", "make it out to somebody else"),
        ("抬头请用北京先行科技有限公司", "make it out to somebody else"),
        ("Please issue a VAT special invoice", "make it another kind of invoice"),
        ("请开专票", "make it another kind of invoice"),
        ("Please invoice only 500", "invoice another amount"),
        ("请按5000元开", "invoice another amount"),
        ("作废之前的发票重开", "void or redo another invoice"),
        ("请下个月再开", "wait, or issue it on another day"),
        ("请先不要开", "wait, or issue it on another day"),
        ("今日开票", "be quick"),
        ("PO 4500012921 please be quick", "be quick"),
        ("Thanks in advance for the quick service", "be quick"),
        ("Thank you in advance for your quick support", "be quick"),
        ("many thanks in advance for your quick help", "be quick"),
        ("Thanks in advance. Thanks for the fast service", "be quick"),
        ("Please issue it in English", "use another language"),
    ],
)
def test_the_sentence_names_the_wish(typed: str, wish: str) -> None:
    assert str(wishes.remarks(facts(remarks=typed)).message) == f"The customer asks us to {wish}."
