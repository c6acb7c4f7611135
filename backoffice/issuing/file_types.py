"""What a file of a tax platform is, by its content: PDF, OFD (GB/T 33190) or XML; never by its name."""

from __future__ import annotations

import io
import zipfile
from xml.parsers import expat

from backoffice.requests.file_types import media_type as _of_paper

EXTENSIONS = {"application/pdf": "pdf", "application/ofd": "ofd", "application/xml": "xml"}

_OFD_ROOT = "http://www.ofdspec.org/2016 OFD"
_MOST_MEMBERS = 2000
_LARGEST_UNPACKED = 100 * 1024 * 1024  # bytes; an invoice with its fonts and seals has some hundred thousand
_LARGEST_ENTRY = 1024 * 1024


class _DeclaresEntities(Exception):
    """A document type: no invoice needs one, and its entities can be made to explode."""


def media_type(content: bytes) -> str | None:
    """The media type of a PDF, OFD or XML document that is whole; None for everything else.

    Files inside a PDF are fine: tax platforms enclose the accounting record there.
    """
    if content.startswith(b"PK\x03\x04"):
        return "application/ofd" if _is_ofd(content) else None
    if _of_paper(content) == "application/pdf":
        return "application/pdf"
    return "application/xml" if _root_of(content) else None


def _is_ofd(content: bytes) -> bool:
    """A zip whose members are all whole, with an OFD.xml that says what it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            unpacked = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or unpacked > _LARGEST_UNPACKED or packed.testzip() is not None:
                return False
            entry = packed.getinfo("OFD.xml")
            return entry.file_size <= _LARGEST_ENTRY and _root_of(packed.read(entry)) == _OFD_ROOT
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, ValueError, EOFError, OSError):
        return False


def _root_of(content: bytes) -> str | None:
    """Namespace and name of the root of a well-formed XML document; None where it is none, or declares entities."""
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _attributes: names.append(name) if not names else None
    parser.StartDoctypeDeclHandler = _refuse_entities
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, _DeclaresEntities, LookupError, ValueError):
        return None
    return names[0] if names else None


def _refuse_entities(*_declared: object) -> None:
    raise _DeclaresEntities
