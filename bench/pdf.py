"""What an invoice costs: ours against reportlab, typst and weasyprint, taking turns in one run.

    python -m bench.pdf [--count 60] [--lines 10,300]

All draw the same snapshots with the same two faces of Noto Sans SC: head, parties, table, sums, QR code, page x of y,
once without and once with a logo. "pages" is our document as theirs: not archival, without XML; "issued" is what is
issued, PDF/A-3U with its XML. Printed: median and 95th percentile of CPU milliseconds, size of the file, and how many
times as long as our pages each takes; at the end the memory of a process that does nothing but draw ours. Compare the
ratios, not the milliseconds. typst and weasyprint are in requirements/bench.txt; without them their lines are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from PIL import Image, ImageDraw

from backoffice import storage
from backoffice.issuing.pdf import document, layout_v4, qr, render
from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot
from backoffice.issuing.services import logos
from bench import pdf_peers

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


def snapshot(seed: int, lines: int, logo: str = "") -> Snapshot:
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
        currency="CNY", seller=SELLER | {"logo": logo}, buyer=buyer, remarks="感谢您的信任。",
        request_number="IR-20260401-482913",
        verify_url=f"https://backoffice.example/verify?number={number}",
    )  # fmt: skip


def pages(snap: Snapshot) -> bytes:
    """Ours without what theirs have not: no archive, no XML."""
    return document.produce(layout_v4.draw, snap, archival=False)


def logo() -> str:
    """The hash of a mark with rounded shapes, as a brand's designer would send it."""
    image = Image.new("RGBA", (1600, 400), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 10, 390, 390), fill=(23, 59, 107))
    pen.rounded_rectangle((460, 120, 1590, 280), 80, fill=(200, 60, 60))
    file = io.BytesIO()
    image.save(file, "PNG")
    return logos.receive(file.getvalue())


def engines() -> dict[str, Callable[[Snapshot], bytes]]:
    """What is here to be compared, by name; ours first."""
    drawn: dict[str, Callable[[Snapshot], bytes]] = {"pages": pages, "issued": render}
    for name in ("reportlab", "typst", "weasyprint"):
        if importlib.util.find_spec(name):
            drawn[name] = getattr(pdf_peers, name)
    return drawn


def compare(lines: int, count: int, sha256: str = "") -> None:
    """Print one table for invoices of `lines` lines."""
    spent: dict[str, list[float]] = {}
    sizes: dict[str, list[int]] = {}
    for seed in range(-2, count):
        snap = snapshot(seed + 10, lines, sha256)
        drawn = list(engines().items())
        first = seed % len(drawn)  # whoever comes after a heavy one finds the processor's caches cold
        for name, draw in drawn[first:] + drawn[:first]:
            if name == "weasyprint" and seed > count // 6:
                continue  # so much slower that a few tell enough
            qr.modules.cache_clear()
            # What our pages have measured would be known to "issued", so it draws others of the same kind.
            given = snapshot(seed + 10_000, lines, sha256) if name == "issued" else snap
            start = time.process_time()
            made = draw(given)
            if seed >= 0:  # the first two warm up faces and imports
                spent.setdefault(name, []).append((time.process_time() - start) * 1000)
                sizes.setdefault(name, []).append(len(made))
    ours = statistics.median(spent["pages"])
    told = "with a logo" if sha256 else "without a logo"
    print(f"\n{lines} lines, {told}, {count} invoices\n{'':12}{'cpu ms':>9}{'p95':>9}{'kB':>8}{'ratio':>8}")
    for name in engines():
        times = spent[name]
        p95 = sorted(times)[int(len(times) * 0.95)]
        median = statistics.median(times)
        size = statistics.median(sizes[name]) / 1000
        print(f"{name:12}{median:9.2f}{p95:9.2f}{size:8.1f}{median / ours:8.2f}", flush=True)


_ALONE = """
import re, sys
from pathlib import Path
from backoffice import storage
storage.configure(Path(sys.argv[1]))
from backoffice.issuing.pdf import render
from bench.pdf import snapshot
for seed in range(40):
    render(snapshot(seed, 300 if seed % 10 == 0 else 10, sys.argv[2]))
# Not getrusage: what that says begins with the size of the process that started this one.
most = re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())
print(f"memory of a process that draws: {int(most[1]) / 1024:.0f} MiB at most")
"""


def run(count: int = 60, sizes: tuple[int, ...] = (10, 300)) -> None:
    """Compare each size without and with a logo, and print the memory of a process that draws."""
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        storage.configure(Path(folder))
        mark = logo()
        for lines in sizes:
            for sha256 in ("", mark):
                compare(lines, count if lines < 100 else max(5, count // 4), sha256)
        print(flush=True)
        subprocess.run([sys.executable, "-c", _ALONE, folder, mark], check=True)


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="invoices of each size")
    parser.add_argument("--lines", default="10,300", help="sizes, by comma")
    arguments = parser.parse_args()
    run(arguments.count, tuple(map(int, arguments.lines.split(","))))


if __name__ == "__main__":
    main()
