"""Files that leave as downloads: never shown inside a page of this site, whatever is in them."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]+")


def attachment(content: bytes, media_type: str, name: str, plain_name: str | None = None) -> Response:
    """`content` to be saved as `name`, which may be Chinese; old programs see `plain_name` (RFC 6266, RFC 5987).

    Should a program show it all the same, nothing in it runs.
    """
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = disposition(name, plain_name or name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def disposition(name: str, plain_name: str) -> str:
    """A Content-Disposition whose file name may be Chinese, with a plain one for old programs (RFC 6266, RFC 5987)."""
    plain = _NOT_PLAIN.sub("_", plain_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
