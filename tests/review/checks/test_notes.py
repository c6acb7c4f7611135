"""Remarks that are a note beyond doubt, and those that a person should read."""

from __future__ import annotations

from datetime import date

import pytest

from backoffice.review.checks import wishes
from tests.review.checks.cases import facts

NOTES = (
    "2026年10月至11月推理服务费", "7-9月推理费", "November 2026", "Q4 2026", "第四季度", "研发中心",
    "客户编号 12345", "成本中心 7120", "API usage fee September 2026", "Token 用量 9月", "本月账单", "内部订单号 4711",
    "Research department", "PO#4500012873", "2026年", "PO: 4500012873", "Ref. 2026-118", "Contract no. 1712",
    "June 2026", "Q3 2026", "10月账期", "2026年10月", "项目编号 XM-2026-01", "部门：研发部", "采购单 PO-4511",
    "采购单 4507", "Order no. 4502", "PO 4511\n第三季度", "API调用费 PO 4511", "研发部 10月GPU使用费",
    "Please state PO 4500012873 on the invoice", "PO No. 4500012873", "请注明订单号 4500012873，谢谢",
    "Cost center 7120 / PO 4500012873", "第三季度", "2026-10", "订单号 912026112300012345, PO4500012873",
    "PO DE-2026-00118", "Purchase order 4577, June 2026. Thanks!", "采购申请单 2026-118", "CC 7120", "谢谢！祝好",
    "Thank you for the help", "多谢，辛苦了", "Thanks a lot", "订单 4500012873 / 4500012874",
    "PO 4500012873, contract HT-2026-118", "2026年6月推理服务费", "Cost centre 7120, department Research",
    "PO 4500012873", "合同号 HT-2026-118", "请在备注栏注明合同号 HT-2026-118", "第三季度推理服务费",
    "Cost centre 7120", "Thank you", "PO-4711", "P.O. 4711", "Purchase order no. 4711", "PO No: 4711",
    "订单号：4711", "订单编号4711", "合同编号：HT-2026-118", "合同编号 5013", "成本中心：7120",
    "成本中心7120，订单号4711", "PO 4711 and 4712", "PO 4711/4712", "PO 4711、4712",
    "PO 4500012873; contract HT-2026-118; thanks", "Inference usage October 2026", "API usage for October 2026",
    "Usage Sep - Oct 2026", "Usage July to September 2026", "2026年第三季度推理服务费，谢谢",
    "2026 年 9 月 推理服务费", "9月份账单", "Q3 2026 API usage, PO 4711", "Best regards",
    "Hello, PO 4711. Thank you!", "Your ref: 2026-118", "WBS 1211843", "Project no. 4711", "项目编号4711",
    "Department 4711", "财务部", "Supplier no. 12345", "Please note our PO 4711 on the invoice. Thanks.",
    "备注：PO 4711", "发票备注栏请注明：订单号 4711", "10/2026", "GPU算力服务费", "大模型推理服务", "Token使用费",
    "合同号NO.20260118", "合同编号：No.2026-118", "PO CN-2026-0118", "订单号为4500012873", "我们的订单号是4500012873",
    "Our PO is 4500012873", "Invoice for PO 4500012873", "PO 4500012873 (October)", "订单号4500012873（10月）",
    "Oct-2026 API usage", "10.2026", "AI平台服务费", "大模型API服务费", "Kostenstelle 4711", "无", "N/A", "none",
    "PO 4500012873 API usage", "PO 4711 for API usage", "GPU compute, June 2026", "上个月账单", "上个月推理费",
    "合同 HT-20260118", "PO 4500012873, 4500012874",
    "技术服务费", "云服务费", "软件技术服务费，谢谢", "GPU租赁", "算力租赁费", "AI服务费", "9月云服务费",
    "PO 4500012873 技术服务费", "月度账单", "Cloud services", "GPU rental", "Technical service fees", "AI services",
    "Cloud services, PO 4500012873", "IT department", "R&D department", "Cost center: R&D", "Cost centre Marketing",
    "成本中心：研发部", "信息技术部", "Cheers", "Best wishes", "Yours sincerely", "Thanks, Ada", "Cheers Ada",
    "Model fine-tuning", "Fine-tuning training services", "AI platform services", "算力充值", "API充值", "财务入账用",
    "PO 4500012873. Kind regards,\nAda Lin", "Thank you. Ada", "谢谢！Ada Lin", "8月、9月用量",
    "8月、9月、10月的API用量",
    "2026年8月和9月推理服务费", "August and September usage", "合同HT-2026-118第二期款", "合同号 HT-2026-118 第2期",
    "PO 4500012873第一笔付款", "Contract HT-2026-118, second instalment", "-", "—", "/", "--", "...", "No remarks",
    "no comments", "无备注", "暂无", "没有备注。", "nil", "None.",
)  # fmt: skip
# Made-up names, parts, shares, second numbers of a kind, days, and whatever the grammar does not know.
DOUBTED = (
    "As per contract HT-2026-118", "As agreed", "项目：智慧城市", "合同 HT 2026/118", "智能客服开发项目",
    "4500012873", "Ref. 11/25", "新希望集团项目", "安全电子围栏项目", "Project title: Aurora",
    "Contract signed in 2026", "总公司大楼项目", "按1000元/月计费", "三份合同", "Used by our subsidiary in Berlin",
    "项目名称：智慧园区二期", "Project Aurora, phase 2", "Project Household Goods Online", "按合同 HT-2026-118 开票",
    "Order 5000 units of compute, ref 20260901", "合同金额5000元，合同号 HT-2026-118", "销售平台项目",
    "营销系统项目", "统计分析系列课题", "会计核算平台项目", "Ref. 11-25", "Contract no. 11/25", "PO 25/25/50",
    "PO 33/33/34", "Ref 100/0", "50/50", "PO 4500, 60-40", "费用均摊到三个项目", "扣除旧项目", "冲销上期项目",
    "对冲旧项目", "扣除押金项目", "各半归上海和北京项目", "按比例归三个项目", "列明各项目", "附明细的项目",
    "抵销往期课题", "挂账其他项目", "结清本期项目", "所有项目", "Cost centre 4711 40, cost centre 4712 60",
    "PO 4500 50", "PO 4500, 1/2", "Contract 1/2", "01/27", "PO 4500, 11/26", "推理费 1/2", "项目 1/2",
    "Dear Team Bill Half", "订单金额5000", "培训费", "劳务费", "租赁费", "设备采购费用", "服务名称:技术服务", "下月",
    "次月", "2027年1月", "Project name: Hengda Holding Ltd", "Team Hengda Group", "For our supplier",
    "供应商:恒大有限公司", "部门:上海恒大经营部", "云栖数据研究中心", "恒大经营部", "恒大集团合同",
    "Department Invoice Twice", "Order USD5000", "Order 5000.00", "Contract 5000", "Order 5k", "Budget 5000",
    "合同5000元", "合同5000开票", "订单 5000", "预算5000", "订单五千", "fee 500000", "合同号 HT-1，订单金额5000",
    "Training", "Research services", "Service fee", "服务费", "Monthly invoice", "PO#88-1234", "Marketing", "Ada",
    "Ada Lin, PO 4711", "Thanks, Bob", "Thanks, Ada and Bob", "合同第二期款", "cost centre Acme", "IT", "R&D",
    "项目名称：技术服务", "项目:汽车",
    "办公电脑项目", "GPU服务器", "December", "Q1 2027", "第一季度", "FY2027", "FY27", "27Q1", "1/2027", "2026-11-30",
    "2026年12月推理服务费", "2027年度推理服务费", "年底", "30/11/2026", "1 December 2026", "See attached",
    "per month", "By quarter", "Per project", "延期合同", "Holding GmbH, hold music service", "Cancel this request",
    "税率按13%，发票内容写办公用品", "改成北京公司", "用另外一家公司", "attn ABC Ltd instead of Lumen",
    "项目写咨询费", "no VAT", "reverse charge applies", "we are tax exempt", "开5000就行", "分两次开", "开三张",
    "两张合一张", "取消", "不要了", "退款", "replace INV-2026-000123", "change bank account", "地址改了",
    "帮忙改一下地址", "电话联系", "Need this before Friday", "合同号 HT-2026-118，改成北京公司", "Order 2 invoices",
    "13%", "5000", "For 5000 EUR", "项目名称：办公用品", "北京公司", "ABC Ltd", "PO 4500, no VAT", "no PO",
    "取消合同", "停止项目", "是否含税", "INV-2026-000123", "PO 4500?", "七成上海三成北京项目", "去掉上海项目",
    "cost centre 4711 1200, cost centre 4712 1800", "成本中心 A10/60，成本中心 A11/40", "dated 2026-10-31",
    "费用由华为承担项目", "费用记华为项目", "费用走华为项目", "费用挪华为项目", "费用移华为项目", "费用落华为项目",
    "移至上海项目", "调至上海项目", "跳过上海项目", "忽略上海项目", "省略上海项目", "隐去上海项目", "增加上海项目",
    "变更上海项目", "更名上海项目", "五成上海项目", "部门 4711-60，部门 4712-40",
    "Cost centre A 60, cost centre B 40", "cost centre A1-60, cost centre A2-40", "PO 4711: 5000, PO 4712: 7000",
    "PO 4711 (5000)", "PO 4711 2x", "PO 1 of 2", "order 1 of 3, order 2 of 3", "PO-4711-2/3",
    "used at the reduced rate", "Project Zero Rated", "Project Suspended", "PO ٤٧١١", "PO 4711 + 4712",
    "PO 4711 / 60", "PO 4711, 60", "PO 4711 and 1200", "cost centre 4711-60, department 4712-40", "2026-10-31",
    "10月31日", "PO 4711 2026", "10月推理费，11月训练费", "PO 4711，9月，10月", "推理费、训练费", "研发部、市场部",
    "Ref IR-20260901-123456", "Ref INV-2026-000123", "IR-20260901-123456", "PO 4711½", "PO 4711×2", "不含PO 4711",
    "除PO 4711", "no PO 4711", "PO 4711 excluded", "without PO 4711", "-PO 4711?", "按 EUR 1200 开",
    "PO 4711 for 500", "For inference 500", "推理费500", "推理费五百", "API half fee", "GPU fees waived",
    "thanks for nothing", "PO 4711 税率6%", "PO 4711 6%", "PO 4711,6%", "合同 HALF-2", "合同 VAT6", "合同 1200.00",
    "合同 1,200", "order 1,200", "PO 4,711", "订单 12万", "订单 4711万", "订单 4711元", "PO 4711元", "合同号4711份",
    "PO 4711 2份", "PO 4711, 4711", "Q4 2026 Q3 2026", "全年", "Invoice 1200 1200", "invoice 1.200",
    "invoice 1200,50", "项目 4711 取消", "9月不开", "9月-不开", "9月份的不", "10月 11月", "7月、8月",
    "Thank you for the service, Acme", "dear Acme", "Dear Team, half", "Project 4711 Suspended",
    "cost centre 7120 50%", "ref 1234567890 0 tax", "部门：上海研发部", "上海研发部", "研发部上海", "送研发部",
    "To finance department", "PO X2", "PO 2X", "PO 100 EUR", "PO EUR100", "PO 100EUR", "按1200欧元开", "谢谢加急",
    "hello please", "Only invoice 1200.001", "只开1200元一半", "开1200元专票", "项目 4711 暂停", "项目4711暂停",
    "email: bob@other.example", "请研发部", "PO NOT-4711", "PO OFF20", "Order ADD-500", "PO PAY500", "PO HT-CNY-500",
    "Please include order 4711", "Please add order 2", "Department 30, cost centre 30, project 40", "开¾",
    "PO 4711\nPO 4712", "no thanks", "不用谢谢", "Contract 2026-10-31", "Cost centre 60/40", "Q3 Q4",
    "PO 4711²", "PO 471①", "PO 4711/1200", "WBS 12-118-A", "Ref. 2026/118", "采购单 7", "Order 2", "PO 1",
    "Purchase order 77, June 2026", "Contract no. 12", "合同编号 5000", "成本中心7100", "Project 4711", "内部订单 4711",
    "微调11月账单", "微调上月账单，谢谢", "微调额度", "微调额度费用，谢谢", "微调本月账期", "计算11月账单", "推理账单",
    "财务部存储11月账单，谢谢", "compute GPU usage for June", "compute fees", "GPU算力服务 10年", "API 20年",
    "上个月", "去年", "本季度", "For finance department", "Not applicable", "none of it",
)  # fmt: skip


