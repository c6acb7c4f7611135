"""What an invoice costs: ours against reportlab, taking turns in one run. Compare the ratios, not the milliseconds.

    python -m bench.pdf [--count 60] [--lines 10,300]

Both draw the same snapshots with the same two faces of Noto Sans SC: head, parties, table, sums, QR code, page x of y.
reportlab neither wraps nor mixes faces here, which is to its advantage. Printed per size: median and 95th percentile of
CPU milliseconds, size of the file, and how many times as long reportlab takes; at the end the process's memory.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from backoffice import fonts
from backoffice.issuing.pdf import qr, render
from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot

PLACES = (
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "苏州",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "长沙",
    "郑州",
    "青岛",
)
NAMES = ("鑫源", "华腾", "博睿", "瀚海", "启明", "嘉禾", "云帆", "智联", "恒泰", "卓越", "星河", "天翼", "锦程", "宏图")
TRADES = ("网络科技", "信息技术", "电子商务", "文化传媒", "供应链管理", "医疗器械", "新能源", "人工智能", "生物医药")
ITEMS = ["账户充值", "API 调用额度", "短信套餐包", "云存储年费", "Account top-up", "GPU 计算时长"]
SELLER = {
    "name": "云台智能科技(上海)有限公司", "latin_name": "Yuntai Intelligence Technology (Shanghai) Co., Ltd.",
    "tax_id": "91310115MA1K4XQ87T", "address": "上海市浦东新区张江高科技园区博云路2号", "phone": "021-5080 1234",
    "bank": "招商银行上海张江支行", "bank_account": "1219 0876 5410 888",
}  # fmt: skip


def snapshot(seed: int, lines: int) -> Snapshot:
    """An invoice to another customer each time, so that no cache of glyphs flatters the figures."""
    draw = random.Random(seed)
    place = draw.choice(PLACES)
    day = date(2026, 3, 1)
    number = f"INV-2026-{seed:06d}"
    buyer = {
        "kind": "enterprise", "name": f"{place}{draw.choice(NAMES)}{draw.choice(TRADES)}有限公司",
        "tax_id": f"91{draw.randrange(10**15):015d}X", "address": f"{place}市人民大道{draw.randrange(999)}号",
        "phone": f"1{draw.randrange(10**10):010d}", "bank": f"招商银行{place}分行",
        "bank_account": f"{draw.randrange(10**18):018d}",
    }  # fmt: skip
    inputs = [
        LineInput(
            description=draw.choice(ITEMS),
            occurred_on=day + timedelta(days=draw.randrange(31)),
            external_id=f"R{draw.randrange(10**12):012d}",
            gross=Decimal(draw.randrange(100, 5_000_000)) / 100,
            tax_kind=TaxKind.RATE,
            rate=Decimal("0.06"),
        )
        for _ in range(lines)
    ]
    return build_snapshot(
        inputs, number=number, language="both", issued_at=datetime(2026, 4, 2, tzinfo=UTC), issued_on=date(2026, 4, 2),
        currency="CNY", seller=SELLER, buyer=buyer, remarks="感谢您的信任。", request_number="IR-20260401-482913",
        verify_url=f"https://backoffice.example/verify?number={number}",
    )  # fmt: skip


@cache
def _register() -> None:
    """Give reportlab the same two faces; it insists on tables that ours have dropped, so they are pinned anew."""
    import uharfbuzz as hb
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in ("sc", "sc-bold"):
        face = hb.Face(hb.Blob(fonts.source_bytes(name)))  # type: ignore[arg-type]
        plan = hb.SubsetInput()
        plan.keep_everything()
        plan.pin_axis_location(face, "wght", 700 if name == "sc-bold" else 400)
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(hb.subset(face, plan).blob.data)))


def reportlab(snap: Snapshot) -> bytes:
    """The same invoice drawn the usual way: canvas calls and a platypus table; faces are registered once."""
    from reportlab.pdfgen import canvas
    from reportlab.platypus import Table, TableStyle

    _register()
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595.28, 841.89), pageCompression=1)
    rows = [
        [line["position"], line["occurred_on"], line["external_id"], line["description"], line["quantity"],
         f"{Decimal(line['unit_price']):,}", f"{Decimal(line['net']):,}", "6%", f"{Decimal(line['tax']):,}"]
        for line in snap["lines"]
    ]  # fmt: skip
    chunks = [rows[:16], *(rows[start : start + 30] for start in range(16, len(rows), 30))]
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, -1), "sc", 7.8),
            ("FONT", (0, 0), (-1, 0), "sc-bold", 7.2),
            ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, (0.8, 0.8, 0.8)),
        ]
    )
    head = ["序号", "充值日期", "充值单号", "项目名称", "数量", "单价", "金额", "税率", "税额"]
    for number, chunk in enumerate(chunks, 1):
        top = _reportlab_head(page, snap) if number == 1 else 72
        table = Table([head, *chunk], colWidths=[26, 52, 76, 118, 28, 62, 62, 30, 51], rowHeights=19.8)
        table.setStyle(style)
        table.wrapOn(page, 505, 800)
        height = 19.8 * (len(chunk) + 1)
        table.drawOn(page, 45, 842 - top - height)
        if number == len(chunks):
            _lines(
                page, 45, top + height + 20, [snap["capitals"], snap["words"], f"CNY {snap['gross']}", snap["remarks"]]
            )
        _lines(
            page, 45, 816, [f"{snap['number']}   第 {number} 页 / 共 {len(chunks)} 页 Page {number} of {len(chunks)}"]
        )
        page.showPage()
    page.save()
    return out.getvalue()


def _reportlab_head(page: object, snap: Snapshot) -> float:
    title = ["商业发票 Commercial Invoice", "非税务机关发票,不得作为抵扣凭证"]
    facts = [f"发票号码 {snap['number']}", f"开票日期 {snap['issued_on']}"]
    _lines(page, 45, 40, [snap["seller"]["name"], snap["seller"]["latin_name"], *title, *facts])
    fields = ("name", "tax_id", "address", "phone", "bank", "bank_account")
    for x, party in ((45, snap["buyer"]), (310, snap["seller"])):
        _lines(page, x, 170, [f"{name} {party[name]}" for name in fields])  # type: ignore[literal-required]
    side, dark = qr.modules(snap["verify_url"] or "")
    path = page.beginPath()  # type: ignore[attr-defined]
    for column, row, length in dark:
        path.rect(490 + column * 60 / side, 816 - (row + 1) * 60 / side, length * 60 / side, 60 / side)
    page.drawPath(path, fill=1, stroke=0)  # type: ignore[attr-defined]
    return 295


def _lines(page: object, x: float, y: float, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        page.setFont("sc-bold" if number == 0 else "sc", 8.2)  # type: ignore[attr-defined]
        page.drawString(x, 842 - y - 12 * number, text)  # type: ignore[attr-defined]


def compare(lines: int, count: int) -> None:
    """Print one table for invoices of `lines` lines."""
    engines: dict[str, Callable[[Snapshot], bytes]] = {"backoffice": render, "reportlab": reportlab}
    spent: dict[str, list[float]] = {name: [] for name in engines}
    sizes: dict[str, list[int]] = {name: [] for name in engines}
    for seed in range(-2, count):
        snap = snapshot(seed + 10, lines)
        for name, draw in engines.items():
            start = time.process_time()
            document = draw(snap)
            if seed >= 0:  # the first two warm up faces and imports
                spent[name].append((time.process_time() - start) * 1000)
                sizes[name].append(len(document))
    ours = statistics.median(spent["backoffice"])
    print(f"\n{lines} lines, {count} invoices\n{'':12}{'cpu ms':>9}{'p95':>9}{'kB':>8}{'ratio':>8}")
    for name, times in spent.items():
        p95 = sorted(times)[int(len(times) * 0.95)]
        median = statistics.median(times)
        size = statistics.median(sizes[name]) / 1000
        print(f"{name:12}{median:9.2f}{p95:9.2f}{size:8.1f}{median / ours:8.2f}")


def run(count: int = 60, sizes: tuple[int, ...] = (10, 300)) -> None:
    """Compare each size and print the process's memory."""
    for lines in sizes:
        compare(lines, count if lines < 100 else max(5, count // 4))
    print(f"\nmemory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="invoices of each size")
    parser.add_argument("--lines", default="10,300", help="sizes, by comma")
    arguments = parser.parse_args()
    run(arguments.count, tuple(map(int, arguments.lines.split(","))))


if __name__ == "__main__":
    main()
