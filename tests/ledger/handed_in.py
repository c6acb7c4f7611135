"""Files that an administrator hands in on the page of imports, and the books behind it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from backoffice.database import session
from backoffice.ledger import jobs, queries
from backoffice.ledger.models import LedgerFile, LedgerLineProblem
from backoffice.ledger.rules import REQUIRED_COLUMNS
from tests.support.office import contradictions
from tests.support.people import Cast
from tests.support.visitor import Visitor

GOOD = "recharge,W-1,lumen,completed,10.00,CNY,2026-03-02T09:30:00+08:00,"
OTHER = "recharge,W-1,lumen,completed,11.00,CNY,2026-03-02T09:30:00+08:00,"
BAD = "recharge,W-2,lumen,completed,1.005,CNY,2026-03-02T09:30:00+08:00,"
BOOKS_HEAD = ",".join(REQUIRED_COLUMNS)


class Books:
    """The books behind the pages. Every look opens a context of its own, as a process beside the web does."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast

    def ask(self, question: Callable[[], Any]) -> Any:
        """The answer of the database."""
        with self.app.app_context():
            answer = question()
            session.expunge_all()
            session.rollback()
            return answer

    def work(self) -> int:
        """What the worker does in a second."""
        read: int = self.ask(jobs.import_due)
        return read

    def record(self) -> LedgerFile:
        """The newest import."""
        newest = select(LedgerFile).order_by(LedgerFile.id.desc()).limit(1)
        found: LedgerFile = self.ask(lambda: session.scalars(newest).one())
        return found

    def open_conflicts(self) -> list[LedgerLineProblem]:
        """The work items."""
        found: list[LedgerLineProblem] = self.ask(queries.open_conflicts)
        return found

    def count(self, model: type) -> int:
        """How many rows there are."""
        found: int = self.ask(lambda: session.scalar(select(func.count()).select_from(model)))
        return found

    def invoiceable(self) -> str:
        """Lumen's; the books are checked on the way."""
        assert self.ask(contradictions) == []
        return str(self.ask(lambda: queries.balance(self.cast.lumen).invoiceable))


def hand_in(
    ana: Visitor, *lines: str, name: str = "march.csv", codec: str = "utf-8", end: str = "\n", **fields: str
) -> str:
    """Send a file through the form; returns the address of its page."""
    send(ana, *lines, name=name, codec=codec, end=end, **fields)
    assert ana.page.status_code == 303, ana.page.text
    return str(ana.page.headers["Location"])


def send(
    ana: Visitor, *lines: str, name: str = "march.csv", codec: str = "utf-8", end: str = "\n", **fields: str
) -> None:
    """Send a file through the form, whatever becomes of it."""
    ana.get("/admin/imports")
    head = BOOKS_HEAD if lines[0].count(",") == BOOKS_HEAD.count(",") else f"{BOOKS_HEAD},payer_name"
    content = ("\n".join([head, *lines]) + end).encode(codec)
    ana.submit({"file": FileStorage(io.BytesIO(content), name), **fields}, button="Import")
