"""What a pack says of itself, for whoever opens it years later without us: how each of its claims is checked."""

from __future__ import annotations

from backoffice import clock

_PACK = """\
AUDIT PACK OF INVOICE {number}
==============================
Made on {made} by {maker}.

1. Nothing in this pack was changed since it was made:
       sha256sum -c SHA256SUMS          (Linux, Git Bash)
       shasum -a 256 -c SHA256SUMS      (macOS)
       Get-ChildItem -Recurse -File | Get-FileHash -Algorithm SHA256   (Windows PowerShell, compare by eye)
2. The PDF is the one that was issued: its hash, kept with the invoice since it was issued, is
       {sha256}
   Anybody can drop it at {verify} or type its number and total there.
3. {xml}
4. snapshot.json is what was frozen when the number was taken. The PDF is drawn from it and, where it names a logo, from
   that picture in logo/, whose name is its SHA-256; and from nothing else.
5. timeline.csv tells who did what and when; recharges.csv which payments it invoices; mails.csv what mail servers
   answered when they took a mail, and what came later. Times are local times of the installation.
   {checks}
6. An issued invoice never changes: what was taken back of it is in credit-notes/, each credit note as PDF, XML and
   snapshot. credit-notes.csv tells who proposed and who confirmed each, and what was turned down. Where neither is
   here, nothing was taken back.

发票 {number} 审计资料包
==============================
由 {maker} 于 {made} 生成。

1. 资料包生成后未被改动：在包内运行上面的命令核对 SHA256SUMS。
2. PDF 就是当时开具的那一份：开票时随发票保存的哈希值为
       {sha256}
   任何人都可以在 {verify} 拖入该文件，或输入号码和总额进行查验。
3. {xml_zh}
4. snapshot.json 是取号时冻结的内容，PDF 只根据它生成；若其中写有标志，还使用 logo/ 中以其 SHA-256 命名的图片。
5. timeline.csv 记录谁在何时做了什么；recharges.csv 列出所开的充值；mails.csv 是邮件服务器接收邮件时
   的答复及其后的消息。时间为本系统所在时区。{checks_zh}
6. 已开具的发票不再改动：冲红的部分在 credit-notes/ 目录中，每张红字发票含 PDF、XML 和冻结内容；credit-notes.csv
   记录由谁提出、由谁确认，以及被驳回的提议。两者都没有，即没有冲红。
"""

_NOTE = """\
AUDIT PACK OF CREDIT NOTE {number}
==============================
Takes back of invoice {invoice}. Made on {made} by {maker}.

1. Nothing in this pack was changed since it was made:
       sha256sum -c SHA256SUMS          (Linux, Git Bash)
       shasum -a 256 -c SHA256SUMS      (macOS)
       Get-ChildItem -Recurse -File | Get-FileHash -Algorithm SHA256   (Windows PowerShell, compare by eye)
2. The PDF is the one that was issued: its hash, kept with the credit note since it was issued, is
       {sha256}
   Anybody can drop it at {verify} or type its number and total there.
3. The XML is the one inside the PDF, byte for byte (factur-x.xml among its attachments).
4. snapshot.json is what was frozen when the number was taken. The PDF is drawn from it and, where it names a logo, from
   that picture in logo/, whose name is its SHA-256; and from nothing else.
5. invoice/ holds the invoice as it was issued: a credit note takes nothing away from it but leaves it as it is.
6. credit-notes.csv tells who proposed and who confirmed it, beside all others on this invoice; timeline.csv what
   happened to the invoice's request; mails.csv what mail servers answered to this credit note. Times are local times of
   the installation.

红字发票 {number} 审计资料包
==============================
对应发票 {invoice}。由 {maker} 于 {made} 生成。

1. 资料包生成后未被改动：在包内运行上面的命令核对 SHA256SUMS。
2. PDF 就是当时开具的那一份：开具时随红字发票保存的哈希值为
       {sha256}
   任何人都可以在 {verify} 拖入该文件，或输入号码和总额进行查验。
3. XML 与 PDF 内嵌的附件 factur-x.xml 完全一致。
4. snapshot.json 是取号时冻结的内容，PDF 只根据它生成；若其中写有标志，还使用 logo/ 中以其 SHA-256 命名的图片。
5. invoice/ 是当时开具的发票：红字发票不改动原发票。
6. credit-notes.csv 记录由谁提出、由谁确认，以及该发票的其他红字发票；timeline.csv 是该申请的经过；mails.csv 是邮件
   服务器对本红字发票的答复。时间为本系统所在时区。
"""
_WITH_XML = (
    "The XML is the one inside the PDF, byte for byte (factur-x.xml among its attachments).",
    "XML 与 PDF 内嵌的附件 factur-x.xml 完全一致。",
)
_KEPT = (
    """checks.csv tells what the checks said when each decision was given, as it was kept with the decision: what its
   reviewer saw.""",
    """
   checks.csv 是每次审核决定时各项检查的结果，随决定一并保存，即审核人当时所见。""",
)
_NOT_KEPT = (
    """checks.csv tells what the checks said when each decision was given, as it was kept with the decision. Decisions
   from before that was done are marked there: for them it is what the checks say on the day this pack was made, with
   the present address and balance, which may differ from what their reviewers saw.""",
    """
   checks.csv 是每次审核决定时各项检查的结果，随决定一并保存。此功能启用之前的决定在其中注明，所列为制作本资料包
   当日的结果（按现在的邮箱和余额，可能与审核人当时所见不同）。""",
)
_WITHOUT_XML = ("This invoice is from before invoices brought an XML file.", "这张发票开具时还没有 XML 文件。")

