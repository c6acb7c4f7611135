"""What a file says of itself, as an XMP packet of our own: fpdf2's would carry the time of rendering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

PRODUCER = "Backoffice"


@dataclass(frozen=True, slots=True)
class Properties:
    """What a file says of itself. `created` is aware, in UTC; `file_id` is 32 hexadecimal digits."""

    title: str
    author: str
    subject: str
    language: str  # BCP 47
    created: datetime
    file_id: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An e-invoice inside the PDF: `level` is the profile of Factur-X that its content follows."""

    name: str
    content: bytes
    level: str
    description: str


def packet(properties: Properties, *, archival: bool = False, enclosed: Enclosure | None = None) -> str:
    """The metadata of a file; an archival one says that it is PDF/A-3U, and what e-invoice it encloses."""
    created = properties.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" pdf:Producer="{PRODUCER}" xmp:CreatorTool="{PRODUCER}"
 xmp:CreateDate="{created}" xmp:ModifyDate="{created}" xmp:MetadataDate="{created}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(properties.title)}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{escape(properties.author)}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(properties.subject)}</rdf:li></rdf:Alt></dc:description>
</rdf:Description>
{_PDFA if archival else ""}{_facturx(enclosed) if enclosed else ""}</rdf:RDF>
</x:xmpmeta>"""


# ISO 19005-3, 6.6.4.
_PDFA = """<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description>
"""


def _facturx(enclosed: Enclosure) -> str:
    """The four properties of Factur-X 1.0, and their schema, as PDF/A wants for what it does not know (6.6.2.3)."""
    declared = "".join(
        f"""<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{meaning}</pdfaProperty:description></rdf:li>
"""
        for name, meaning in _MEANINGS.items()
    )
    # Elements, not attributes: RDF means the same, but many readers of e-invoices look for elements.
    return f"""<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{enclosed.name}</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>{enclosed.level}</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{declared}</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_MEANINGS = {
    "DocumentFileName": "name of the embedded XML invoice file",
    "DocumentType": "INVOICE",
    "Version": "The actual version of the Factur-X XML schema",
    "ConformanceLevel": "The conformance level of the embedded Factur-X data",
}
