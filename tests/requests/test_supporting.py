"""The supporting file: what is taken, what is refused and why, and under which name it is kept."""

from __future__ import annotations

import io
import struct
import time
import zlib
from typing import Any

import pytest
from PIL import Image

from backoffice import storage
from backoffice.errors import Invalid
from backoffice.requests.file_types import media_type
from backoffice.requests.pdf_actions import is_active
from backoffice.requests.services import supporting
from tests.support import files
from tests.support.office import Office, contradictions

PNG, JPEG = files.picture("PNG"), files.picture("JPEG")


def with_size(width: int, height: int) -> bytes:
    """The PNG with other dimensions and a checksum that fits."""
    data = PNG[:8] + PNG[8:12] + b"IHDR" + struct.pack(">II", width, height) + PNG[24:29]
    return data + struct.pack(">I", zlib.crc32(data[12:])) + PNG[33:]


WRONG = {
    "text": b"just text",
    "html": b"<html><script>alert(1)</script>",
    "gif": files.picture("GIF"),
    "webp": files.picture("WEBP"),
    "program": b"MZ" + b"\x00" * 200,
    "archive": b"PK\x03\x04" + b"\x00" * 200,
    "pdf header alone": b"%PDF-1.7\n",
    "pdf cut off": files.pdf()[:-30],
    "pdf whose table is elsewhere": files.pdf().replace(b"startxref\n", b"startxref\n9"),
    "pdf behind a page": b"<html>" + files.pdf(),
    "png signature alone": PNG[:8],
    "png cut off": PNG[:-14],
    "png with a wrong checksum": PNG[:29] + b"\x00\x00\x00\x00" + PNG[33:],
    "png without a width": with_size(0, 10),
    "png as wide as a trap": with_size(2_000_000, 10),
    "pdf of sixty bytes with a script": b"%PDF-1.4 <script>alert(1)</script> xref\nstartxref\n35\n%%EOF",
    "pdf with a table and nothing else": b"%PDF-1.4\nxref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF",
    "pdf whose table leads nowhere": files.pdf().replace(b"/Catalog", b"/Nothing"),
    "pdf without a root": files.pdf().replace(b"/Root", b"/Rood"),
    "pdf with much behind its end": files.pdf() + b"<script>" * 200,
    "pdf with a program behind its end": files.pdf() + b"\nMZ" + b"\x90" * 800,
    "pdf with a short page behind its end": files.pdf() + b"<script>alert(document.cookie)</script>" * 2,
    "pdf with a circle of tables": b"%PDF-1.4\nxref\n0 0\ntrailer\n<< /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF",
    "pdf stream that is broken": files.pdf_as("streams").replace(b"/XRef", b"/XRaf"),
    "png without pixels": files.png(),
    "png with too few pixels": files.png(files.chunk(b"IDAT", zlib.compress(bytes(71)))),
    "png with too many pixels": files.png(files.chunk(b"IDAT", zlib.compress(bytes(73)))),
    "png that unpacks to a hundred megabytes": files.png(files.chunk(b"IDAT", zlib.compress(bytes(100_000_000)))),
    "png with broken pixels": files.png(files.chunk(b"IDAT", b"no pixels")),
    "png with a page behind its end": PNG + b"<html><script>alert(1)</script>" * 3,
    "png with a broken checksum later": PNG[:-16] + b"\x00\x00\x00\x00" + PNG[-12:],
    "jpeg with a page behind its end": JPEG + b"<html><script>alert(1)</script>" * 3,
    "jpeg with its data cut out": JPEG[:-60] + JPEG[-2:],
    "jpeg of segments alone": JPEG.partition(b"\xff\xda")[0] + b"\xff\xd9",
    "jpeg beginning alone": JPEG[:3],
    "jpeg cut off": JPEG[:-2],
    "jpeg without a frame": JPEG[:20] + b"\xff\xd9",
    "jpeg with a broken segment": b"\xff\xd8\xff\xe0\x00\x01" + JPEG[6:],
}


