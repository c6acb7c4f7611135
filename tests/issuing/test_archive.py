"""Invoices are PDF/A-3U and enclose the XML as Factur-X says; each template draws what it always drew."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pikepdf
import pytest
from facturx import get_facturx_xml_from_pdf, get_level
from fontTools.ttLib import TTFont
from lxml import etree

from backoffice import storage
from backoffice.errors import Invalid
from backoffice.issuing import einvoice
from backoffice.issuing.pdf import checking, render
from backoffice.issuing.rules import TEMPLATE, Snapshot, TaxKind
from tests.support import en16931, pdfs
from tests.support.invoices import SELLER, Paper, at_random, line

ISSUED = Path(__file__).with_name("issued")
# What each template makes of its invoice in that folder. A change here is a change of invoices that were issued: make a
# new template instead.
FINGERPRINTS = {
    "v1": "fac42d97c8cf911dc88ee042e31f25f14931c561a7e3f85fd9576c15092064bc",
    "v2": "f9d4be70761d67b480a299be41fa37b3b3890a55eef48fd222730879f2554d00",
    "v3": "5869ea2527dede1135ddaacdb68aff55323e886fa6fd61fd4d5be64ac27139a8",
    "v4": "21bb00d5ab707b01ed15faa4f21e0452f1291f7ba2353350c6c8644fbe0fb848",
}
FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "fx": FX,
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}


def issued(template: str) -> Snapshot:
    return cast("Snapshot", json.loads((ISSUED / f"{template}.json").read_text()))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the logo of the folder's invoices is."""
    monkeypatch.setattr(storage, "_store", storage.DocumentStore(tmp_path))
    storage.put((ISSUED / "logo.png").read_bytes())


@pytest.fixture(scope="module")
def document() -> bytes:
    """An invoice of several pages, taxes and faces."""
    paper = at_random(12)
    paper.buyer = {"kind": "enterprise", "name": "Łódź 云台 & Co", "tax_id": "PL5260250274", "country": "PL"}
    return render(paper.freeze())


@pytest.fixture
def pdf(document: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(document)) as opened:
        yield opened


def metadata(pdf: pikepdf.Pdf) -> Any:
    return etree.fromstring(pdf.Root.Metadata.read_bytes())


@pytest.mark.parametrize("template", checking.TEMPLATES)
def test_a_template_draws_what_it_drew(template: str) -> None:
    snapshot = issued(template)
    assert snapshot["template"] == template
    assert pdfs.fingerprint(render(snapshot)) == FINGERPRINTS[template]


def test_a_template_adds_its_columns_up_in_the_order_in_which_it_did() -> None:
    """In another order a text of this invoice stands a hundredth of a point aside."""
    told = "bdfbf496f129f74152e6698f350c11171b1405e297952c68ac61004b4205558f"
    assert pdfs.fingerprint(render(issued("v3-narrow"))) == told


def test_the_fingerprint_sees_a_changed_stream_and_a_changed_object() -> None:
    document = render(issued("v1"))
    told = pdfs.fingerprint(document)
    assert told != pdfs.fingerprint(document.replace(b"/Flags 4", b"/Flags 5"))
    assert told != pdfs.fingerprint(render(cast("Snapshot", issued("v1") | {"remarks": "another"})))


def test_invoices_are_issued_with_the_last_template() -> None:
    assert checking.TEMPLATES[-1] == TEMPLATE == "v4"


def test_the_first_template_encloses_nothing_and_claims_nothing() -> None:
    with pikepdf.open(io.BytesIO(render(issued("v1")))) as pdf:
        assert not {"/AF", "/Names", "/OutputIntents"} & set(pdf.Root.keys())
        assert b"pdfaid" not in pdf.Root.Metadata.read_bytes()
        assert pdf.docinfo.Producer == "Backoffice"


def test_the_file_says_that_it_is_pdf_a_3u(document: bytes, pdf: pikepdf.Pdf) -> None:
    assert document.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in document[10:14])  # ISO 19005-3, 6.1.2: it is no text
    assert pdf.check_pdf_syntax() == []
    assert [metadata(pdf).findtext(f".//pdfaid:{name}", namespaces=XMP) for name in ("part", "conformance")] == [
        "3",
        "U",
    ]
    assert "/Info" not in pdf.trailer  # what it would say is in the metadata alone, so the two cannot differ
    assert "/Encrypt" not in pdf.trailer
    assert len(pdf.trailer.ID) == 2
    assert pdf.Root.Metadata.get("/Filter") is None
    assert not {"/AcroForm", "/OCProperties", "/AA"} & set(pdf.Root.keys())
    (intent,) = pdf.Root.OutputIntents
    assert (intent.S, intent.DestOutputProfile.N) == (pikepdf.Name.GTS_PDFA1, 3)
    profile = intent.DestOutputProfile.read_bytes()
    assert (profile[12:16], profile[16:20], profile[36:40]) == (b"mntr", b"RGB ", b"acsp")
    assert int.from_bytes(profile[:4]) == len(profile)


