"""The supporting file of an application: checked by its content, named harmlessly, kept in the document store."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from backoffice import storage
from backoffice.delivery.rules import one_line
from backoffice.errors import N_, Invalid, Message, NotFound
from backoffice.requests.file_types import EXTENSIONS, media_type
from backoffice.requests.models import Enclosing, InvoiceRequest
from backoffice.requests.pdf_actions import is_active

LARGEST_BYTES = 10 * 1024 * 1024
_LONGEST_STEM = 80
# A name that went through a shell, a folder or a header of HTTP must mean nothing there.
_UNSAFE = re.compile(r"[\x00-\x1f\"'`<>|:*?\\/;%&$#{}]+")


@dataclass(frozen=True, slots=True)
class SupportingFile:
    """A checked file in the document store."""

    sha256: str
    name: str
    type: str
    size: int


def take(content: bytes, name: str) -> SupportingFile:
    """Check a file as `examine` does and keep it in the store. Raises Unavailable too, when the store refuses."""
    file = examine(content, name)
    storage.put(content)
    return file


def examine(content: bytes, name: str) -> SupportingFile:
    """What a file is that somebody wants to enclose; it is not kept yet.

    The type is what the content says. Raises Invalid (field `support_file`) for an empty or too large file and for
    whatever is neither a whole PDF nor a whole PNG or JPEG picture, and for a PDF with scripts or files inside.
    """
    if not content:
        raise _refused(Message(N_("This file is empty. Choose a PDF, PNG or JPEG of at most 10 MB.")))
    if len(content) > LARGEST_BYTES:
        raise _refused(Message(N_("This file is larger than 10 MB. Choose a PDF, PNG or JPEG of at most 10 MB.")))
    kind = media_type(content)
    if kind is None:
        told = N_("This file is not a complete PDF, PNG or JPEG. Choose one of these of at most 10 MB.")
        raise _refused(Message(told))
    if kind == "application/pdf" and is_active(content):
        told = N_(
            "This PDF holds scripts, actions or other files, or parts that cannot be checked. Print it to a new PDF "
            "and choose that one."
        )
        raise _refused(Message(told))
    return SupportingFile(hashlib.sha256(content).hexdigest(), clean_name(name, kind), kind, len(content))


def clean_name(name: str, kind: str) -> str:
    """The file's own name without folders and signs that mean something elsewhere; its ending says what it is."""
    last = re.split(r"[/\\]", name)[-1][:1000]
    stem = last.rpartition(".")[0] or last
    stem = one_line(_UNSAFE.sub(" ", stem), _LONGEST_STEM).strip(". ")
    return f"{stem or 'document'}.{EXTENSIONS[kind]}"


def of(row: Enclosing) -> SupportingFile | None:
    """The file enclosed with a request, or to be enclosed with a draft of one."""
    sha256, name, kind, size = row.support_sha256, row.support_name, row.support_type, row.support_size
    if sha256 is None or name is None or kind is None or size is None:
        return None
    return SupportingFile(sha256, name, kind, size)


def columns_of(file: SupportingFile | None) -> dict[str, Any]:
    """What `of` reads from a row, by column, for whoever writes the row; all empty without a file."""
    return {f"support_{name}": getattr(file, name, None) for name in ("sha256", "name", "type", "size")}


def found(invoice_request: InvoiceRequest) -> SupportingFile:
    """The file enclosed with a request. Raises NotFound when there is none."""
    file = of(invoice_request)
    if file is None:
        raise NotFound
    return file


def _refused(message: Message) -> Invalid:
    return Invalid({"support_file": [message]})
