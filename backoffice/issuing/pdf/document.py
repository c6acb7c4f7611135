"""One snapshot to one file: check what came in, draw it with its template, write it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any

from backoffice import glyphs
from backoffice.errors import N_, Invalid, Message
from backoffice.issuing import face
from backoffice.issuing.pdf import layout_v1, writer
from backoffice.issuing.pdf.canvas import Canvas
from backoffice.issuing.rules import Snapshot

_TEMPLATES: dict[str, Callable[[Snapshot], Canvas]] = {"v1": layout_v1.draw}

# Longest texts we lay out, in characters. Headers and recharges are held to less when they are saved; these bounds keep
# the time of one rendering short and every row smaller than a page, whatever stands in a snapshot.
MAX_LINES = 5_000
MAX_TAX_GROUPS = 12
MAX_TEXT = 300
MAX_REMARKS = 2_000
_LIMITS = {"remarks": MAX_REMARKS, "words": 400}

_LANGUAGES = {"zh": "zh-CN", "en": "en", "both": "zh-CN"}

# The faces' width tables, and fpdf2 itself, are not made for several threads; a draft can wait 5 ms for another.
_lock = Lock()


def render(snapshot: Snapshot) -> bytes:
    """See backoffice.issuing.pdf.render."""
    check(snapshot)
    with _lock:
        contents, fonts = _TEMPLATES[snapshot["template"]](snapshot).finish()
        return writer.write(contents, fonts, _properties(snapshot))


def check(snapshot: Snapshot) -> None:
    """Raise Invalid for a snapshot that cannot be drawn whole: unknown template, too long, or a missing character."""
    faults: dict[str, list[Message | str]] = {}
    if snapshot["template"] not in _TEMPLATES:
        faults["template"] = [Message(N_("There is no invoice template %(name)s."), name=snapshot["template"])]
    if not 0 < len(snapshot["lines"]) <= MAX_LINES:
        faults["lines"] = [Message(N_("An invoice has 1 to %(most)s lines."), most=MAX_LINES)]
    elif len(snapshot["tax_groups"]) > MAX_TAX_GROUPS:
        faults["tax_groups"] = [Message(N_("An invoice has at most %(most)s tax rates."), most=MAX_TAX_GROUPS)]
    else:
        texts = _texts(snapshot)
        faults |= {field: [fault] for field, text in texts if (fault := _misshapen(field, text))}
        # Nearly always nothing is missing: one look at all characters together spares one at each text.
        if not faults and glyphs.missing("".join(set().union(*(text for _, text in texts)))):
            faults |= {field: [fault] for field, text in texts if (fault := _unprintable(field, text))}
    if faults:
        raise Invalid(faults, N_("This invoice cannot be drawn."))


def _misshapen(field: str, text: str) -> Message | None:
    most = _LIMITS.get(field, MAX_TEXT)
    if len(text) > most:
        return Message(N_("A text has at most %(most)s characters."), most=most)
    return Message(N_("This text must stand on one line.")) if "\n" in text and field != "remarks" else None


def _unprintable(field: str, text: str) -> Message | None:
    missing = glyphs.missing(text)
    return Message(N_("No font has: %(characters)s"), characters=glyphs.describe(missing)) if missing else None


def _texts(value: Any, field: str = "") -> list[tuple[str, str]]:
    """Every string in the snapshot with the path of names that leads to it."""
    if isinstance(value, str):
        return [(field, value)]
    if not isinstance(value, dict | list):
        return []
    prefix = f"{field}." if field else ""
    found: list[tuple[str, str]] = []
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value, 1):
        if isinstance(inner, str):
            found.append((f"{prefix}{name}", inner))
        elif inner:
            found += _texts(inner, f"{prefix}{name}")
    return found


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
