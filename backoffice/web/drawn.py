"""Pieces of pages that read the same as long as their values are the same: drawn once, then taken from memory.

The shell around a list (navigation, menu, palette, filters) costs several times what its fifty rows do, and is the same
on every page of one person.

    {{ drawn(filter_bar, filters, request.path) }}

The piece is a macro of another template, imported without context. It may depend on its arguments, on the language, on
what the keys of the reader's role mean and whether they are on, and on the site's root: nothing else. What differs from
page to page is a blank in the text, which is filled in each time: the CSRF token and the address of the page. The tests
draw every piece anew each time and compare.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from backoffice.web.asides import form_of_page, page_address
from backoffice.web.formatting import page_locale
from backoffice.web.shortcuts import keys_are_on

_EXTENSION = "backoffice.drawn"
# In an application's configuration: draw each piece anew and compare.
VERIFIED = "DRAWN_VERIFIED"
# Pieces have a few kilobytes each; most belong to the roles and languages in use, the others to the latest searches.
# Rows have one or two: those of the lists that people come back to after each verdict. Sheets have a hundred: all that
# one page tells, which a few people look at and which others follow within the minute.
_KEPT = {"pieces": 512, "rows": 2048, "sheets": 16}


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
    pens: _Pens | None = g.get("pens")
    if pens is None or pens.blanks is None:
        return _FILLED[name]()
    pens.blanks.add(name)
    return _MARKS[name]


def drawn(macro: Callable[..., str], *values: Any) -> Markup:
    """The macro with these values, which can be hashed: from memory where it was drawn with them before."""
    return _pens().draw(macro, values)


def drawn_sheet(macro: Callable[..., str], *values: Any) -> Markup:
    """A macro that draws most of a page; see `drawn`. Kept apart, so that it pushes out no piece of others."""
    return _pens().draw_sheet(macro, values)


def drawn_rows(macro: Callable[..., str], rows: Sequence[tuple[Any, ...]], *common: Any) -> Markup:
    """The macro with the values of each row and those that all have in `common`; see `drawn`."""
    return _pens().draw_rows(macro, rows, common)


class _Reader:
    """All that pieces depend on besides their values. It stands for itself in their keys: quicker to look up by."""

    def __init__(self, language: str, role: Any, keys_are_on: bool, root: str) -> None:
        self.language, self.role, self.keys_are_on, self.root = language, role, keys_are_on, root


# As many as there are roles in each language.
_reader = lru_cache(maxsize=256)(_Reader)


class _Pens:
    """What one request draws with: what all its pieces depend on is looked up once."""

    def __init__(self) -> None:
        role = getattr(g.get("_login_user"), "role", None)
        self._reader = _reader(page_locale(), role, keys_are_on(), request.script_root)
        memory: dict[str, Callable[..., _Piece]] = current_app.extensions[_EXTENSION]
        self._piece, self._row, self._sheet = memory["pieces"], memory["rows"], memory["sheets"]
        self._verified = current_app.config.get(VERIFIED)
        # The blanks of the piece that is being drawn; none in between.
        self.blanks: set[str] | None = None

    def draw(self, macro: Callable[..., str], values: tuple[Any, ...]) -> Markup:
        """The macro with these values."""
        return self._drawn(self._piece, macro, values)

    def draw_sheet(self, macro: Callable[..., str], values: tuple[Any, ...]) -> Markup:
        """The macro with these values, from the memory of sheets."""
        return self._drawn(self._sheet, macro, values)

    def _drawn(self, recall: Callable[..., _Piece], macro: Callable[..., str], values: tuple[Any, ...]) -> Markup:
        piece = recall(macro, values, (), self._reader)
        if self._verified:
            _verify(piece, _draw(macro, values, (), self._reader))
        return self._given(piece) if piece.blanks else piece.text

    def draw_rows(self, macro: Callable[..., str], rows: Sequence[tuple[Any, ...]], common: tuple[Any, ...]) -> Markup:
        """The macro with the values of each row, a line each."""
        recall, reader = self._row, self._reader
        pieces = [recall(macro, row, common, reader) for row in rows]
        if self._verified:
            for row, piece in zip(rows, pieces, strict=True):
                _verify(piece, _draw(macro, row, common, reader))
        lines = Markup("\n".join([piece.text for piece in pieces]))  # noqa: S704  # nosec: the macro escapes
        blanks = {name for piece in pieces for name in piece.blanks}
        return self._given(_Piece(lines, tuple(blanks))) if blanks else lines

    def _given(self, piece: _Piece) -> Markup:
        """The text with its blanks filled in; part of another piece it leaves them to that."""
        if self.blanks is None:
            return _filled(piece)
        self.blanks.update(piece.blanks)
        return piece.text


class _OtherPens:
    """Buttons belong to the page's own form, as no memory knows."""

    def draw(self, macro: Callable[..., str], values: tuple[Any, ...]) -> Markup:
        """The macro with these values, drawn anew."""
        return Markup(macro(*values))  # noqa: S704  # nosec: the macro escapes

    draw_sheet = draw

    def draw_rows(self, macro: Callable[..., str], rows: Sequence[tuple[Any, ...]], common: tuple[Any, ...]) -> Markup:
        """The macro with the values of each row, drawn anew."""
        return Markup("\n").join([self.draw(macro, (*row, *common)) for row in rows])


def _pens() -> _Pens | _OtherPens:
    if form_of_page() is not None:
        return _OtherPens()
    pens: _Pens | None = g.get("pens")
    if pens is None:
        pens = g.pens = _Pens()
    return pens


def _filled(piece: _Piece) -> Markup:
    text = str(piece.text)
    for name in piece.blanks:
        text = text.replace(_MARKS[name], str(escape(_FILLED[name]())))
    return Markup(text)  # noqa: S704  # nosec: the macro escapes, and the blanks are


def _draw(macro: Callable[..., str], values: tuple[Any, ...], common: tuple[Any, ...], _reader: _Reader) -> _Piece:
    pens: _Pens = g.pens
    around, pens.blanks = pens.blanks, set()
    try:
        text = Markup(macro(*values, *common))  # noqa: S704  # nosec: the macro escapes
        return _Piece(text, tuple(sorted(pens.blanks)))
    finally:
        pens.blanks = around


def _verify(kept: _Piece, anew: _Piece) -> None:
    if kept != anew:
        raise AssertionError(f"a piece depends on more than its values:\n{kept.text}\n---\n{anew.text}")


def init_drawn(app: Flask) -> None:
    """Give the templates of `app` pieces that are drawn once, and a memory of its own."""
    app.extensions[_EXTENSION] = {name: lru_cache(maxsize=most)(_draw) for name, most in _KEPT.items()}
    app.jinja_env.globals.update(
        drawn=drawn, drawn_rows=drawn_rows, drawn_sheet=drawn_sheet, page_address=lambda: blank("address")
    )
