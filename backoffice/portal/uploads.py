"""A supporting file on its way through the steps of an application.

It is stored at first sight; from then on the form carries a signed word of it, so that neither the review step nor a
mistake in another field asks for the file again.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import FileStorage

from backoffice import storage
from backoffice.requests.services import supporting
from backoffice.requests.services.supporting import LARGEST_BYTES, SupportingFile
from backoffice.web import signing

# Every file is kept from the moment it is chosen: nobody should be able to fill the store by choosing.
LIMIT = "60 per hour"


def is_enclosed() -> bool:
    """Whether the form that was sent brings a new file."""
    file = request.files.get("support_file")
    return file is not None and bool(file.filename)


def received(upload: object) -> SupportingFile | None:
    """Take the file of a form's field; None when none was chosen. Raises Invalid as `supporting.take` does."""
    if not isinstance(upload, FileStorage) or not upload.filename:
        return None
    return supporting.take(upload.stream.read(LARGEST_BYTES + 1), upload.filename)


def word_of(file: SupportingFile | None, account_id: int) -> str:
    """What the form carries of a file of this account."""
    if file is None:
        return ""
    return signing.sign([account_id, file.sha256, file.name, file.type, file.size], "supporting-file")


def read(word: str | None, account_id: int) -> SupportingFile | None:
    """The file a form speaks of; None for a word of another account, or one that was not written here."""
    value = signing.read(word, "supporting-file")
    if not isinstance(value, list) or len(value) != 5 or value[0] != account_id:
        return None
    file = SupportingFile(*value[1:])
    return file if storage.exists(file.sha256) else None
