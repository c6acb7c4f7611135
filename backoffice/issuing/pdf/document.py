"""One snapshot to one file: look whether it can be drawn, draw it with its template, write it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from backoffice.issuing import face
from backoffice.issuing.pdf import layout_v1, writer
from backoffice.issuing.pdf.canvas import Canvas
from backoffice.issuing.pdf.checking import check
from backoffice.issuing.rules import Snapshot

_TEMPLATES: dict[str, Callable[[Snapshot], Canvas]] = {"v1": layout_v1.draw}

_LANGUAGES = {"zh": "zh-CN", "en": "en", "both": "zh-CN"}

# The faces' width tables, and fpdf2 itself, are not made for several threads; a draft can wait 5 ms for another.
_lock = Lock()


def render(snapshot: Snapshot) -> bytes:
    """See backoffice.issuing.pdf.render."""
    check(snapshot)
    with _lock:
        contents, fonts = _TEMPLATES[snapshot["template"]](snapshot).finish()
        return writer.write(contents, fonts, _properties(snapshot))


def _properties(snapshot: Snapshot) -> writer.Properties:
    language = snapshot["language"]
    own = snapshot["number"] or face.DRAFT.inline(language)
    canonical = json.dumps(snapshot, sort_keys=True).encode()
    return writer.Properties(
        title=f"{face.TITLE.inline(language)} {own}",
        author=snapshot["seller"]["name"],
        subject=snapshot["buyer"]["name"],
        language=_LANGUAGES[language],
        created=datetime.fromisoformat(snapshot["issued_at"]),
        file_id=hashlib.sha256(canonical).hexdigest()[:32].upper(),
    )
