"""The desk at NOW, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from backoffice.database import db, session
from tests.review.desk import NOW, Desk
from tests.support.office import office
from tests.support.people import Cast

__all__ = ["office"]


@pytest.fixture
def desk(freeze: Callable[[datetime], None], app: Flask, cast: Cast) -> Desk:
    """A filled installation; the clock stands at NOW."""
    freeze(NOW)
    return Desk(app, cast)


@pytest.fixture
def statements(context: Flask) -> Callable[[Callable[[], object]], int]:
    """`statements(read)` counts the SQL statements of one read."""

    def count(read: Callable[[], object]) -> int:
        session.rollback()
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            read()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len([one for one in seen if one.lstrip().upper().startswith("SELECT")])

    return count
