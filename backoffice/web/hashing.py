"""Files of a form that are hashed while they come in, and kept nowhere: neither in memory nor in a temporary file."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from werkzeug.formparser import FormDataParser


class Hashed(io.RawIOBase):
    """Where a file of a form goes: what is left of it is how long it was, and its hash."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self._hash = hashlib.sha256()

    def writable(self) -> bool:
        """It takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Count and hash the bytes, and forget them."""
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """There is no other place to go to; the parser asks for the beginning once it is done."""
        return 0

    @property
    def sha256(self) -> str:
        """The hash of all that was written, in hexadecimal."""
        return self._hash.hexdigest()


class HashingFormParser(FormDataParser):
    """Reads a form as always, each of its files into a `Hashed`. To be set before anything reads the form."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "stream_factory": lambda *_args, **_options: Hashed()})
