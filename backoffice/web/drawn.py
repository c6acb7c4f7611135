"""Pieces of pages that read the same as long as their values are the same: drawn once, then taken from memory.

The shell around a list (navigation, menu, palette, filters) costs several times what its fifty rows do, and is the same
on every page of one person.

    {{ drawn(palette, palette_search(user), places_for(user)) }}

The piece is a macro of another template, imported without context. It may depend on its arguments, on the language, on
what the keys of the reader's role mean and whether they are on, and on the site's root: nothing else. What differs from
page to page is a blank in the text, which is filled in each time: the CSRF token and the address of the page. The tests
draw every piece anew each time and compare.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from backoffice.web.asides import form_of_page
from backoffice.web.formatting import page_locale
from backoffice.web.shortcuts import keys_are_on

_EXTENSION = "backoffice.drawn"
# In an application's configuration: draw each piece anew and compare.
VERIFIED = "DRAWN_VERIFIED"
# Pieces have a few kilobytes each; most belong to the roles and languages in use, the others to the latest searches.
# Rows have one or two: those of the lists that people come back to after each verdict.
_KEPT = {"pieces": 512, "rows": 2048}


def page_address() -> str:
    """Path and query of the present page."""
    return request.full_path if request.query_string else request.path


_FILLED: dict[str, Callable[[], str]] = {"token": generate_csrf, "address": page_address}
# What nobody can know nobody can write into a piece.
_MARKS = {name: f"{name}-{secrets.token_hex(16)}" for name in _FILLED}


@dataclass(frozen=True, slots=True)
class _Piece:
    """The text of a piece, and which blanks are in it."""

    text: Markup
    blanks: tuple[str, ...]


def blank(name: str) -> str:
    """The CSRF `token` or the `address` of the page; in a piece that is drawn once a mark that stands for it."""
    if "drawing" not in g:
        return _FILLED[name]()
    g.drawing.add(name)
    return _MARKS[name]


def drawn(macro: Callable[..., str], *values: Any) -> Markup:
    """The macro with these values, which can be hashed: from memory where it was drawn with them before."""
    return _pen("pieces")(macro, values)


def row_pen(macro: Callable[..., str]) -> Callable[..., Markup]:
    """The same for a macro that draws the rows of a list, with a memory of their own: see `drawn`."""
    pen = _pen("rows")
    return lambda *values: pen(macro, values)


def _pen(memory: str) -> Callable[[Callable[..., str], tuple[Any, ...]], Markup]:
    if "drawing" in g or form_of_page() is not None:
        # Part of another piece; or buttons belong to the page's own form, as no memory knows.
        return lambda macro, values: Markup(macro(*values))  # noqa: S704  # nosec: the macro escapes
    role = getattr(g.get("_login_user"), "role", None)
    key = (page_locale(), role, keys_are_on(), request.script_root)
    recall: Callable[..., _Piece] = current_app.extensions[_EXTENSION][memory]
    verified = current_app.config.get(VERIFIED)

    def pen(macro: Callable[..., str], values: tuple[Any, ...]) -> Markup:
        piece = recall(macro, values, key)
        if verified:
            _verify(piece, _draw(macro, values, key))
        return _filled(piece) if piece.blanks else piece.text

    return pen


def _filled(piece: _Piece) -> Markup:
    text = str(piece.text)
    for name in piece.blanks:
        text = text.replace(_MARKS[name], str(escape(_FILLED[name]())))
    return Markup(text)  # noqa: S704  # nosec: the macro escapes, and the blanks are


def _draw(macro: Callable[..., str], values: tuple[Any, ...], _key: tuple[Any, ...]) -> _Piece:
    g.drawing = set()
    try:
        text = Markup(macro(*values))  # noqa: S704  # nosec: the macro escapes
        return _Piece(text, tuple(sorted(g.drawing)))
    finally:
        g.pop("drawing")


def _verify(kept: _Piece, anew: _Piece) -> None:
    if kept != anew:
        raise AssertionError(f"a piece depends on more than its values:\n{kept.text}\n---\n{anew.text}")


def init_drawn(app: Flask) -> None:
    """Give the templates of `app` pieces that are drawn once, and a memory of its own."""
    app.extensions[_EXTENSION] = {name: lru_cache(maxsize=most)(_draw) for name, most in _KEPT.items()}
    app.jinja_env.globals.update(drawn=drawn, row_pen=row_pen, page_address=lambda: blank("address"))
