"""The seller's logo: what is taken for one, what is kept of it, how it stands on paper, what is done without it."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageCms, ImageDraw
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.errors import Invalid
from backoffice.issuing import queries
from backoffice.issuing.models import Invoice
from backoffice.issuing.pdf import picture, render
from backoffice.issuing.pdf.canvas import PAGE_HEIGHT
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules.credits import CreditReason, Share, build_credit_snapshot
from backoffice.issuing.services import logos, number_invoice
from backoffice.issuing.services import retry as try_again
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import DEFAULTS, PolicyKey
from tests.support import files, pdfs
from tests.support.invoices import SELLER, Paper, line
from tests.support.office import ISSUER, Office, contradictions

BLUE, WHITE = (16, 84, 160), (255, 255, 255)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_store", storage.DocumentStore(tmp_path))


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawn(mode: str = "RGBA", size: tuple[int, int] = (1200, 300), colour: Any = (*BLUE, 255)) -> Image.Image:
    """A bar inside a wide margin, which is transparent where the mode knows that."""
    clear = {"RGBA": (0, 0, 0, 0), "LA": (0, 0)}.get(mode, "white")
    image = Image.new(mode, size, clear)
    ImageDraw.Draw(image).rectangle((100, 50, size[0] - 101, size[1] - 51), fill=colour)
    return image


def kept(content: bytes) -> Image.Image:
    normal = logos.normalise(content)
    assert len(normal) <= 150_000
    chunks, at = [], 8
    while at < len(normal):
        length, kind = struct.unpack_from(">I4s", normal, at)
        chunks.append(kind)
        at += 12 + length
    assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}, "nothing of what came along is kept"
    image = Image.open(io.BytesIO(normal))
    assert image.mode == "RGB"
    assert (image.width <= 900, image.height <= 228, picture.parse(normal)[:2]) == (True, True, image.size)
    return image


def test_what_is_kept_is_opaque_without_margin_and_in_proportion() -> None:
    palette = drawn("RGB", colour=BLUE).quantize(4)
    palette.info["transparency"] = palette.getpixel((0, 0))
    for image, colour in (
        (drawn(), BLUE), (palette, BLUE), (drawn("RGB", colour=BLUE), BLUE),
        (drawn("LA", colour=(60, 255)), (60, 60, 60)), (drawn("L", colour=60), (60, 60, 60)),
        (drawn("1", colour=0), (0, 0, 0)), (drawn(colour=(*BLUE, 51)), (207, 221, 236)),
    ):  # fmt: skip
        made = kept(saved(image))
        assert made.size == (900, 180)  # of 1000 by 200
        assert made.getpixel((450, 90)) == colour
    deep = Image.new("I;16", (200, 100), 0x3C3C)
    assert kept(saved(deep)).getpixel((9, 9)) == (60, 60, 60)


def test_a_photograph_stands_upright_weighs_little_and_has_the_colours_of_its_profile() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert kept(saved(drawn("RGB", colour=BLUE), "JPEG", quality=95, exif=exif)).size[0] < 228
    noise = Image.effect_noise((1900, 900), 90).convert("RGB")
    assert kept(saved(noise, "JPEG")).width < 900
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()  # of another kind: it says nothing
    assert kept(saved(drawn("RGB", colour=BLUE), icc_profile=swapped)).getpixel((450, 90)) == BLUE
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found: Any = kept(saved(drawn(), icc_profile=same)).getpixel((450, 90))
    assert all(abs(one - other) <= 2 for one, other in zip(found, BLUE, strict=True))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"", "not a complete PNG or JPEG"),
        (lambda: b"%PDF-1.7 " * 9, "not a complete PNG or JPEG"),
        (lambda: files.picture("GIF"), "not a complete PNG or JPEG"),
        (lambda: saved(drawn())[:-40], "not a complete PNG or JPEG"),
        (lambda: saved(drawn("RGB", colour=BLUE), "JPEG")[:-900], "not a complete PNG or JPEG"),
        (lambda: saved(drawn()) + b"<script>" * 99, "not a complete PNG or JPEG"),
        (lambda: bomb(100, 100), "not a complete PNG or JPEG"),
        (lambda: bomb(2001, 2000), "too many pixels"),
        (lambda: bomb(20_000, 20_000), "too many pixels"),
        (lambda: saved(drawn("RGB", colour=BLUE), "JPEG") + b"\xff\xda" * 999, "too many pixels"),
        (lambda: saved(drawn("L", colour=9)) + bytes(2 * 1024 * 1024), "larger than 2 MB"),
        (lambda: files.picture("PNG"), "16 pixels"),
        (lambda: saved(drawn("CMYK", colour=(9, 9, 9, 9)), "JPEG"), "CMYK"),
        (lambda: saved(Image.new("RGBA", (90, 90), (0, 0, 0, 0))), "nothing but white"),
    ],
)
def test_what_is_no_logo_is_refused_before_it_is_unpacked(content: Callable[[], bytes], said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        logos.normalise(content())
    assert list(refused.value.fields) == ["logo"]


LONG = {
    "name": "云台智能科技超长名称" * 25,
    "latin_name": ("Extraordinarily Long Name of Many Words " * 7)[:256].strip(),
}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("size", [(1200, 300), (400, 400), (2400, 160), (300, 240)])
@pytest.mark.parametrize("named", [{}, LONG])
def test_it_stands_in_proportion_beside_the_names_and_touches_nothing(
    size: tuple[int, int], named: dict[str, str]
) -> None:
    sha256 = logos.receive(saved(drawn(size=size)))
    plain, paper = Paper([line("106.00")]), Paper([line("106.00")], seller=SELLER | named | {"logo": sha256})
    document = render(paper.freeze())
    assert document == render(paper.freeze())
    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert pdf.check_pdf_syntax() == []
        page = pdf.pages[0]
        image: Any = page.Resources.XObject.I1
        # ISO 19005-3, 6.2.8: no alternates, no interpolation; colours by the output intent, no transparency.
        assert not {"/SMask", "/Mask", "/Interpolate", "/Alternates", "/OPI"} & set(image.keys())
        assert (image.ColorSpace, image.BitsPerComponent) == (pikepdf.Name.DeviceRGB, 8)
        source = Image.open(io.BytesIO(storage.get(sha256)))
        assert pikepdf.PdfImage(image).as_pil_image().tobytes() == source.tobytes()
        content = page.Contents.read_bytes().decode()
    (placed,) = re.findall(r"q (\S+) 0 0 (\S+) (\S+) (\S+) cm /I1 Do Q", content)
    width, height, left, bottom = map(float, placed)
    assert width / height == pytest.approx(source.width / source.height, rel=0.01)
    assert (width <= 150, height <= 38, width / source.width <= 72 / 150) == (True, True, True)
    texts = [tuple(map(float, at)) for at in re.findall(r"BT (\S+) (\S+) Td", content)]
    # Every text begins right of it, or has its baseline well below or above it.
    assert all(x > left + width + 5 or y < bottom - 18 or y > bottom + height for x, y in texts)
    assert all(y < PAGE_HEIGHT - 20 for _, y in texts)
    told = pdfs.read(document)
    assert all("".join(name.split()) in told.text for name in named.values())
    assert told.files == pdfs.read(render(Paper([line("106.00")], seller=SELLER | named).freeze())).files
    assert b"/XObject" not in render(plain.freeze())


@pytest.mark.usefixtures("store")
def test_a_draft_and_a_credit_note_bear_the_logo_of_their_invoice_and_earlier_templates_none() -> None:
    sha256 = logos.receive(saved(drawn()))
    invoice = Paper([line("106.00")], seller=SELLER | {"logo": sha256}).freeze()
    note = build_credit_snapshot(
        invoice, [Share(Decimal("100.00"), Decimal("106.00"))], number="CN-2026-000001",
        issued_at=datetime(2026, 5, 1, tzinfo=UTC), issued_on=date(2026, 5, 1), reason=CreditReason.OTHER, remarks="",
    )  # fmt: skip
    draft: Snapshot = {**invoice, "number": None, "verify_url": None}
    for snapshot, has in ((note, True), (draft, True), ({**invoice, "template": "v2"}, False)):
        assert (b"/Subtype/Image" in render(snapshot)) == has  # type: ignore[arg-type]


@pytest.mark.one_database
def test_without_its_picture_nothing_is_issued_and_why_is_told_until_it_is_there(office: Office) -> None:
    """Neither a number is taken without it, nor one that has its number turned round and round."""
    content = logos.normalise(saved(drawn(size=(1201, 301))))
    sha256 = storage.put(content)
    seller = {**DEFAULTS[PolicyKey.SELLER], "logo": sha256}
    with transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.SELLER, seller, starts_on=date(2026, 1, 1), reason="logo", now=clock.now()
        )
    office.recharge("30.00")
    first, second, third = office.apply("10.00"), office.apply("15.00"), office.apply("5.00")
    office.approve(first, second, third)
    assert office.issue(first)
    assert b"/Subtype/Image" in storage.get(queries.document_of(office.request(first).id).sha256)

    waiting = office.request(third).id
    session.rollback()
    with transaction():
        assert number_invoice(waiting, issuer=ISSUER)
    storage.discard(sha256)
    picture.logo.cache_clear()
    assert any("logo" in each for each in contradictions())
    for number in (second, third):
        assert not office.issue(number)
        assert "logo is not in the document store" in (office.request(number).issue_error or "")
    assert office.request(second).invoice_id is None
    assert not queries.issuable(clock.now(), 9, numbered=False), "it is left alone until somebody tries again"
    session.rollback()

    storage.put(content)
    for number in (second, third):
        waiting = office.request(number).id
        session.rollback()
        with transaction():
            assert try_again(waiting)
        assert office.issue(number)
    assert contradictions() == []
    logo = session.scalars(select(Invoice.snapshot).order_by(Invoice.id.desc())).first()
    assert logo is not None
    assert logo["seller"]["logo"] == sha256
    session.rollback()

    with pytest.raises(Invalid, match="not in the document store"), transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.SELLER, {**seller, "logo": "0" * 64}, starts_on=date(2026, 1, 1), reason="x",
            now=clock.now(),
        )  # fmt: skip
