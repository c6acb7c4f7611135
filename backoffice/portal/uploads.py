"""A supporting file on its way into the store.

It is kept at first sight and stands in the draft from then on, so that neither the review step nor a mistake in another
field asks for it again.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import FileStorage

from backoffice import clock, storage
from backoffice.database import transaction
from backoffice.portal import services
from backoffice.requests.services import supporting
from backoffice.requests.services.supporting import LARGEST_BYTES, SupportingFile

# Every file is kept from the moment it is chosen: nobody should be able to fill the store by choosing.
LIMIT = "60 per hour"
# What a scanner or a camera makes of a contract: read in full, so that its error stands beside the field and everything
# typed is kept. The file itself is let go; only what is larger still is answered without being looked at.
READ_BYTES = 64 * 1024 * 1024


def is_enclosed() -> bool:
    """Whether the form that was sent brings a new file."""
    file = request.files.get("support_file")
    return file is not None and bool(file.filename)


def received(upload: object) -> SupportingFile | None:
    """Take the file of a form's field; None when none was chosen.

    Raises Invalid as `supporting.examine` does, and Unavailable when the store refuses.
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        return None
    content = upload.stream.read(LARGEST_BYTES + 1)
    file = supporting.examine(content, upload.filename)
    with transaction():
        services.note_upload(file.sha256, now=clock.now())
    storage.put(content)
    return file
