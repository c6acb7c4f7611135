"""One snapshot to one file: look whether it can be drawn, draw it with its template, write it."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from backoffice.issuing import einvoice, face
from backoffice.issuing.pdf import layout_v1, layout_v3, layout_v4, writer
from backoffice.issuing.pdf.canvas import Canvas
from backoffice.issuing.pdf.checking import check
from backoffice.issuing.pdf.metadata import Enclosure, Properties
from backoffice.issuing.rules import Snapshot


class _Template(NamedTuple):
    """How pages are drawn, and whether the file is an archival one with its XML inside."""

    draw: Callable[[Snapshot], Canvas]
    archival: bool


_TEMPLATES = {
    "v1": _Template(layout_v1.draw, archival=False),
    "v2": _Template(layout_v1.draw, archival=True),
    "v3": _Template(layout_v3.draw, archival=True),
    "v4": _Template(layout_v4.draw, archival=True),
}

_LANGUAGES = {"zh": "zh-CN", "en": "en", "both": "zh-CN"}

# The faces' width tables, and fpdf2 itself, are not made for several threads; a draft can wait 5 ms for another.
_lock = Lock()


def render(snapshot: Snapshot) -> bytes:
    """See backoffice.issuing.pdf.render."""
    check(snapshot)
    template = _TEMPLATES[snapshot["template"]]
    enclosed = _xml(snapshot) if template.archival else None
    return produce(template.draw, snapshot, archival=template.archival, enclosed=enclosed)


def produce(
    draw: Callable[[Snapshot], Canvas], snapshot: Snapshot, *, archival: bool, enclosed: Enclosure | None = None
) -> bytes:
    """Draw the pages of a snapshot that was checked, and write the file."""
    return laid_out(lambda: draw(snapshot), _properties(snapshot), archival=archival, enclosed=enclosed)


def laid_out(
    draw: Callable[[], Canvas], properties: Properties, *, archival: bool = False, enclosed: Enclosure | None = None
) -> bytes:
    """The file of the pages that `draw` makes, one at a time per process; also for papers that are no invoice."""
    with _lock, _uncollected():
        return _written(draw, properties, archival, enclosed)


def _written(
    draw: Callable[[], Canvas], properties: Properties, archival: bool, enclosed: Enclosure | None
) -> bytes:  # fmt: skip
    # Of its own, so that the pages are gone when the search for circles begins again: it would walk all of them.
    canvas = draw()
    contents, fonts = canvas.finish()
    pictures = [page.pictures for page in canvas.pages]
    return writer.write(contents, fonts, properties, pictures=pictures, archival=archival, enclosed=enclosed)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for circles of references: among the ten thousand small tuples of a long invoice there are
    none, and looking for them takes a tenth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _xml(snapshot: Snapshot) -> Enclosure | None:
    """The invoice for programs; a draft has none, so that no program takes it for an invoice."""
    if snapshot["number"] is None:
        return None
    return Enclosure(
        einvoice.FILE_NAME, einvoice.build(snapshot), einvoice.LEVEL, f"Factur-X {einvoice.LEVEL} {snapshot['number']}"
    )


def _properties(snapshot: Snapshot) -> Properties:
    language = snapshot["language"]
    own = snapshot["number"] or face.DRAFT.inline(language)
    canonical = json.dumps(snapshot, sort_keys=True, check_circular=False).encode()
    return Properties(
        title=f"{face.title_of(snapshot).inline(language)} {own}",
        author=snapshot["seller"]["name"],
        subject=snapshot["buyer"]["name"],
        language=_LANGUAGES[language],
        created=datetime.fromisoformat(snapshot["issued_at"]),
        file_id=hashlib.sha256(canonical).hexdigest()[:32].upper(),
    )
