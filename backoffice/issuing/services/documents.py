"""The parts of an issued document, taken from the stored file: what was issued, never what would be issued today."""

from __future__ import annotations

from backoffice import storage
from backoffice.errors import N_, Message, NotFound, Unavailable
from backoffice.issuing import queries
from backoffice.issuing.pdf.enclosed import size_of_xml, xml_of
from backoffice.issuing.queries import Document


def xml_document(request_id: int) -> tuple[Document, bytes]:
    """The document of an issued request and the XML inside its PDF, the same bytes.

    Raises NotFound until it is issued and for an invoice from before there was XML, Unavailable when the stored file
    is gone or damaged.
    """
    document = queries.document_of(request_id)
    return document, enclosed_xml(storage.get(document.sha256))


def enclosed_xml(pdf: bytes) -> bytes:
    """The XML inside the PDF of an invoice. Raises NotFound where there is none, Unavailable where it is damaged."""
    try:
        content = xml_of(pdf)
    except ValueError as error:
        raise Unavailable(Message(N_("The stored document is damaged.")), code="document-damaged") from error
    if content is None:
        raise NotFound(Message(N_("This invoice is from before invoices brought an XML file.")))
    return content


def enclosed_size(sha256: str) -> int | None:
    """How long the XML inside a stored PDF is by what the PDF says of it, without reading it whole; None where it says
    nothing. Raises NotFound and Unavailable as the store does."""
    with storage.open_file(sha256) as file:
        return size_of_xml(file)
