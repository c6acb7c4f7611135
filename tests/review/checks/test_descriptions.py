"""Words that are a note where they stand alone, and beside something else may be a wish: they are given to be read."""

from __future__ import annotations

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import COMPANY, facts, header

TAX_ID = "91310000MA1FL0A277"
# What the application says already, in every kind of sentence.
GRANTED = (
    "普票", "请开普通发票", "Ordinary invoice", "Please issue an ordinary VAT invoice",
    f"抬头：{COMPANY}，税号：{TAX_ID}", f"{COMPANY}，{TAX_ID}", COMPANY, f"Bill to {COMPANY}", "发到 ap@lumen.example",
    "发到 ap@lumen.example，普票",
    f"税号{TAX_ID}", f"Tax ID {TAX_ID}", "金额1200元", "按1200元开", "请开1200元发票", "Please invoice 1200.00",
    "请用中文开", "In Chinese", "Please state PO 4500012873 on the invoice", "请注明订单号 4500012873", "报销用",
    "For accounting",
)  # fmt: skip
# What the invoice would be for, if it were asked for.
DESCRIPTIONS = (
    "技术服务费", "AI服务费", "软件技术服务费", "平台使用费", "云服务费", "信息技术服务费，谢谢", "technical services",
    "cloud services", "AI services", "technical service fees", "10月账单", "October usage", "10月费用", "AI平台充值",
)  # fmt: skip
SECOND_DOCUMENTS = (
    "10月账单，谢谢", "您好，2026年10月账单，谢谢", "2026年度账单，感谢", "月度账单，谢谢", "PO 4711, 10月账单，谢谢",
    "您好，10月账单", "谢谢！10月的账单", "Monthly usage, thanks in advance",
    "API usage for October, thank you in advance",
    "Q3 2026, thanks in advance", "额度，谢谢", "API额度，谢谢", "tokens, thanks in advance", "Tokens, thanks",
    "大模型额度，辛苦了", "令牌，谢谢", "GPU时长，谢谢", "Hello, API", "GPU, thanks", "账户充值，谢谢",
)  # fmt: skip
HURRIED = (
    "Thanks for the quick service", "Thank you for the fast work, Ada", "Many thanks for your quick support",
    "PO 4711, thanks for the quick service", "Thank you for the quick help", "谢谢快速处理", "感谢快速支持",
    "谢谢及时处理", "感谢您的迅速配合",
)  # fmt: skip
PAST = (
    "2025年度", "2025年", "FY2025", "2025年12月，谢谢", "Thanks, Dec 2025", "FY 2025", "Q4 2025", "2025年第四季度",
    "2025-12", "12/2025", "25年12月", "PO 4711, 2025年12月", "Dec 2025 - Jan 2026", "2025年11月至12月",
)  # fmt: skip
HARMLESS = (
    "AI平台充值", "账户充值", "AI 平台账户充值", "报销用", "财务用", "For accounting", "2026年第三季度费用", "好的谢谢",
    "好的，谢谢", "报销用，谢谢", "PO 4711, for accounting", "10月费用，谢谢", "技术服务费，谢谢", "API usage, thanks",
    "2025年12月推理服务费", "FY2025 API usage", "2025年度账单", "Token使用费，谢谢",
)  # fmt: skip


@pytest.mark.parametrize("granted", GRANTED)
def test_a_service_beside_what_is_granted_may_be_the_description_that_is_wanted(granted: str) -> None:
    texts = [
        between.join(pair)
        for described in DESCRIPTIONS
        for between in ("，", ", ", "\n", ". ")
        for pair in ((granted, described), (described, granted))
    ]
    assert [typed for typed in texts if wishes.remarks(facts(remarks=typed)).outcome == "pass"] == []


@pytest.mark.parametrize("typed", ["专票，技术服务费", "请开专票，信息技术服务费，谢谢"])
def test_so_it_may_beside_the_kind_that_the_header_asks_for(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed, header=header(vat_kind="special"))).outcome == "warn"


@pytest.mark.parametrize("typed", SECOND_DOCUMENTS)
def test_thanks_make_a_wish_of_what_can_be_handed_over(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "warn"


@pytest.mark.parametrize("typed", HURRIED)
def test_thanks_for_quickness_before_anything_was_done_ask_for_it(typed: str) -> None:
    assert str(wishes.remarks(facts(remarks=typed)).message) == "The customer asks us to be quick."


@pytest.mark.parametrize("typed", PAST)
def test_a_bare_period_of_a_year_that_is_over_may_be_the_date_that_is_wanted(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "warn"


@pytest.mark.parametrize("typed", HARMLESS)
def test_what_asks_for_nothing_passes(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "pass"
