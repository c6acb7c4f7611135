"""Take the pictures of the document anew: invoices of 1 to 500 lines in each language, a credit note, longest fields.

    .venv/bin/python scripts/invoice_pictures.py [--pdf FOLDER]

Writes small PNGs to docs/pictures, which docs/reference/documents.md shows. Needs poppler's pdftoppm. With --pdf the
documents are kept there too.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backoffice import storage  # noqa: E402
from backoffice.issuing.pdf import render  # noqa: E402
from backoffice.issuing.rules import LineInput, Snapshot, TaxKind, build_snapshot  # noqa: E402
from backoffice.issuing.rules.credits import CreditReason, Share, build_credit_snapshot  # noqa: E402
from backoffice.issuing.services import logos  # noqa: E402
from backoffice.policies.rules import DEFAULTS, PolicyKey  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 100_000  # bytes; a page with pictures should open quickly
PAGE_DPI, SHEET_DPI, COLOURS = 64, 26, 24
SIDE_BY_SIDE, IN_A_ROW = 2, 5  # pages of a short document, and of a sheet of many
ENDS = ("500-zh", "500-en")  # shown by their first and last page; the sheet of all pages is the bilingual one
BUYER = {
    "kind": "enterprise", "name": "北京流明数据科技有限公司", "tax_id": "91110000MA00000152",
    "address": "北京市海淀区学院路35号世宁大厦12层", "phone": "010-8231 7700", "bank": "中国工商银行北京学院路支行",
    "bank_account": "0200 0062 1920 0123 456", "email": "ada@lumen.example",
}  # fmt: skip
DESCRIPTIONS = ("AI 平台账户充值", "API 调用额度 API credits", "GPU 计算时长(A100 × 8)", "Account top-up", "短信套餐包")
TAXES = ((TaxKind.RATE, "0.06"), (TaxKind.RATE, "0.13"), (TaxKind.ZERO, "0"), (TaxKind.EXEMPT, "0"))
LAW = "财税〔2016〕36号附件3 Cai Shui (2016) No. 36, Annex 3"
CHINESE_NAME = ("上海云启人工智能与大数据应用技术研究开发" * 13)[:252] + "有限公司"
LATIN_NAME = ("International Association for Research and Development of Artificial Intelligence " * 4)[:256].strip()
CHINESE_ADDRESS = ("上海市浦东新区张江高科技园区博云路2号浦软大厦" * 6)[:128]
LATIN_ADDRESS = ("Building 5, 2 Boyun Road, Zhangjiang Hi-Tech Park, Pudong New Area, Shanghai; " * 2)[:128].strip()
REMARKS = ("合同编号 LM-2026-017,采购单 4501,请按合同约定的项目归集。Thank you for your business. " * 10)[:500]


def main() -> None:
    """Take all pictures; says each file and its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pdf", type=Path)
    kept: Path | None = parser.parse_args().pdf
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as store:
        storage.configure(Path(store))
        for name, snapshot in documents(logos.receive(mark())):
            document = render(snapshot)
            if kept is not None:
                kept.mkdir(parents=True, exist_ok=True)
                (kept / f"{name}.pdf").write_bytes(document)
            save(name, document, ends=name in ENDS)


def documents(logo: str) -> Iterator[tuple[str, Snapshot]]:
    """What is looked at, by the name of its picture."""
    for language in ("zh", "en", "both"):
        for lines in (1, 10, 60):
            yield f"{lines}-{language}", invoice(lines, language, logo, taxes=1 if lines == 1 else 4)
        yield f"500-{language}", invoice(500, language, logo)
    yield "no-logo-en", invoice(10, "en", "")
    yield "draft-zh", invoice(3, "zh", logo, number=None)
    yield "credit-note-both", credited(invoice(10, "both", logo, taxes=4))
    for script, name, address in (("chinese", CHINESE_NAME, CHINESE_ADDRESS), ("latin", LATIN_NAME, LATIN_ADDRESS)):
        longest = {"name": name, "latin_name": LATIN_NAME, "address": address}
        language = "en" if script == "latin" else "both"
        yield (
            f"longest-{script}",
            invoice(4, language, logo, remarks=REMARKS, buyer=BUYER | longest, seller=longest, description=name[:255]),
        )


