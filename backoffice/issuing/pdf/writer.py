"""Pages and cut faces to a PDF file, by fpdf2.

This is the only module that leans on names fpdf2 does not promise: `OutputProducer._add_fonts`, `_add_images`,
`_add_pages`, `_add_pdf_obj`, `FPDF._resource_catalog`, `FPDF.pages[n].contents`, the `_contents`, `filter` and `length`
of a stream, and the order in which `bufferize` calls them. In return a document takes 5 ms instead of 700: fpdf2 would
parse and rebuild the whole Chinese face for each. The version is pinned exactly and tests/issuing/test_pdf_contract.py
fails when one of these names moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from fpdf import FPDF
from fpdf.enums import AssociatedFileRelationship, OutputIntentSubType, PDFResourceType
from fpdf.output import OutputProducer, PDFICCProfile, PDFPage
from fpdf.syntax import Name, PDFContentStream, PDFObject
from fpdf.util import builtin_srgb2014_bytes
from isal import isal_zlib

from backoffice.issuing.pdf import metadata
from backoffice.issuing.pdf.faces import Cut, Face
from backoffice.issuing.pdf.metadata import PRODUCER, Enclosure, Properties
from backoffice.issuing.pdf.picture import Picture

# What the file is where it is to last: PDF/A-3 may enclose files, level U says that all its text can be extracted.
_ARCHIVAL = "PDF/A-3U"

Fonts = dict[int, tuple[Face, Cut]]
# What one page shows, by the number in its operators; a number means the same on every page.
Pictures = dict[int, Picture]


def write(
    contents: list[bytes],
    fonts: Fonts,
    properties: Properties,
    *,
    pictures: Sequence[Pictures] = (),
    archival: bool = False,
    enclosed: Enclosure | None = None,
) -> bytes:
    """The file with these pages. The same arguments give the same bytes.

    An `archival` one is PDF/A-3U (ISO 19005-3) and may enclose a file that says the same as its pages.
    """
    assert archival or enclosed is None, "only an archival file says what it encloses"
    pdf = _Document(fonts, properties, archival=archival, enclosed=enclosed)
    for number, content in enumerate(contents, 1):
        pdf.add_page()
        pdf.pages[number].contents = bytearray(deflate(content))
        for font in fonts:
            pdf._resource_catalog.add(PDFResourceType.FONT, font, number)
    for number, shown in enumerate(pictures, 1):
        pdf.pictures |= shown
        for picture in shown:
            pdf._resource_catalog.add(PDFResourceType.X_OBJECT, picture, number)
    return bytes(pdf.output(output_producer_class=_Producer))


def deflate(data: bytes) -> bytes:
    """Compress for a FlateDecode stream: eight times as fast as zlib's default for 3 % more bytes."""
    return bytes(isal_zlib.compress(data, 2))


class _Document(FPDF):
    def __init__(self, fonts: Fonts, properties: Properties, *, archival: bool, enclosed: Enclosure | None) -> None:
        super().__init__(unit="pt", format="A4", enforce_compliance=_ARCHIVAL if archival else None)
        self.cut_fonts = fonts
        self.pictures: Pictures = {}
        self._file_id = properties.file_id
        self.pdf_version = "1.7"
        self.allow_images_transparency = False
        self.set_compression(False)  # the streams come compressed
        self.set_auto_page_break(False)
        self.set_title(properties.title)
        self.set_author(properties.author)
        self.set_subject(properties.subject)
        self.set_lang(properties.language)
        self.set_creator(PRODUCER)
        self.set_producer(PRODUCER)
        self.set_creation_date(properties.created)
        self.set_xmp_metadata(metadata.packet(properties, archival=archival, enclosed=enclosed))
        if archival:
            self._describe_colours()
        if enclosed is not None:
            self._enclose(enclosed, properties)

    def _describe_colours(self) -> None:
        """Say that the page's RGB is sRGB (ISO 19005-3, 6.2.3)."""
        profile = PDFICCProfile(b"", n=3, alternate="DeviceRGB")
        _fill(profile, _srgb())
        self.add_output_intent(
            OutputIntentSubType.PDFA,
            output_condition_identifier="sRGB",
            output_condition="IEC 61966-2-1:1999",
            registry_name="http://www.color.org",
            dest_output_profile=profile,
            info="sRGB2014 (v2)",
        )

    def _enclose(self, enclosed: Enclosure, properties: Properties) -> None:
        file = self.embed_file(
            bytes=enclosed.content,
            basename=enclosed.name,
            mime_type="text/xml",
            desc=enclosed.description,
            # "Alternative": program and person are told the same (Factur-X 1.0, 6.2.2).
            associated_file_relationship=AssociatedFileRelationship.ALTERNATIVE.value,
            modification_date=properties.created,
        )
        _fill(file, deflate(enclosed.content))

    def file_id(self) -> str:
        return f"<{self._file_id}><{self._file_id}>"


def _fill(stream: PDFContentStream, deflated: bytes) -> None:
    """Give a stream of fpdf2's contents that are compressed our way: its own depend on the machine's zlib."""
    stream._contents = deflated
    stream.length = len(deflated)
    stream.filter = Name("FlateDecode")