@pytest.mark.parametrize(
    ("content", "kind"), [(files.pdf(), "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
)
def test_whole_documents_are_known_by_their_content(content: bytes, kind: str) -> None:
    assert media_type(content) == kind
    # What scanners and phones leave behind the end does no harm.
    assert media_type(content + (b"\n" if kind == "application/pdf" else b"\x00" * 40)) == kind


_SCRIPT = zlib.compress(b"3 0 <</S/JavaScript/JS(app.alert(1))>>")


@pytest.mark.parametrize(
    "said",
    [
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/X( obj)>>stream\n",
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Y(" + b"a" * 5000 + b")>>stream\n",
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>%c\nstream\r\n",
        b"<</Filter/FlateDecode>> stream \n",
        b"(stream\n) <</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>stream\n",
    ],
    ids=["false begin", "long dictionary", "comment", "says nothing", "false stream before"],
)
def test_what_a_file_says_of_its_objects_misleads_nobody(said: bytes) -> None:
    assert is_active(b"%PDF-1.7\n4 0 obj" + said + _SCRIPT + b"\nendstream endobj\n%%EOF")


@pytest.mark.parametrize(
    "content",
    [
        *(files.pdf_as(kind) for kind in ("plain", "streams", "linearised", "linearised streams", "encrypted")),
        files.updated_pdf(),
        b"\xef\xbb\xbf" + files.pdf(),
        b"\r\n" + files.pdf_as("streams"),
    ],
)
def test_pdfs_of_every_make_are_taken(content: bytes) -> None:
    assert media_type(content) == "application/pdf"


@pytest.mark.parametrize("behind", [b"\n", b"\r\n" * 500, b"\x00" * 2000, b"% scanned by X 1.0\n"])
def test_blanks_and_next_to_nothing_behind_a_pdf_do_no_harm(behind: bytes) -> None:
    assert media_type(files.pdf() + behind) == "application/pdf"


ACTIVE = {
    "script": {"/OpenAction": {"/S": "/JavaScript", "/JS": "app.alert(1)"}},
    "script of a page": {"/AA": {"/WC": {"/S": "/JavaScript", "/JS": "app.alert(1)"}}},
    "program": {"/OpenAction": {"/S": "/Launch", "/F": "cmd.exe"}},
    "files": {"/Names": {"/EmbeddedFiles": {"/Names": ["a", {"/Type": "/Filespec"}]}}},
    "film": {"/Extra": {"/Subtype": "/RichMedia"}},
    "form that a viewer builds": {"/AcroForm": {"/XFA": ["a", "b"]}},
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("what", ACTIVE.values(), ids=ACTIVE)
def test_a_pdf_that_does_something_is_refused_and_told_how_to_mend(
    office: Office, what: dict[str, Any], packed: bool
) -> None:
    content = files.pdf_with(what, packed=packed)
    assert media_type(content) == "application/pdf"
    with pytest.raises(Invalid) as refused:
        supporting.take(content, "order.pdf")
    assert "Print it to a new PDF" in str(refused.value.fields["support_file"][0])


@pytest.mark.parametrize("name", [b"/J#61vaScript", b"/#4a#61#76#61#53#63#72#69#70#74", b"/#4AavaScript", b"/Laun#63h"])
def test_a_name_written_in_numbers_hides_nothing(name: bytes) -> None:
    content = files.pdf_with({"/OpenAction": {"/S": "/JavaScript"}}, packed=False)
    assert is_active(content.replace(b"/JavaScript", name))


def test_a_false_stream_hides_nothing() -> None:
    action = b"9 0 obj << /S /JavaScript >> endobj"
    assert is_active(b"%PDF-1.7\n1 0 obj (>> stream\n) " + action + b" endstream")


@pytest.mark.parametrize(
    "stream",
    [
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >> stream\nnot packed\nendstream",
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /LZWDecode >> stream\nx\nendstream",
        b"<< /Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /ASCIIHexDecode] >> stream\nx\nendstream",
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >> stream\n"
        + zlib.compress(bytes(70 * 1024 * 1024)) + b"\nendstream",
    ],
    ids=["not packed", "packed otherwise", "packed twice", "trap"],
)  # fmt: skip
def test_objects_that_cannot_be_read_are_not_trusted(stream: bytes) -> None:
    assert is_active(b"%PDF-1.7\n1 0 obj " + stream)


@pytest.mark.parametrize(
    "content",
    [
        *(files.pdf_as(kind) for kind in ("plain", "streams", "linearised", "linearised streams", "encrypted")),
        files.updated_pdf(),
        files.pdf_with({"/OpenAction": [0, "/XYZ", None, None, 0], "/AcroForm": {"/Fields": []}}, packed=False),
        files.pdf_with({"/OpenAction": [0, "/XYZ", None, None, 0], "/AcroForm": {"/Fields": []}}, packed=True),
        # Packed pixels hold every short word by chance.
        b"%PDF-1.4\n1 0 obj << /Length 9 >> stream\n\x01/JS(\x02/XFA \nendstream endobj",
        b"%PDF-1.4\n1 0 obj << /JSX 1 /Launcher 2 /JavaScripts 3 >> endobj",
    ],
)
def test_a_pdf_that_is_only_paper_is_taken(content: bytes) -> None:
    assert not is_active(content)


@pytest.mark.parametrize(
    "filler",
    [b">> stream\n", b"/#", b"/J#61", b"/First 1 ", b"/Type/ObjStm>>stream\n", b" obj", b"stream\n1 0 endstream "],
)
def test_ten_megabytes_of_names_are_looked_through_at_once(filler: bytes) -> None:
    begun = time.process_time()
    is_active(b"%PDF-1.7\n" + filler * (supporting.LARGEST_BYTES // len(filler)))
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pngs_of_every_kind_of_colour_are_taken(mode: str) -> None:
    held = io.BytesIO()
    Image.new(mode, (21, 13)).save(held, "PNG")
    assert media_type(held.getvalue()) == "image/png"


def test_interlaced_and_divided_pngs_are_taken() -> None:
    # The seven passes over 8 by 8 pixels: 2 + 2 + 3 + 6 + 10 + 20 + 36 bytes.
    packed = zlib.compress(bytes(79))
    content = files.png(files.chunk(b"IDAT", packed[:5]), files.chunk(b"IDAT", packed[5:]), interlaced=True)
    Image.open(io.BytesIO(content)).load()
    assert media_type(content) == "image/png"


@pytest.mark.parametrize(("mode", "progressive"), [("L", False), ("RGB", True), ("CMYK", False), ("RGB", False)])
def test_jpegs_of_every_make_are_taken(mode: str, progressive: bool) -> None:
    held = io.BytesIO()
    Image.effect_noise((300, 200), 90).convert(mode).save(held, "JPEG", progressive=progressive, exif=b"Exif\0\0II")
    assert media_type(held.getvalue()) == "image/jpeg"
    # Phones put the picture for bright screens behind the one everybody sees.
    assert media_type(held.getvalue() + JPEG) == "image/jpeg"


@pytest.mark.parametrize("filler", [b"\xff", b"\xff\x00", b"%PDF-1.7 ", b"startxref 1 ", b"xref\n0 1\n"])
def test_ten_megabytes_of_anything_are_checked_at_once(filler: bytes) -> None:
    begun = time.perf_counter()
    for beginning in (b"%PDF-1.7\n", PNG[:-12], JPEG[:-2]):
        end = b"\nstartxref\n9\n%%EOF"
        media_type(beginning + filler * (supporting.LARGEST_BYTES // len(filler)) + end)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_whatever_only_looks_like_one_is_none(content: bytes) -> None:
    assert media_type(content) is None


@pytest.mark.parametrize("content", [files.pdf(), PNG, JPEG], ids=["pdf", "png", "jpeg"])
def test_no_beginning_of_a_document_breaks_the_check(content: bytes) -> None:
    for end in range(len(content) - 12):
        assert media_type(content[:end]) is None, end


def test_a_file_is_kept_in_the_store_under_its_checked_type(office: Office) -> None:
    taken = supporting.take(PNG, "photo.exe")
    assert (taken.name, taken.type, taken.size) == ("photo.png", "image/png", len(PNG))
    assert storage.get(taken.sha256) == PNG


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"no document", "not a complete PDF, PNG or JPEG"),
        (PNG + b"\x00" * supporting.LARGEST_BYTES, "larger than 10 MB"),
    ],
)
def test_a_refusal_names_what_is_allowed(office: Office, content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        supporting.take(content, "x.pdf")
    said = str(refused.value.fields["support_file"][0])
    assert words in said
    assert "at most 10 MB" in said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("采购单 4501.PDF", "采购单 4501.pdf"),
        ("C:\\Users\\ada\\order.pdf", "order.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("order.pdf\r\nX-Evil: 1", "order.pdf"),
        ("\u202efdp.exe", "fdp.pdf"),
        ('"><script>.pdf', "script.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("", "document.pdf"),
        ("x" * 5000 + ".pdf", "x" * 80 + ".pdf"),
    ],
)
def test_names_are_made_harmless(typed: str, kept: str) -> None:
    assert supporting.clean_name(typed, "application/pdf") == kept


def test_a_request_keeps_its_file(office: Office) -> None:
    office.recharge("60.00")
    taken = supporting.take(files.pdf(), "order.pdf")
    request = office.request(office.apply("10.00", support=taken))
    assert supporting.found(request) == taken
    assert supporting.of(office.request(office.apply("10.00"))) is None
    assert contradictions() == []