def test_pages_have_nothing_that_an_archive_refuses(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        assert set(page.Resources.keys()) <= {"/Font", "/ProcSet"}  # neither transparency nor patterns nor pictures
        assert not {"/Group", "/Annots", "/AA"} & set(page.obj.keys())
        operators = {str(operator) for _, operator in pikepdf.parse_content_stream(page)}
        assert operators <= {"BT", "ET", "Td", "Tm", "Tf", "Tj", "re", "f", "S", "w", "g", "rg", "RG", "q", "Q", "cm"}


def test_every_font_is_embedded_with_its_widths_and_all_text_can_be_extracted(pdf: pikepdf.Pdf) -> None:
    fonts = {font.objgen: font for page in pdf.pages for font in page.Resources.Font.values()}
    assert len(fonts) >= 3
    for font in fonts.values():
        (descendant,) = font.DescendantFonts
        program = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
        scale = 1000 / program["head"].unitsPerEm
        advances = [width * scale for width, _ in (program["hmtx"][name] for name in program.getGlyphOrder())]
        said = dict(_widths(descendant.W))
        _, _, pairs = font.ToUnicode.read_bytes().partition(b"beginbfchar")
        codes = [int(code, 16) for code in re.findall(rb"<([0-9A-F]{4})> <", pairs)]
        assert codes
        assert 0 not in codes  # .notdef, an empty box, is never shown
        # Parts of letters have glyphs of their own, which no page shows.
        assert all(abs(said.get(code, 1000) - advances[code]) <= 1 for code in codes)


def _widths(array: pikepdf.Array) -> Iterator[tuple[int, int]]:
    """Glyph and width from a /W array of the form `first [widths]`."""
    entries = list(array)
    for first, widths in zip(entries[::2], entries[1::2], strict=True):
        yield from enumerate(map(int, widths), int(first))


def test_the_xml_is_enclosed_as_an_alternative_of_the_whole_document(document: bytes, pdf: pikepdf.Pdf) -> None:
    (associated,) = pdf.Root.AF
    names = pdf.Root.Names.EmbeddedFiles.Names
    assert str(names[0]) == "factur-x.xml"
    assert names[1].objgen == associated.objgen
    assert associated.AFRelationship == pikepdf.Name.Alternative
    assert (str(associated.F), str(associated.UF)) == ("factur-x.xml", "factur-x.xml")
    file = associated.EF.F
    assert (file.Type, file.Subtype) == (pikepdf.Name.EmbeddedFile, pikepdf.Name("/text/xml"))
    assert str(file.Params.ModDate) == "D:20260402030405Z"
    assert file.Params.Size == len(file.read_bytes())
    assert en16931.schema_errors(file.read_bytes()) == []


def test_the_metadata_declares_factur_x_and_every_property_of_it(pdf: pikepdf.Pdf) -> None:
    told = metadata(pdf)
    properties = {
        element.tag.removeprefix(f"{{{FX}}}"): element.text
        for element in told.iter()
        if element.tag.startswith(f"{{{FX}}}")
    }
    assert properties == {
        "DocumentType": "INVOICE", "DocumentFileName": "factur-x.xml", "Version": "1.0", "ConformanceLevel": "EN 16931",
    }  # fmt: skip
    (schema,) = told.findall(".//pdfaSchema:namespaceURI", XMP)
    assert schema.text == FX
    declared = [element.text for element in told.findall(".//pdfaProperty:name", XMP)]
    assert sorted(declared) == sorted(properties)
    assert len(told.findall(".//pdfaProperty:description", XMP)) == 4


def test_programs_that_know_factur_x_find_it(document: bytes) -> None:
    name, xml = get_facturx_xml_from_pdf(document, check_xsd=True)[:2]
    assert name == "factur-x.xml"
    assert get_level(etree.fromstring(xml)) == "en16931"
    assert en16931.judge(xml).failures == []


def test_a_draft_is_archival_too_but_no_invoice_for_programs() -> None:
    draft = render(Paper([line("106.00")], number=None).freeze())
    assert pdfs.read(draft).files == {}
    with pikepdf.open(io.BytesIO(draft)) as pdf:
        assert "/AF" not in pdf.Root
        assert metadata(pdf).findtext(".//pdfaid:conformance", namespaces=XMP) == "U"
        assert FX.encode() not in pdf.Root.Metadata.read_bytes()


def test_what_would_be_no_valid_xml_is_refused_once_it_has_a_number() -> None:
    for field, paper in (
        ("seller.tax_id", Paper([line("5.00")], seller=SELLER | {"tax_id": ""})),
        ("buyer.tax_id", Paper([line("5.00", TaxKind.REVERSE_CHARGE)], buyer={"kind": "personal", "name": "Zoë"})),
    ):
        with pytest.raises(Invalid) as caught:
            render(paper.freeze())
        assert list(caught.value.fields) == [field]
        assert render(paper.freeze(number=None)).startswith(b"%PDF")
        # Invoices numbered before there was any XML have to be finished as they are.
        assert render(paper.freeze(template="v1")).startswith(b"%PDF")


@pytest.mark.parametrize("template", ["v2", "v3", "v4"])
def test_the_xml_of_a_template_stays_as_it_is(template: str) -> None:
    enclosed = pdfs.read(render(issued(template))).files[einvoice.FILE_NAME]
    assert enclosed == einvoice.build(issued(template))
    assert en16931.schema_errors(enclosed) + en16931.judge(enclosed).failures == []
