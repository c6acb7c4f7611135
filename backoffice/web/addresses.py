"""Addresses of our own pages: `url_for` of Flask, asked once for each place.

A page of the desk holds about forty of them, most of them the same on every page; to build one costs more than to write
it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flask
from flask import Flask, request

_KNOWN = 4096


@lru_cache(maxsize=_KNOWN)
def _known(app: Flask, root: str, endpoint: str, values: tuple[tuple[str, str | int], ...]) -> str:
    """The address below `root`, which stands here as part of the key: Flask reads it from the request."""
    return app.url_for(endpoint, **dict(values))  # type: ignore[arg-type]


def url_for(endpoint: str, **values: Any) -> str:
    """The address of a page, as `flask.url_for` builds it.

    What depends on more than its arguments (a relative endpoint, an option of Flask's) is built each time.
    """
    app = flask.current_app
    given = tuple((name, value) for name, value in values.items() if value is not None)
    plain = all(type(value) in (str, int) and not name.startswith("_") for name, value in given)
    if not request or endpoint.startswith(".") or not plain:
        return app.url_for(endpoint, **values)
    return _known(app._get_current_object(), request.script_root, endpoint, given)  # type: ignore[attr-defined]


def init_addresses(app: Flask) -> None:
    """Give the templates of `app` this `url_for`."""
    app.jinja_env.globals["url_for"] = url_for