@cache
def _srgb() -> bytes:
    return deflate(builtin_srgb2014_bytes())


class _Block(PDFObject):
    """An object whose dictionary is written by hand; fpdf2's own serialisation looks at every attribute."""

    def __init__(self, dictionary: str, stream: bytes | None = None) -> None:
        super().__init__()
        self.dictionary = dictionary
        self.stream = stream

    def serialize(self, obj_dict: object = None, _security_handler: object = None) -> bytes:  # type: ignore[override]
        if self.stream is None:
            return f"{self.id} 0 obj\n<<{self.dictionary}>>\nendobj".encode("ascii")
        head = f"{self.id} 0 obj\n<<{self.dictionary}/Length {len(self.stream)}>>\nstream\n"
        return b"".join((head.encode("ascii"), self.stream, b"\nendstream\nendobj"))


class _Producer(OutputProducer):
    fpdf: _Document

    def _add_pages(self, *args: Any) -> list[PDFPage]:
        pages = super()._add_pages(*args)
        for page in pages:
            if isinstance(page.contents, PDFContentStream):
                page.contents.filter = Name("FlateDecode")
        return pages

    def _add_images(self) -> dict[int, _Block]:  # type: ignore[override]
        return {number: self._add_picture(picture) for number, picture in self.fpdf.pictures.items()}

    def _add_picture(self, picture: Picture) -> _Block:
        """An image whose stream is the PNG's own (ISO 32000-1, 8.9.5); its colours are those of the output intent."""
        return self._add(
            f"/Type/XObject/Subtype/Image/Width {picture.width}/Height {picture.height}/ColorSpace/DeviceRGB"
            "/BitsPerComponent 8/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/BitsPerComponent 8"
            f"/Columns {picture.width}>>",
            picture.pixels,
            "images",
        )

    def _add_fonts(self, *_: object) -> dict[int, _Block]:  # type: ignore[override]
        return {number: self._add_font(face, cut) for number, (face, cut) in self.fpdf.cut_fonts.items()}

    def _add_font(self, face: Face, cut: Cut) -> _Block:
        """A composite font whose codes are the glyph ids of the cut (ISO 32000-1, 9.7)."""
        program = self._add(f"/Filter/FlateDecode/Length1 {len(cut.program)}", deflate(cut.program))
        # Flags 4: symbolic, as a subset without a character table is. StemV is a hint for viewers that substitute.
        descriptor = self._add(
            f"/Type/FontDescriptor/FontName/{cut.name}/Flags 4/FontBBox[-1000 -1000 3000 2000]/ItalicAngle 0"
            f"/Ascent {face.ascent}/Descent {face.descent}/CapHeight {face.cap_height}"
            f"/StemV {140 if face.is_bold else 80}/FontFile2 {program.id} 0 R"
        )
        descendant = self._add(
            f"/Type/Font/Subtype/CIDFontType2/BaseFont/{cut.name}/FontDescriptor {descriptor.id} 0 R"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/CIDToGIDMap/Identity/DW 1000/W[{_widths(cut.widths)}]"
        )
        to_unicode = self._add("/Filter/FlateDecode", deflate(_to_unicode(cut.codes)))
        return self._add(
            f"/Type/Font/Subtype/Type0/BaseFont/{cut.name}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant.id} 0 R]/ToUnicode {to_unicode.id} 0 R"
        )

    def _add(self, dictionary: str, stream: bytes | None = None, kind: str = "fonts") -> _Block:
        block = _Block(dictionary, stream)
        self._add_pdf_obj(block, kind)
        return block


def _widths(widths: dict[int, int]) -> str:
    """The /W array: runs of neighbouring glyphs that are not a full em wide."""
    parts: list[str] = []
    previous = -2
    for glyph, width in sorted(widths.items()):
        if width == 1000:
            continue
        if glyph == previous + 1:
            parts.append(f" {width}")
        else:
            parts.append(f"{']' if parts else ''}{glyph}[{width}")
        previous = glyph
    return "".join(parts) + ("]" if parts else "")


def _to_unicode(codes: dict[int, int]) -> bytes:
    """The character map that lets people search and copy the text (ISO 32000-1, 9.10.3)."""
    pairs = sorted(zip(codes.values(), codes, strict=True))
    lines = [f"<{_hex(glyph)}> <{_hex(code)}>" for glyph, code in pairs]
    sections = [[f"{len(block)} beginbfchar", *block, "endbfchar"] for block in _hundreds(lines)]
    blocks = "\n".join(line for section in sections for line in section)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{blocks}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")


@cache  # glyph numbers of all documents are the same few hundred, and most characters
def _hex(code: int) -> str:
    """A character in the four digits of UTF-16, or in eight."""
    return f"{code:04X}" if code < 0x10000 else chr(code).encode("utf-16-be").hex().upper()


def _hundreds(lines: list[str]) -> Iterator[list[str]]:
    # A section of a character map holds at most 100 entries.
    for start in range(0, len(lines), 100):
        yield lines[start : start + 100]