# What somebody means who names a month without its year changes with the month in which they say it.
@pytest.mark.parametrize(("typed", "day", "outcome"), [
    *((typed, day, "warn") for day in (date(2027, 1, 4), date(2027, 2, 10), date(2027, 6, 1)) for typed in (
        "12月", "December", "Q4", "第四季度", "10-12月", "Nov - Dec", "11月", "October", "for December", "period: Dec",
        "12月, 谢谢", "PO 4711, 12月", "采购订单4711、Q4", "财务部 12月",
    )),
    *((typed, date(2027, 1, 4), "pass") for typed in (
        "12月推理服务费", "12月账单", "December API usage", "10-12月算力费用", "第四季度账单", "1月", "January", "Q1",
    )),
    ("12月", date(2027, 8, 1), "warn"), ("December", date(2027, 8, 1), "warn"), ("7月", date(2027, 8, 1), "pass"),
    *((typed, date(2027, 1, 8), "warn") for typed in (
        "1-12月技术服务费", "1月至6月推理服务费", "1-5月账单", "Jan - Dec cloud services", "January to June usage",
    )),
    *((typed, date(2027, 2, 10), "warn") for typed in ("2-6月推理服务费", "2月至12月云服务费", "Usage Feb to Dec")),
    ("1-6月推理服务费", date(2027, 6, 20), "pass"), ("January to June usage", date(2027, 7, 20), "pass"),
    ("上半年", date(2027, 1, 4), "warn"), ("上半年", date(2027, 6, 1), "pass"), ("1月", date(2026, 12, 1), "warn"),
])  # fmt: skip
def test_a_period_of_a_year_that_is_over_is_doubted_unless_something_was_used_in_it(
    typed: str, day: date, outcome: str
) -> None:
    assert wishes.remarks(facts(remarks=typed, submitted_on=day)).outcome == outcome


