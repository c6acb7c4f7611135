"""What `issuing.pdf.writer` expects of fpdf2 beyond its promises. Red here after an upgrade: read the writer first."""

from __future__ import annotations

import inspect
import io
from datetime import UTC, datetime
from importlib.metadata import version

import pikepdf
import pytest
from fpdf import FPDF
from fpdf.enums import PDFResourceType
from fpdf.output import OutputProducer, PDFICCProfile, PDFPage
from fpdf.syntax import PDFContentStream, PDFObject
from fpdf.util import builtin_srgb2014_bytes

from backoffice.issuing.pdf import faces, metadata, writer

PROPERTIES = metadata.Properties(
    title="商业发票 <1>", author="云台 & Co", subject="流明", language="zh-CN",
    created=datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC), file_id="0123456789ABCDEF" * 2,
)  # fmt: skip


def test_the_version_is_the_one_we_looked_into() -> None:
    assert version("fpdf2") == "2.8.9"


def test_the_names_we_lean_on_are_there() -> None:
    assert list(inspect.signature(OutputProducer._add_pdf_obj).parameters) == ["self", "pdf_obj", "trace_label"]
    assert list(inspect.signature(OutputProducer._add_pages).parameters) == ["self", "_slice"]
    assert len(inspect.signature(OutputProducer._add_fonts).parameters) == 4
    assert list(inspect.signature(PDFObject.serialize).parameters) == ["self", "obj_dict", "_security_handler"]
    assert "output_producer_class" in inspect.signature(FPDF.output).parameters
    pdf = FPDF()
    pdf.add_page()
    pdf._resource_catalog.add(PDFResourceType.FONT, 1, 1)
    pdf._resource_catalog.add(PDFResourceType.X_OBJECT, 2, 1)
    assert pdf._resource_catalog.get_resources_per_page(1, PDFResourceType.FONT) == {1}
    assert pdf._resource_catalog.get_resources_per_page(1, PDFResourceType.X_OBJECT) == {2}
    assert isinstance(pdf.pages[1], PDFPage)
    assert isinstance(pdf.pages[1].contents, bytearray)


def test_a_stream_can_be_given_what_was_compressed_elsewhere() -> None:
    """Colour profile and enclosed file are compressed our way; their dictionaries are fpdf2's."""
    pdf = FPDF(enforce_compliance="PDF/A-3U")
    file = pdf.embed_file(bytes=b"content", basename="a.xml", mime_type="text/xml")
    profile = PDFICCProfile(b"", n=3, alternate="DeviceRGB")
    for stream in (file, profile):
        assert isinstance(stream, PDFContentStream)
        assert {"_contents", "length", "filter"} <= set(dir(stream))
        assert stream.content_stream() is stream._contents
        writer._fill(stream, b"deflated")
        stream.id = 7
        written = stream.serialize()
        written = written.encode("latin-1") if isinstance(written, str) else written
        assert b"/Filter /FlateDecode" in written
        assert b"/Length 8\n" in written
        assert b"stream\ndeflated\nendstream" in written
    assert "/Size 7" in str(file.params)
    assert list(inspect.signature(FPDF.add_output_intent).parameters) == [
        "self", "subtype", "output_condition_identifier", "output_condition", "registry_name", "dest_output_profile",
        "info",
    ]  # fmt: skip


def test_an_archival_file_encloses_what_it_was_given() -> None:
    enclosed = metadata.Enclosure("factur-x.xml", b"<a/>" * 99, "EN 16931", "Factur-X")
    face = faces.face("sc")
    fonts = {1: (face, face.cut("1"))}
    data = writer.write([b""], fonts, PROPERTIES, archival=True, enclosed=enclosed)
    assert data == writer.write([b""], fonts, PROPERTIES, archival=True, enclosed=enclosed)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.attachments["factur-x.xml"].get_file().read_bytes() == enclosed.content
        assert pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes() == builtin_srgb2014_bytes()
    with pytest.raises(AssertionError, match="archival"):
        writer.write([b""], fonts, PROPERTIES, enclosed=enclosed)


def test_fpdf2_still_asks_the_producer_for_pages_and_fonts() -> None:
    asked: list[str] = []

    class Spy(OutputProducer):
        def _add_pages(self, *args: slice) -> list[PDFPage]:
            asked.append("pages")
            pages = super()._add_pages(*args)
            assert all(isinstance(page.contents, PDFContentStream) for page in pages)
            return pages

        def _add_images(self) -> dict[int, object]:  # type: ignore[override]
            asked.append("images")
            return {}

        def _add_fonts(self, *args: object) -> dict[int, object]:  # type: ignore[override]
            asked.append("fonts")
            return {}

    pdf = FPDF()
    pdf.add_page()
    pdf.output(output_producer_class=Spy)
    assert asked == ["pages", "images", "fonts"]


def test_a_written_file_has_the_structure_we_meant() -> None:
    face = faces.face("sc")
    cut = face.cut("云1é")
    content = f"BT /F1 12 Tf 50 700 Td <{''.join(f'{cut.codes[ord(c)]:04x}' for c in '云1é')}> Tj ET".encode()
    data = writer.write([content, content], {1: (face, cut)}, PROPERTIES)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert len(pdf.pages) == 2
        assert [float(edge) for edge in pdf.pages[0].mediabox] == [0, 0, 595.28, 841.89]
        assert pdf.pages[0].Contents.read_bytes() == content
        font = pdf.pages[0].Resources.Font["/F1"]
        descendant = font.DescendantFonts[0]
        assert str(font.BaseFont) == f"/{cut.name}"
        assert descendant.CIDToGIDMap == pikepdf.Name.Identity
        assert descendant.FontDescriptor.FontFile2.read_bytes() == cut.program
        assert b"<4E91>" in font.ToUnicode.read_bytes()
        assert str(pdf.docinfo.Title) == PROPERTIES.title
        assert str(pdf.docinfo.CreationDate) == "D:20260402030405Z"
        assert bytes(pdf.trailer.ID[0]).hex().upper() == PROPERTIES.file_id
        assert pdf.Root.Lang == "zh-CN"
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == PROPERTIES.title
            assert metadata["dc:creator"] == [PROPERTIES.author]
            assert metadata["xmp:ModifyDate"] == "2026-04-02T03:04:05Z"


def test_a_cut_refuses_what_its_face_lacks() -> None:
    with pytest.raises(LookupError, match="Ł"):
        faces.face("sc").cut("Ł")


def test_cuts_of_other_characters_have_other_names() -> None:
    names = {faces.face(face).cut(text).name for face in ("sc", "sc-bold") for text in ("云", "云台")}
    assert len(names) == 4
