"""Many invoices and the credit notes on them at once: one zip, streamed while the documents are read one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, stream_with_context
from flask_babel import gettext, lazy_gettext

from backoffice import clock, storage
from backoffice.delivery.rules import attachment_name
from backoffice.errors import N_, BackofficeError, Conflict, Message, NotFound, Unavailable
from backoffice.extensions import limiter
from backoffice.issuing.services import documents as issued
from backoffice.permissions import Permission
from backoffice.portal.queries import invoices as queries
from backoffice.portal.queries.invoices import Document
from backoffice.portal.views import invoices as invoice_pages
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.web import exports, limits
from backoffice.web.downloads import disposition
from backoffice.web.exports import Column
from backoffice.web.filters import FilterSet
from backoffice.web.guards import guard

# All documents of a large account, about a quarter of a gigabyte; who wants more takes a year or a month at a time.
MOST = 5000
ARCHIVES = "20 per minute; 100 per hour"
# What the list's boxes send along with its filters.
FILTERS = FilterSet(*invoice_pages.LIST_FILTERS, beside=("number", "chosen"))

MANIFEST = (
    Column(lazy_gettext("Invoice number"), "code", lambda item: item.document.number),
    Column(lazy_gettext("Credit note"), "code", lambda item: item.document.note),
    Column(lazy_gettext("Request"), "code", lambda item: item.document.request),
    Column(lazy_gettext("Issue date"), "day", lambda item: item.document.issued_on),
    Column(lazy_gettext("Invoice Header"), "text", lambda item: item.document.header_name),
    Column(lazy_gettext("Amount"), "amount", lambda item: item.document.amount),
    Column("SHA-256", "text", lambda item: item.document.sha256),
    Column(lazy_gettext("File"), "text", lambda item: item.pdf_name),
    Column(lazy_gettext("XML file"), "text", lambda item: item.xml_name),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with the files that it becomes: the PDF, and its XML beside it where it brings one of `xml` bytes."""

    document: Document
    xml: int | None

    @property
    def pdf_name(self) -> str:
        """Number and header: unique by the number, and safe as a name in every system."""
        return f"{self._name}.pdf"

    @property
    def xml_name(self) -> str:
        """The same for the XML; empty where there is none."""
        return "" if self.xml is None else f"{self._name}.xml"

    @property
    def _name(self) -> str:
        return attachment_name(f"{self.document.name} {self.document.header_name}")


@blueprint.get("/invoices/archive.zip")
@guard(Permission.SEE_OWN_INVOICES)
@limiter.limit(ARCHIVES, key_func=limits.who_asks)
def archive() -> Response:
    """The invoices of everything the list's filters leave, or of the chosen requests among it (`number`, repeated), and
    the credit notes on each: PDF, and XML for accounting software.

    An address says all of what it asks for: a chosen request that its filters do not leave is not in the archive.
    """
    filters, numbers = FILTERS.parse_whole(request.args), request.args.getlist("number")
    chosen = numbers if numbers or "chosen" in request.args else None
    documents = queries.documents(account_id(), invoice_pages.wanted(filters), MOST + 1, numbers=chosen)
    if not documents and numbers and filters.active:
        raise NotFound(
            Message(N_("None of the chosen invoices fits the filters. Take a filter away, or choose others."))
        )
    if not documents:
        raise NotFound(Message(N_("No invoice is chosen. Go back to the list and choose requests that are issued.")))
    if len(documents) > MOST:
        raise Conflict(
            Message(
                N_("These are more than %(most)s invoices and credit notes. "
                   "Narrow the list, for example to one year or one month."),
                most=f"{MOST:,}",
            )
        )  # fmt: skip
    packed = _packed([_looked_at(document) for document in documents])
    response = Response(stream_with_context(iter(packed)), mimetype="application/zip")
    today = clock.today().isoformat()
    response.headers["Content-Disposition"] = disposition(f"{gettext('Invoices')} {today}.zip", f"invoices-{today}.zip")
    # The browser shows how far it is, and notices when something is missing at the end.
    response.content_length = len(packed)
    return response


def _looked_at(document: Document) -> Entry:
    """A document that is whole. All are read once before the first byte leaves, so that one which is damaged or gone is
    answered by a page that names it; should it happen in between, the download breaks off. Raises Unavailable."""
    xml = _xml(document)
    return Entry(document, None if xml is None else len(xml))


def _packed(entries: Sequence[Entry]) -> Any:
    """The zip of these documents and their manifest; nothing is compressed, so its size is known before it begins."""
    from zipstream import ZipStream

    packed = ZipStream(sized=True)
    packed.add(b"".join(exports.csv_lines(MANIFEST, entries)), "manifest.csv")
    for entry in entries:
        packed.add(_pieces(_read, entry.document), entry.pdf_name, size=entry.document.size)
        if entry.xml is not None:
            packed.add(_pieces(_xml, entry.document), entry.xml_name, size=entry.xml)
    return packed


def _pieces(read: Callable[[Document], bytes | None], document: Document) -> Iterator[bytes]:
    yield read(document) or b""


def _xml(document: Document) -> bytes | None:
    """The XML inside the stored document; None for one from before invoices brought theirs. Raises Unavailable."""
    content = _read(document)
    try:
        return issued.enclosed_xml(content)
    except NotFound:
        return None
    except BackofficeError as error:
        raise _damaged(document) from error


def _read(document: Document) -> bytes:
    """The document's bytes, verified. Raises Unavailable."""
    try:
        return storage.get(document.sha256)
    except BackofficeError as error:
        raise _damaged(document) from error


def _damaged(document: Document) -> Unavailable:
    return Unavailable(
        Message(
            N_("%(number)s cannot be read from the store, so the archive would be incomplete. "
               "Choose the others, or ask us."),
            number=document.name,
        ),
        code="document-damaged",
    )  # fmt: skip
