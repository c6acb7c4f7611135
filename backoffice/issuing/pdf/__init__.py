"""The invoice as a PDF: a pure function of its frozen snapshot, drawn on fpdf2 with faces cut by HarfBuzz.

    faces     metrics of the typefaces, and the part of one that a document embeds
    typeset   words to lines: measuring, runs by face, wrapping
    canvas    pages that collect text and lines until the document's characters are known
    qr        the square that leads to the verification page
    checking  whether a snapshot can be drawn
    picture   the seller's logo, from the store
    layout_v1 the look of the templates v1 and v2; an issued invoice names the template that drew it
    layout_v3 what v3 draws otherwise
    metadata  what the file says of itself: title, PDF/A-3U, the XML it encloses
    writer    the one module that leans on fpdf2's non-public names

What the face says, in which words and rows, is `issuing.face`. fpdf2 and HarfBuzz are loaded by the first call, not by
importing this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backoffice.issuing.rules import Snapshot


def render(snapshot: Snapshot) -> bytes:
    """The PDF of an invoice, or of a draft when the snapshot has no number.

    Since template v2 it is PDF/A-3U and, with a number, encloses the XML of `issuing.einvoice`; v1 is the bare pages.
    Since v3 it shows the seller's logo, which the snapshot names by its hash: the only thing that is read elsewhere.

    The same snapshot gives the same bytes in every process, time zone and order of calls (with the same locked
    libraries: deflate is part of the template). One document is rendered at a time per process. Raises Invalid when a
    text is too long, has a character none of our faces can show, the logo is gone, or the XML would not be valid;
    nothing is ever dropped or cut.
    """
    from backoffice.issuing.pdf import document

    return document.render(snapshot)
