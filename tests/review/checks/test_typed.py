"""Email domain, hidden characters and remarks: when they pass, warn and fail."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.review.checks import addresses, texts, wishes
from backoffice.review.checks.facts import Outcome
from tests.review.checks.cases import facts, header

NONE_KNOWN: frozenset[str] = frozenset()
EMAIL: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "used before": {},
        "a colleague's domain": {"email": "new.person@lumen.example"},
        "in capitals": {"email": "AP@LUMEN.EXAMPLE"},
        "copies to the same": {"copies": ("boss@lumen.example", "x@lumen.example")},
        "one of two known domains": {
            "email": "a@other.example", "addresses_known": frozenset({"a@lumen.example", "b@other.example"}),
        },
        "a provider that was used before": {"email": "a@qq.com", "addresses_known": frozenset({"b@qq.com"})},
    },
    "warn": {
        "another company": {"email": "ap@northwind.example"},
        "a provider": {"email": "someone@gmail.com"},
        "a provider two letters beside another": {"email": "someone@126.com"},
        "a copy elsewhere": {"copies": ("boss@northwind.example",)},
        "nothing is known": {"addresses_known": NONE_KNOWN},
        "a subdomain": {"email": "ap@mail.lumen.example"},
    },
    "fail": {
        "a letter is missing": {"email": "ap@lumn.example"},
        "a letter too much": {"email": "ap@lumeen.example"},
        "another letter": {"email": "ap@lumem.example"},
        "two letters swapped": {"email": "ap@lmuen.example"},
        "beside a provider": {"email": "someone@gmial.com"},
        "beside a provider's ending": {"email": "someone@163.con"},
        "a copy": {"copies": ("boss@1umen.example",)},
        "nothing is known, beside a provider": {"email": "someone@outlok.com", "addresses_known": NONE_KNOWN},
    },
}  # fmt: skip
CHARACTERS: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "a header with everything": {
            "header": header(
                address="上海市静安区1号",
                phone="021-1234 5678",
                bank="招商银行上海分行",
                bank_account="6222 0000 1234",
                street="Straße des 17. Juni 135",
                city="Łódź",
                postal_code="SW1A 1AA",
            ),
        },
        "plain Chinese": {},
        "Polish letters": {"header": header(name="Łukasz Żółć Sp. z o.o.")},
        "full-width brackets": {"header": header(name="云栖数据研究院（筹）")},
        "Cyrillic throughout": {"header": header(name="ООО Ромашка")},
        "Greek throughout": {"header": header(name="Αθήνα Εμπορική")},
        "Cyrillic in capitals throughout": {"header": header(name="ООО РОМАШКА")},
        "Chinese and Latin side by side": {"remarks": "API调用费 PO 4500"},
        "lines of remarks": {"remarks": "PO 4500\n第三季度"},
    },
    "warn": {
        "a word of Cyrillic letters that look Latin": {"header": header(name="ТЕХСО Ltd")},
        "nothing but such letters": {"header": header(name="АВС")},
        "Greek letters that look Latin": {"header": header(name="ΑΒΕ Trading")},
        "a Cyrillic name beside a Latin word": {"header": header(name="Ромашка Ltd")},
        "such a word beside Chinese": {"header": header(name="АВС有限公司")},
        "a radical for a character": {"header": header(name="上海商⼈有限公司")},
        "a mathematical letter": {"header": header(name="𝐋umen Robotics")},
        "a ligature": {"header": header(name="Ofﬁce Ltd")},
        "full-width figures in the bank account": {"header": header(bank_account="６２２２ 0000")},
        "two spaces in the street": {"header": header(street="Hauptstr.  12")},
        "a wide space in the phone": {"header": header(phone="021\u20091234")},
        "full-width figures in the postal code": {"header": header(postal_code="２０００４０")},
        "a wide space": {"header": header(name="上海\u3000流明".replace("\u3000", "\u2003"))},
        "a space that does not break": {"remarks": "PO\u00a04500"},
        "full-width figures": {"remarks": "合同 ２０２６"},
        "full-width letters in the name": {"header": header(name="ＬＵＭＥＮ有限公司")},
        "two spaces": {"header": header(name="Lumen  Robotics")},
        "a space at the end": {"remarks": "PO 4500 "},
    },
    "fail": {
        "a Cyrillic letter in the street": {"header": header(street="Lumen Roboticѕ str. 1")},
        "a Cyrillic letter in the city": {"header": header(city="Bеrlin")},
        "a Cyrillic letter in the bank": {"header": header(bank="Commerzbаnk")},
        "no width in the phone": {"header": header(phone="021\u200b1234")},
        "no width in the bank account": {"header": header(bank_account="6222\u200b0000")},
        "no width in the postal code": {"header": header(postal_code="2000\u200d40")},
        "no width": {"header": header(name="上海流明\u200b机器人")},
        "right to left": {"remarks": "PO \u202e0054"},
        "a control character": {"remarks": "PO\x074500"},
        "a Cherokee letter": {"header": header(name="Ꭺpple Trading")},
        "a Cyrillic a": {"header": header(name="Lumen Roboticѕ Ltd")},
        "a Cyrillic o in the address": {"email": "ap@lumen.exаmple"},
        "a Greek capital": {"header": header(name="Lumen ΑG Αcme")},
        "a blank letter": {"header": header(name="上海\u3164流明")},
        "a soft hyphen": {"remarks": "HT\u00ad2026"},
        "a sign for what could not be read": {"remarks": "合同\ufffd"},
    },
}
REMARKS: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "PO: 4500012873": {"remarks": "PO: 4500012873"},
        "Ref. 2026/118": {"remarks": "Ref. 2026/118"},
        "Contract no. 12": {"remarks": "Contract no. 12"},
        "June 2026": {"remarks": "June 2026"},
        "Q3 2026": {"remarks": "Q3 2026"},
        "10月账期": {"remarks": "10月账期"},
        "2026年10月": {"remarks": "2026年10月"},
        "As agreed": {"remarks": "As agreed"},
        "项目编号 XM-2026-01": {"remarks": "项目编号 XM-2026-01"},
        "部门：研发部": {"remarks": "部门：研发部"},
        "采购单 PO-4500": {"remarks": "采购单 PO-4500"},
        "采购单 7": {"remarks": "采购单 7"},
        "Order 2": {"remarks": "Order 2"},
        "PO 1": {"remarks": "PO 1"},
        "PO 4500\n第三季度": {"remarks": "PO 4500\n第三季度"},
        "API调用费 PO 4500": {"remarks": "API调用费 PO 4500"},
        "研发部 10月GPU使用费": {"remarks": "研发部 10月GPU使用费"},
        "Please state PO 4500012873 on the invoice": {"remarks": "Please state PO 4500012873 on the invoice"},
        "PO No. 4500012873": {"remarks": "PO No. 4500012873"},
        "请注明订单号 4500012873，谢谢": {"remarks": "请注明订单号 4500012873，谢谢"},
        "项目：智慧城市": {"remarks": "项目：智慧城市"},
        "Cost center 7120 / PO 4500012873": {"remarks": "Cost center 7120 / PO 4500012873"},
        "第三季度": {"remarks": "第三季度"},
        "合同 HT 2026/118": {"remarks": "合同 HT 2026/118"},
        "智能客服开发项目": {"remarks": "智能客服开发项目"},
        "2026-10": {"remarks": "2026-10"},
        "4500012873": {"remarks": "4500012873"},
        "Purchase order 77, June 2026. Thanks!": {"remarks": "Purchase order 77, June 2026. Thanks!"},
        "采购申请单 2026-118": {"remarks": "采购申请单 2026-118"},
        "新希望集团项目": {"remarks": "新希望集团项目"},
        "安全电子围栏项目": {"remarks": "安全电子围栏项目"},
        "CC 7120": {"remarks": "CC 7120"},
        "Project title: Aurora": {"remarks": "Project title: Aurora"},
        "Contract signed in 2026": {"remarks": "Contract signed in 2026"},
        "总公司大楼项目": {"remarks": "总公司大楼项目"},
        "按1000元/月计费": {"remarks": "按1000元/月计费"},
        "三份合同": {"remarks": "三份合同"},
        "Used by our subsidiary in Berlin": {"remarks": "Used by our subsidiary in Berlin"},
        "谢谢！祝好": {"remarks": "谢谢！祝好"},
        "Thank you for the quick help": {"remarks": "Thank you for the quick help"},
        "开给上海流明机器人有限公司": {"remarks": "开给上海流明机器人有限公司"},
        "请开增值税普通发票": {"remarks": "请开增值税普通发票"},
        "抬头请用上海流明机器人有限公司": {"remarks": "抬头请用上海流明机器人有限公司"},
        "请按1200元开": {"remarks": "请按1200元开"},
        "Please invoice only 1,200.00": {"remarks": "Please invoice only 1,200.00"},
        "发送至 ap@lumen.example": {"remarks": "发送至 ap@lumen.example"},
        "请用中文开": {"remarks": "请用中文开"},
        "项目名称：智慧园区二期": {"remarks": "项目名称：智慧园区二期"},
        "Project Aurora, phase 2": {"remarks": "Project Aurora, phase 2"},
        "Project Household Goods Online": {"remarks": "Project Household Goods Online"},
        "多谢，辛苦了": {"remarks": "多谢，辛苦了"},
        "Thanks a lot": {"remarks": "Thanks a lot"},
        "订单 4500012873 / 4500012874": {"remarks": "订单 4500012873 / 4500012874"},
        "PO 4500012873, contract HT-2026-118": {"remarks": "PO 4500012873, contract HT-2026-118"},
        "2026年6月推理服务费": {"remarks": "2026年6月推理服务费"},
        "按合同 HT-2026-118 开票": {"remarks": "按合同 HT-2026-118 开票"},
        "Cost centre 7120, department Research": {"remarks": "Cost centre 7120, department Research"},
        "Order 5000 units of compute, ref 20260901": {"remarks": "Order 5000 units of compute, ref 20260901"},
        "合同金额5000元，合同号 HT-2026-118": {"remarks": "合同金额5000元，合同号 HT-2026-118"},
        "a special invoice, as the header says": {
            "remarks": "请开专票",
            "header": header(vat_kind="special"),
        },
        "none": {},
        "an order": {"remarks": "PO 4500012873"},
        "a contract": {"remarks": "合同号 HT-2026-118"},
        "a contract to be noted, which the invoice does": {"remarks": "请在备注栏注明合同号 HT-2026-118"},
        "what it is for": {"remarks": "第三季度推理服务费"},
        "a cost centre": {"remarks": "Cost centre 7120"},
        "thanks": {"remarks": "Thank you"},
    },
    "warn": {
        "Holding GmbH, hold music service": {"remarks": "Holding GmbH, hold music service"},
        "抬头：深圳ABC有限公司": {"remarks": "抬头：深圳ABC有限公司"},
        "Cancel this request": {"remarks": "Cancel this request"},
        "税率按13%，发票内容写办公用品": {"remarks": "税率按13%，发票内容写办公用品"},
        "购方：北京某某公司": {"remarks": "购方：北京某某公司"},
        "改成北京公司": {"remarks": "改成北京公司"},
        "用另外一家公司": {"remarks": "用另外一家公司"},
        "attn ABC Ltd instead of Lumen": {"remarks": "attn ABC Ltd instead of Lumen"},
        "项目写咨询费": {"remarks": "项目写咨询费"},
        "no VAT": {"remarks": "no VAT"},
        "reverse charge applies": {"remarks": "reverse charge applies"},
        "we are tax exempt": {"remarks": "we are tax exempt"},
        "开5000就行": {"remarks": "开5000就行"},
        "分两次开": {"remarks": "分两次开"},
        "开三张": {"remarks": "开三张"},
        "两张合一张": {"remarks": "两张合一张"},
        "取消": {"remarks": "取消"},
        "不要了": {"remarks": "不要了"},
        "退款": {"remarks": "退款"},
        "replace INV-2026-000123": {"remarks": "replace INV-2026-000123"},
        "change bank account": {"remarks": "change bank account"},
        "地址改了": {"remarks": "地址改了"},
        "帮忙改一下地址": {"remarks": "帮忙改一下地址"},
        "电话联系": {"remarks": "电话联系"},
        "Need this before Friday": {"remarks": "Need this before Friday"},
        "PO 4500012873 cancel it all": {"remarks": "PO 4500012873 cancel it all"},
        "合同号 HT-2026-118，改成北京公司": {"remarks": "合同号 HT-2026-118，改成北京公司"},
        "Order 2 invoices": {"remarks": "Order 2 invoices"},
        "13%": {"remarks": "13%"},
        "5000": {"remarks": "5000"},
        "For 5000 EUR": {"remarks": "For 5000 EUR"},
        "项目名称：办公用品": {"remarks": "项目名称：办公用品"},
        "北京公司": {"remarks": "北京公司"},
        "ABC Ltd": {"remarks": "ABC Ltd"},
        "PO 4500, no VAT": {"remarks": "PO 4500, no VAT"},
        "no PO": {"remarks": "no PO"},
        "取消合同": {"remarks": "取消合同"},
        "停止项目": {"remarks": "停止项目"},
        "是否含税": {"remarks": "是否含税"},
        "INV-2026-000123": {"remarks": "INV-2026-000123"},
        "PO 4500?": {"remarks": "PO 4500?"},
        "请开增值税专用发票": {"remarks": "请开增值税专用发票"},
        "请开专票": {"remarks": "请开专票"},
        "请开具专用发票": {"remarks": "请开具专用发票"},
        "抬头请用北京先行科技有限公司": {"remarks": "抬头请用北京先行科技有限公司"},
        "请寄送到公司": {"remarks": "请寄送到公司"},
        "请把发票寄送到上海": {"remarks": "请把发票寄送到上海"},
        "请下个月再开": {"remarks": "请下个月再开"},
        "请先不要开": {"remarks": "请先不要开"},
        "作废之前的发票重开": {"remarks": "作废之前的发票重开"},
        "今日开票": {"remarks": "今日开票"},
        "请按5000元开": {"remarks": "请按5000元开"},
        "Please send the invoice to bob@other.example": {"remarks": "Please send the invoice to bob@other.example"},
        "Please issue the invoice to ACME GmbH instead": {"remarks": "Please issue the invoice to ACME GmbH instead"},
        "Please change the buyer to ACME GmbH": {"remarks": "Please change the buyer to ACME GmbH"},
        "Please issue a VAT special invoice": {"remarks": "Please issue a VAT special invoice"},
        "Please invoice only 500": {"remarks": "Please invoice only 500"},
        "Use our subsidiary's name": {"remarks": "Use our subsidiary's name"},
        "请合并开票": {"remarks": "请合并开票"},
        "请合并成一张": {"remarks": "请合并成一张"},
        "麻烦今天开出来": {"remarks": "麻烦今天开出来"},
        "请尽早开具": {"remarks": "请尽早开具"},
        "购买方写子公司": {"remarks": "购买方写子公司"},
        "Please combine with IR-20260901-123456": {"remarks": "Please combine with IR-20260901-123456"},
        "Please wait until next month": {"remarks": "Please wait until next month"},
        "请暂缓开票": {"remarks": "请暂缓开票"},
        "Need it in English": {"remarks": "Need it in English"},
        "请用英文开": {"remarks": "请用英文开"},
        "Do not send it before Friday": {"remarks": "Do not send it before Friday"},
        "Please hold until we confirm": {"remarks": "Please hold until we confirm"},
        "Please cancel the previous invoice": {"remarks": "Please cancel the previous invoice"},
        "请红冲上一张": {"remarks": "请红冲上一张"},
        "two copies please": {"remarks": "two copies please"},
        "一式两份": {"remarks": "一式两份"},
        "invoice date 30 June please": {"remarks": "invoice date 30 June please"},
        "请开6月的日期": {"remarks": "请开6月的日期"},
        "请备注合同号HT-2026-118并加急": {"remarks": "请备注合同号HT-2026-118并加急"},
        "发票发送至 bob@other.example": {"remarks": "发票发送至 bob@other.example"},
        "以子公司的名义开": {"remarks": "以子公司的名义开"},
        "只开 500": {"remarks": "只开 500"},
        "能否把发票做得好看些": {"remarks": "能否把发票做得好看些"},
        "Could you make it look nicer": {"remarks": "Could you make it look nicer"},
        "an ordinary invoice under a special header": {
            "remarks": "请开普票",
            "header": header(vat_kind="special"),
        },
        "split, in Chinese": {"remarks": "请分开开票"},
        "split, in English": {"remarks": "Please split this into two"},
        "quick, in Chinese": {"remarks": "加急，谢谢"},
        "quick, in English": {"remarks": "URGENT, we close our books"},
        "noted, without a number": {"remarks": "请在备注栏注明项目"},
        "noted, in English": {"remarks": "Please mention our department"},
        "on paper": {"remarks": "需要纸质发票，请邮寄"},
        "a call": {"remarks": "开票前请联系我"},
        "an order, and quick": {"remarks": "PO 4500012873, asap"},
    },
    "fail": {
        "another buyer, in Chinese": {"remarks": "抬头请改为北京先行科技有限公司"},
        "another buyer, in English": {"remarks": "Please use a different company"},
        "on behalf": {"remarks": "代开给子公司"},
        "other goods, in Chinese": {"remarks": "请开成办公用品"},
        "other goods, in English": {"remarks": "please issue as consulting"},
        "an earlier date": {"remarks": "请开到上个月"},
        "more": {"remarks": "能否多开一点"},
        "back-dated": {"remarks": "Please backdate to June"},
    },
}
ALL = {"email": (addresses, EMAIL), "characters": (texts, CHARACTERS), "remarks": (wishes, REMARKS)}


@pytest.mark.parametrize(
    ("check", "outcome", "changes"),
    [
        pytest.param(check, outcome, changes, id=f"{check}-{outcome}-{name}")
        for check, (_, outcomes) in ALL.items()
        for outcome, cases in outcomes.items()
        for name, changes in cases.items()
    ],
)
def test_what_is_found(check: str, outcome: str, changes: dict[str, Any]) -> None:
    found = getattr(ALL[check][0], check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), (str(found.message), found.data)
    assert str(found.message)


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
    ],
)
def test_the_sentence_names_the_wish(typed: str, wish: str) -> None:
    assert str(wishes.remarks(facts(remarks=typed)).message) == f"The customer asks us to {wish}."


@pytest.mark.parametrize("typed", ["取消", "no VAT", "Holding GmbH, hold music service"])
def test_what_is_not_recognised_is_given_to_read(typed: str) -> None:
    assert f"“{typed}”" in str(wishes.remarks(facts(remarks=typed)).message)


def test_a_long_remark_is_given_in_part() -> None:
    found = wishes.remarks(facts(remarks="word " * 100))
    assert len(str(found.message)) < 240
    assert found.data[0].value == "word " * 100


@pytest.mark.parametrize("typed", ["Cost centre 7120", "PO 4500012873", "谢谢", "Please invoice only 1,200.00"])
def test_a_pass_claims_no_more_than_is_known(typed: str) -> None:
    assert "asked for" not in str(wishes.remarks(facts(remarks=typed)).message)