def invoice(
    lines: int,
    language: Any,
    logo: str,
    *,
    taxes: int = 1,
    number: str | None = "INV-2026-000042",
    remarks: str = "合同编号 LM-2026-017。\nThank you for your business.",
    buyer: dict[str, str] = BUYER,
    seller: dict[str, str] | None = None,
    description: str = "",
) -> Snapshot:
    """A believable invoice, the same each time."""
    draw = random.Random(lines)
    inputs = []
    for _ in range(lines):
        kind, rate = draw.choice(TAXES[:taxes])
        inputs.append(
            LineInput(
                description=description or draw.choice(DESCRIPTIONS),
                occurred_on=date(2026, 3, 1) + timedelta(days=draw.randrange(31)),
                external_id=f"R{draw.randrange(10**8):08d}-{draw.randrange(10**6):06d}",
                gross=Decimal(draw.randrange(1, 5_000_000)) / 100,
                tax_kind=kind,
                rate=Decimal(rate),
                tax_reason=LAW if kind is TaxKind.EXEMPT else "",
            )
        )
    return build_snapshot(
        inputs,
        number=number,
        language=language,
        issued_at=datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC),
        issued_on=date(2026, 4, 2),
        currency="CNY",
        seller={**DEFAULTS[PolicyKey.SELLER], **(seller or {}), "logo": logo},
        buyer=buyer,
        remarks=remarks,
        request_number="IR-20260401-482913",
        verify_url=f"https://backoffice.example/verify?number={number}" if number else None,
    )


def credited(original: Snapshot) -> Snapshot:
    """A credit note on some lines of an invoice."""
    shares = [
        Share(Decimal(line["net"]), Decimal(line["gross"])) if index % 3 == 0 else Share(Decimal(0), Decimal(0))
        for index, line in enumerate(original["lines"])
    ]
    return build_credit_snapshot(
        original,
        shares,
        number="CN-2026-000007",
        issued_at=datetime(2026, 5, 6, 3, 4, 5, tzinfo=UTC),
        issued_on=date(2026, 5, 6),
        reason=CreditReason.REFUND,
        remarks="退款单 RF-20260505-11",
        verify_url="https://backoffice.example/verify?number=CN-2026-000007",
    )


def mark() -> bytes:
    """A logo as a designer would send it: transparent, with a wide margin."""
    image = Image.new("RGBA", (1900, 560), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((100, 80, 500, 480), fill=(23, 59, 107))
    pen.ellipse((220, 200, 380, 360), fill=(0, 0, 0, 0))
    for left, top, right in ((600, 130, 1780), (600, 270, 1500), (600, 390, 1640)):
        pen.rounded_rectangle((left, top, right, top + 70), 35, fill=(23, 59, 107) if top < 200 else (90, 140, 200))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def save(name: str, document: bytes, *, ends: bool = False) -> None:
    """Write all pages of a document, or its `ends`, as one picture of few colours; many pages small, as a sheet."""
    pages = pages_of(document, PAGE_DPI)
    count = len(pages)
    pages = [pages[0], pages[-1]] if ends else pages
    across = SIDE_BY_SIDE
    if len(pages) > 2 * SIDE_BY_SIDE:
        pages, across = pages_of(document, SHEET_DPI), IN_A_ROW
    width, height = pages[0].size
    across = min(across, len(pages))
    rows = -(-len(pages) // across)
    gap = 8
    sheet = Image.new("RGB", (across * (width + gap) + gap, rows * (height + gap) + gap), (214, 218, 224))
    for index, page in enumerate(pages):
        sheet.paste(page, (gap + index % across * (width + gap), gap + index // across * (height + gap)))
    target = FOLDER / f"document-{name}.png"
    sheet.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    sys.stdout.write(f"{target.relative_to(ROOT)}  {len(pages)} of {count} pages  {size // 1000} kB\n")
    if size > LARGEST:
        raise SystemExit(f"{target.name} is larger than {LARGEST // 1000} kB")


def pages_of(document: bytes, dpi: int) -> list[Image.Image]:
    """The pages as a reader shows them."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", str(dpi), "-png", "-", f"{folder}/page"]
        subprocess.run(command, input=document, check=True)
        return [Image.open(path).convert("RGB").copy() for path in sorted(Path(folder).glob("*.png"))]


if __name__ == "__main__":
    main()