_MONTH = """\
INVOICES AND CREDIT NOTES OF {month}
==============================
{count} documents, {size} bytes with their XML. Made on {made} by {maker}.

1. SHA256SUMS holds the hash that was kept with each PDF when it was issued. In this folder:
       sha256sum -c SHA256SUMS          (Linux, Git Bash)
       shasum -a 256 -c SHA256SUMS      (macOS)
       Get-ChildItem -Recurse -File | Get-FileHash -Algorithm SHA256   (Windows PowerShell, compare by eye)
2. The XML of each document is the one inside its PDF, byte for byte (factur-x.xml among its attachments). A document
   from before there was XML has none here either.
3. register.csv has a line for each document, the hash of its PDF among it. What a credit note takes back is negative,
   and its line names the invoice. totals.csv says what invoices, credit notes and both together come to.
4. PROBLEMS.txt names what could not be packed, or was found altered. It is padded with blanks, so that the length of
   the whole was known before it began.

{month} 的发票和红字发票
==============================
共 {count} 份文件，连同 XML 共 {size} 字节。由 {maker} 于 {made} 生成。

1. SHA256SUMS 中 PDF 的哈希值是开具时随每份文件保存的，在本目录运行上面的命令核对。
2. 每份文件的 XML 与其 PDF 内嵌的附件 factur-x.xml 完全一致；早期没有 XML 的文件此处也没有。
3. register.csv 每份文件一行，含其 PDF 的哈希值；红字发票的金额为负，并注明对应的发票。totals.csv 是发票、红字发票
   及两者合计的金额。
4. PROBLEMS.txt 列出未能打包或被改动的文件。其末尾用空格补齐，以便事先知道总长度。
"""

PROBLEMS = """\
Named here is what is missing or not as it was issued. Nothing named: no problem.
以下列出缺失或与开具时不符的文件；未列出即没有问题。

"""


def of_invoice(number: str, *, maker: str, sha256: str, verify: str, has_xml: bool, kept: bool) -> bytes:
    """The text of one invoice's pack, in both languages; `kept`: each decision has its checks with it."""
    english, chinese = _WITH_XML if has_xml else _WITHOUT_XML
    checks, checks_zh = _KEPT if kept else _NOT_KEPT
    return _PACK.format(
        number=number, made=_made(), maker=maker, sha256=sha256, verify=verify, xml=english, xml_zh=chinese,
        checks=checks, checks_zh=checks_zh,
    ).encode()  # fmt: skip


def of_credit_note(number: str, invoice: str, *, maker: str, sha256: str, verify: str) -> bytes:
    """The text of one credit note's pack, in both languages."""
    return _NOTE.format(
        number=number, invoice=invoice, made=_made(), maker=maker, sha256=sha256, verify=verify
    ).encode()


def of_month(month: str, *, count: int, size: int, maker: str) -> bytes:
    """The text of a month's zip, in both languages."""
    return _MONTH.format(month=month, count=count, size=size, made=_made(), maker=maker).encode()


def _made() -> str:
    return clock.now().astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M %Z")


def sum_line(name: str, sha256: str) -> bytes:
    """A file and its hash as `sha256sum -c` reads them."""
    return f"{sha256}  {name}\n".encode()
