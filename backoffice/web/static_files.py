"""Scripts, stylesheets and images under an address that changes with them, so that browsers keep them without asking.

A page needs about forty of them. Asked about one by one on every page they cost more than the page itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, session

from backoffice.web.guards import STATIC_ENDPOINT

_FOR_A_YEAR = "public, max-age=31536000, immutable"


def version_of(folder: Path) -> str:
    """A short word for everything in `folder`: another one as soon as a byte or a name differs."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def init_static(app: Flask) -> None:
    """Put the version of `app`'s static files into their addresses. Modules name each other relatively, and follow.

    Any version is answered: while several processes change over to a new release, one of them is asked for the files
    of the other. Only the version that is really here may be kept. The version is taken once, when `app` is made.
    """
    version = version_of(Path(app.static_folder or ""))
    app.add_url_rule(f"{app.static_url_path}/v-<version>/<path:filename>", endpoint=STATIC_ENDPOINT)

    @app.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == STATIC_ENDPOINT:
            values.setdefault("version", version)

    @app.url_value_preprocessor
    def take_version(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint == STATIC_ENDPOINT and values is not None:
            g.static_version = values.pop("version", None)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == STATIC_ENDPOINT and response.status_code < 400:
            # The same for everybody: a mark that it depends on the cookie would have it asked for again and again.
            session.accessed = False
            if g.static_version == version:
                response.headers["Cache-Control"] = _FOR_A_YEAR
        return response
