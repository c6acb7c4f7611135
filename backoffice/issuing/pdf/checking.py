"""Whether a snapshot can be drawn, told without the libraries that draw: issuing asks before it takes a number."""

from __future__ import annotations

import re
from typing import Any

from backoffice import glyphs
from backoffice.errors import N_, Invalid, Message, Unavailable
from backoffice.issuing import einvoice
from backoffice.issuing.pdf import picture
from backoffice.issuing.rules import Snapshot

TEMPLATES = ("v1", "v2", "v3", "v4")

# Longest texts we lay out, in characters. Headers and recharges are held to less when they are saved; these bounds keep
# the time of one rendering short and every row smaller than a page, whatever stands in a snapshot.
MAX_LINES = 5_000
MAX_TAX_GROUPS = 12
MAX_TEXT = 300
MAX_REMARKS = 2_000
# What exempts the lines of a tax group: one reason keeps to 120, and each change of the tax may have brought another.
MAX_REASONS = 3_000
_LIMITS = {"remarks": MAX_REMARKS, "words": 400}
_REASONS = re.compile(r"tax_groups\.[0-9]+\.reason")


def check(snapshot: Snapshot) -> None:
    """Raise Invalid for a snapshot that cannot be drawn whole: unknown template, too long, a missing character or a
    missing logo; and for one with a number whose XML would not be valid."""
    faults: dict[str, list[Message | str]] = {}
    if snapshot["template"] not in TEMPLATES:
        faults["template"] = [Message(N_("There is no invoice template %(name)s."), name=snapshot["template"])]
    if not 0 < len(snapshot["lines"]) <= MAX_LINES:
        faults["lines"] = [Message(N_("An invoice has 1 to %(most)s lines."), most=MAX_LINES)]
    elif len(snapshot["tax_groups"]) > MAX_TAX_GROUPS:
        faults["tax_groups"] = [Message(N_("An invoice has at most %(most)s tax rates."), most=MAX_TAX_GROUPS)]
    else:
        found = texts(snapshot)
        faults |= {field: [fault] for field, text in found if (fault := _misshapen(field, text))}
        # Nearly always nothing is missing: one look at all characters together spares one at each text.
        if not faults and glyphs.missing("".join(set().union(*(text for _, text in found)))):
            faults |= {field: [fault] for field, text in found if (fault := _unprintable(field, text))}
    if not faults and snapshot["template"] != "v1" and snapshot["number"] is not None:
        faults |= {field: [fault] for field, fault in einvoice.faults(snapshot).items()}
    if not faults and (logo := snapshot["seller"].get("logo")):
        try:
            picture.logo(logo)
        except Unavailable as gone:
            faults["seller.logo"] = [gone.message]
    if faults:
        raise Invalid(faults, N_("This invoice cannot be drawn."))


def _misshapen(field: str, text: str) -> Message | None:
    most = MAX_REASONS if _REASONS.fullmatch(field) else _LIMITS.get(field, MAX_TEXT)
    if len(text) > most:
        return Message(N_("A text has at most %(most)s characters."), most=most)
    return Message(N_("This text must stand on one line.")) if "\n" in text and field != "remarks" else None


def _unprintable(field: str, text: str) -> Message | None:
    missing = glyphs.missing(text)
    return Message(N_("No font has: %(characters)s"), characters=glyphs.describe(missing)) if missing else None


def texts(value: Any, field: str = "") -> list[tuple[str, str]]:
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
            found += texts(inner, f"{prefix}{name}")
    return found