@pytest.mark.parametrize("typed", NOTES)
def test_what_is_made_of_known_things_alone_is_a_note(typed: str) -> None:
    found = wishes.remarks(facts(remarks=typed))
    assert (found.outcome, "shows as it is" in str(found.message)) == ("pass", True), str(found.message)


@pytest.mark.parametrize("typed", DOUBTED)
def test_whatever_is_left_over_is_given_to_read(typed: str) -> None:
    assert wishes.remarks(facts(remarks=typed)).outcome == "warn"


@pytest.mark.parametrize("typed", ["取消", "no VAT", "Holding GmbH, hold music service", "去掉上海项目"])
def test_what_is_not_recognised_is_quoted(typed: str) -> None:
    assert f"“{typed}”" in str(wishes.remarks(facts(remarks=typed)).message)


def test_a_long_remark_is_given_in_part() -> None:
    found = wishes.remarks(facts(remarks="word " * 100))
    assert len(str(found.message)) < 240
    assert found.data[0].value == "word " * 100


@pytest.mark.parametrize("typed", ["Cost centre 7120", "PO 4500012873", "谢谢", "Please invoice only 1,200.00"])
def test_a_pass_claims_no_more_than_is_known(typed: str) -> None:
    assert "asked for" not in str(wishes.remarks(facts(remarks=typed)).message)


@pytest.mark.parametrize(
    "word", ["no", "only", "half", "without", "不", "除", "改", "免", "暂停", "以外", "一半", "60%", "2x", "(500)", "?"]
)
def test_one_word_more_around_a_note_leaves_a_doubt(word: str) -> None:
    around = (
        template.format(note, word)
        for note in NOTES
        for template in ("{0} {1}", "{1} {0}", "{0}, {1}", "{0}{1}", "{1}{0}")
    )
    assert [typed for typed in around if wishes.remarks(facts(remarks=typed)).outcome == "pass"] == []


def test_none_passes() -> None:
    assert wishes.remarks(facts()).outcome == "pass"
