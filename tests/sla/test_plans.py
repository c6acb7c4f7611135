"""What the managers' page costs at size: folded figures and lists are read by an index, and no list is sorted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from backoffice.database import session
from backoffice.review.queries import queue as review
from backoffice.sla import jobs
from backoffice.sla.queries import figures, lists, promised
from backoffice.sla.queries.lists import Asked, Figure
from tests.review.desk import NOW, Desk
from tests.support.sql import gather_figures, plan, planned
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

MONTH = Asked(date(2026, 10, 25), date(2026, 11, 23))
# Read as a whole: what is open comes to some hundred rows, the others have one.
_SMALL = "sla_backlog|sla_fold|calendar_version"
_TABLES = rf"(?!{_SMALL})(?:invoice_request|sla_\w+|message|decision)"
_READ_THROUGH = re.compile(rf"(?:SCAN|Seq Scan on) {_TABLES}\b(?! USING)")
_OF_REQUESTS = re.compile(r"(?:SEARCH|SCAN| on) invoice_request\b")
_CELLS = {Figure.AGE: "2", Figure.TURNAROUND: "3", Figure.REASON: "other"} | dict.fromkeys(lists.STEPS, "decision")


def test_the_page_reads_what_is_folded_by_its_keys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.app.app_context():
        jobs.fold()
        kind = session.get_bind().dialect.name
        gather_figures(kind)
        figures.dashboard(MONTH, NOW)  # the calendar is read once per process
        asked: list[Any] = []
        for name in ("execute", "scalar"):
            verb = getattr(session, name)
            monkeypatch.setattr(
                session, name, lambda sent, *rest, _verb=verb, **how: asked.append(sent) or _verb(sent, *rest, **how)
            )
        figures._added_up.cache_clear()
        figures.dashboard(MONTH, NOW)
        monkeypatch.undo()
        session.rollback()
        assert len(asked) == 5
        faults = []
        for statement in (*asked, lists._counting_undelivered(MONTH)._statement):
            used = plan(statement, kind)
            session.rollback()
            if _READ_THROUGH.search(used) or _OF_REQUESTS.search(used):
                faults.append(f"{statement}\n{used}")
    assert not faults, "\n".join(faults)


def test_every_list_follows_an_index(desk: Desk) -> None:
    with desk.app.app_context():
        kind, faults = session.get_bind().dialect.name, []
        gather_figures(kind)
        for figure in Figure:
            asked = Asked(MONTH.since, MONTH.until, cell=_CELLS.get(figure, ""))
            rows = review.as_rows(lists.listed(figure, asked, NOW))
            order = [getattr(column, way)() for column, way in lists.order(figure)]
            used = plan(rows.order_by(*order).limit(51), kind, "sort")
            session.rollback()
            if _READ_THROUGH.search(used) or "FOR ORDER BY" in used:
                faults.append(f"{figure}: {used}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("narrowed", [("", None, None), ("enterprise", 2, 7)])
def test_what_each_look_reads_of_requests_follows_an_index(
    desk: Desk, narrowed: tuple[str, int | None, int | None]
) -> None:
    with desk.app.app_context():
        kind = session.get_bind().dialect.name
        gather_figures(kind)
        for prepared in (promised._overdue(), promised._next_due(*narrowed)):
            used = plan(prepared._statement, kind, "sort", values={"now": NOW})
            session.rollback()
            assert not _READ_THROUGH.search(used), used
            assert "FOR ORDER BY" not in used, used
            assert _OF_REQUESTS.search(used), used


@pytest.mark.sqlite_only
def test_the_page_that_is_opened_again_plans_nothing(desk: Desk, visit: Callable[..., Visitor]) -> None:
    manager = visit(desk.cast.max)
    manager.get("/sla")
    with planned(desk.app) as made:
        manager.get("/sla")
        made.clear()
        assert manager.get("/sla").status_code == 200
    assert made == []
