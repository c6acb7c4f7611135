"""Who plays in the demo, and the words they use."""

from __future__ import annotations

from decimal import Decimal

from backoffice.permissions import Role

PASSWORD = "invoice-demo-2026"  # noqa: S105 - demo mode only, printed at start

PEOPLE = (
    ("ada@lumen.example", "Ada Lin", Role.CUSTOMER, "lumen", "en"),
    ("lin@lumen.example", "林晓", Role.CUSTOMER, "lumen", "zh"),
    ("bo@yunqi.example", "薄文博", Role.CUSTOMER, "yunqi", "zh"),
    ("qi@beichen.example", "齐悦", Role.CUSTOMER, "beichen", "zh"),
    ("rita@backoffice.example", "Rita Moreau", Role.REVIEWER, None, "en"),
    ("rui@backoffice.example", "芮明", Role.REVIEWER, None, "zh"),
    ("max@backoffice.example", "Max Weber", Role.MANAGER, None, "en"),
    ("otto@backoffice.example", "Otto Lindqvist", Role.AUDITOR, None, "en"),
    ("ana@backoffice.example", "Ana Sousa", Role.ADMINISTRATOR, None, "en"),
    ("abe@backoffice.example", "Abe Osei", Role.ADMINISTRATOR, None, "en"),
)
# Two accounts live by chance; the third one's small books are told to the cent, down to debt and a short request.
ACCOUNTS = (("lumen", "Lumen Robotics"), ("yunqi", "云栖数据"), ("beichen", "北辰智能"))
BY_CHANCE = ("lumen", "yunqi")
SPEAKS_FOR = {"lumen": "ada", "yunqi": "bo", "beichen": "qi"}
HEADERS = {
    "lumen": (
        {"kind": "enterprise", "vat_kind": "special", "name": "上海流明机器人有限公司", "tax_id": "91310115MA1K4LM57L",
         "address": "上海市徐汇区漕河泾开发区宜山路900号", "phone": "021-6485 2200",
         "bank": "中国建设银行上海漕河泾支行", "bank_account": "3105 0170 4200 0000 1188", "language": "both"},
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "Lumen Robotics (Shenzhen) Co., Ltd.",
         "tax_id": "91440300MA5DA0X7X5", "language": "en", "street": "88 Keyuan Road, Nanshan District",
         "city": "Shenzhen", "postal_code": "518057"},
        {"kind": "personal", "vat_kind": "ordinary", "name": "Łukasz Nowak", "language": "en"},
    ),
    "yunqi": (
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "杭州云栖数据服务有限公司",
         "tax_id": "91500000MA60K9P35N", "language": "zh"},
        {"kind": "public_body", "vat_kind": "ordinary", "name": "云栖数据研究院（筹）", "tax_id": "1210000040000000XN",
         "language": "zh"},
    ),
    "beichen": (
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "北京北辰智能科技有限公司",
         "tax_id": "91110000MA00000152", "language": "zh"},
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "北辰智能科技天津分公司", "tax_id": "120116000012345",
         "language": "zh"},
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "北辰智能（苏州）有限公司",
         "tax_id": "91320500MA1WXYTE7J", "language": "zh"},
    ),
}  # fmt: skip
REMOVED = {"kind": "enterprise", "vat_kind": "ordinary", "name": "Lumen Robotics GmbH", "tax_id": "DE811907980",
           "country": "DE", "street": "Lindenallee 4", "city": "Potsdam", "postal_code": "14467",
           "language": "en"}  # fmt: skip
EMAILS = {"lumen": ("ap@lumen.example", "finance@lumen.example"), "yunqi": ("caiwu@yunqi.example",),
          "beichen": ("fapiao@beichen.example",)}  # fmt: skip
# Mail to this address comes back: somebody left, and nobody told the customer's own people.
GONE = "zhang.wei@lumen.example"
# What customers write where they write something, about every third time: in the language of who applies. Of many
# words for a project, an order or a contract some are the customer's own, and the desk is given those to read.
WITH_REMARKS = 0.36
REMARKS = {
    "en": (
        "PO 4500012873", "Cost centre 7120", "Project Aurora", "Cost center: R&D", "IT department", "Thanks, {first}",
        "Cheers", "Best regards, {name}", "Cloud services", "GPU rental", "PO#88-1234", "-", "No remarks", "N/A",
        "{buyer}", "API usage", "Inference usage, thanks", "PO 4500012873, cost centre 7120", "Research department",
        "Our PO is 4500012873", "Token usage", "Contract no. HT-2026-118", "Thank you", "Many thanks for the help",
        "Monthly invoice",
    ),
    "zh": (
        "请在备注栏注明合同号 HT-2026-118", "第{quarter}季度推理服务费", "技术服务费", "云服务费", "GPU租赁", "无",
        "{buyer}", "{before}月、{last}月用量", "{last}月份发票", "合同HT-2026-118第二期款", "无备注", "谢谢",
        "谢谢！{name}", "研发部", "信息技术部", "成本中心：研发部", "算力租赁费", "API调用费", "月度账单",
        "Token使用费，谢谢", "订单号4500012873", "/", "采购单 PO-45118", "智慧园区项目", "辛苦了", "大模型推理服务",
        "推理服务费，合同号 HT-2026-118",
    ),
}  # fmt: skip
# What a header brings into applications by itself.
USUAL_REMARKS = "请在备注栏注明合同号 HT-2026-118"
CHANNELS = (("Bank transfer", "上海流明机器人有限公司"), ("Alipay", ""), ("WeChat Pay", ""), ("Card", "Lumen Robotics"))
USES = ("API 调用额度充值", "GPU 推理时长充值", "Account top-up", "微调任务额度充值")
# What an account uses on a business day, by service, at the end of the year.
USAGE = {
    "lumen": (("API 调用", Decimal(8800)), ("GPU 推理", Decimal(6900))),
    "yunqi": (("API 调用", Decimal(5600)), ("微调任务", Decimal(2400))),
    "beichen": (("API 调用", Decimal(820)),),
}
# Why requests are turned down, in the customer's language.
REJECTIONS = (
    ("tax_id", {
        "en": "The tax ID does not belong to this company name. Please correct the header and resubmit.",
        "zh": "税号与公司名称不符，请修改抬头后重新提交。"}),
    ("duplicate", {
        "en": "You applied for the same amount two days ago. Withdraw one of the two, or say why both are needed.",
        "zh": "两天前已申请过相同金额的发票。请撤回其中一份，或说明为何需要两份。"}),
    ("bank_details", {
        "en": "The account number does not belong to this bank. Please check both and resubmit.",
        "zh": "开户行与账号不符，请核对后重新提交。"}),
    ("email", {
        "en": "Nobody reads this mailbox any more, its automatic answer says. Please give one that is read.",
        "zh": "该邮箱自动回复称已停用，请换一个有人查收的邮箱。"}),
)  # fmt: skip
