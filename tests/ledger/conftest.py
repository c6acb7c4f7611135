"""The office at work, and the books behind the page of imports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.ledger.handed_in import Books
from tests.support.office import office
from tests.support.people import Cast
from tests.support.visitor import Visitor

__all__ = ["office"]


@pytest.fixture
def books(app: Flask, cast: Cast) -> Books:
    """The installation behind the pages."""
    return Books(app, cast)


@pytest.fixture
def ana(books: Books, visit: Callable[..., Visitor]) -> Visitor:
    """The administrator's browser."""
    return visit(books.cast.ana)
