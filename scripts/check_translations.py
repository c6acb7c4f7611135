"""Every sentence a person may read has its Chinese: nothing missing, fuzzy, left over, or with other placeholders.

`python scripts/check_translations.py --missing` prints the missing entries ready to be pasted into the catalogue.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "N_": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
# Mail in another language than the reader's own page goes through these methods of a translations object.
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|%%|\{(\w+)\}")


def used(root: Path) -> Catalog:
    """The sentences that code and templates under `root` mark for translation."""
    with (root / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    found = extract_from_dir(root, methods, options, KEYWORDS, ("Translators:",), strip_comment_tags=True)
    for name, line, message, comments, context in found:
        catalog.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def translated(path: Path) -> Catalog:
    """The catalogue at `path`."""
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def faults(wanted: Catalog, catalog: Catalog) -> Iterator[str]:
    """One sentence for each thing that is wrong with `catalog`."""
    for message in wanted:
        if message.id and catalog.get(_key(message), message.context) is None:
            yield f"missing: {message.id!r} ({_place(message)})"
    for message in catalog:
        if not message.id:
            continue
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        if not all(_strings(message.string)):
            yield f"untranslated: {message.id!r}"
        elif any("%" in PLACEHOLDER.sub("", one) for one in (*_strings(message.id), *_strings(message.string))):
            # Also where nothing is filled in: a template fills in every sentence.
            yield f"a lone % breaks the sentence: {message.id!r} -> {message.string!r}"
        elif _placeholders(message.string) - _placeholders(message.id):
            yield f"placeholder unknown: {message.id!r} -> {message.string!r}"
        elif _placeholders(_strings(message.id)[-1]) - _placeholders(message.string):
            yield f"placeholder lost: {message.id!r} -> {message.string!r}"
        if wanted.get(_key(message), message.context) is None:
            yield f"used nowhere: {message.id!r}"


def _key(message: Message) -> str:
    return str(_strings(message.id)[0])


def _strings(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (str(text or ""),)


def _placeholders(text: object) -> set[str]:
    return {found[0] for one in _strings(text) for found in PLACEHOLDER.finditer(one)}


def _place(message: Message) -> str:
    name, line = message.locations[0]
    return f"{name}:{line}"


def main() -> int:
    """Check the Chinese catalogue; exit code 1 when it has a fault."""
    wanted = used(ROOT)
    catalog = translated(ROOT / "backoffice" / "translations" / "zh" / "LC_MESSAGES" / "messages.po")
    if "--missing" in sys.argv:
        lacking = Catalog()
        for message in wanted:
            if message.id and catalog.get(_key(message), message.context) is None:
                lacking.add(message.id, None, message.locations, context=message.context)
        write_po(sys.stdout.buffer, lacking, omit_header=True, width=120)
        return 0
    found = list(faults(wanted, catalog))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
