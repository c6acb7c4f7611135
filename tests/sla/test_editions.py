"""What the managers' figures add up to is remembered for as long as they are the same, and no longer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice import clock
from backoffice.database import session, writing
from backoffice.review.services import claims
from backoffice.sla import jobs
from backoffice.sla.models import DayFigures, Fold
from backoffice.sla.queries import figures
from backoffice.sla.queries.board import Dashboard
from backoffice.sla.queries.lists import Asked
from tests.review.desk import NOW, Desk
from tests.support.sql import statements

pytestmark = pytest.mark.both_databases

TODAY = date(2026, 11, 23)
ASKED = Asked(TODAY - timedelta(days=29), TODAY)


def fold(desk: Desk) -> str:
    """Fold once more; returns the edition of the figures."""
    with desk.app.app_context():
        jobs.fold()
        return session.scalars(select(Fold.edition)).one()


def look(desk: Desk) -> tuple[Dashboard, list[str]]:
    """The page's figures, and what was asked of the database for them."""
    with desk.app.app_context(), statements(desk.app) as sent:
        return figures.dashboard(ASKED, clock.now()), sent


def test_figures_that_are_the_same_are_neither_written_nor_added_up_again(desk: Desk) -> None:
    desk.apply(days_ago=1)
    edition = fold(desk)
    first, _ = look(desk)
    with desk.app.app_context(), statements(desk.app) as sent, clock.moved_to(NOW + timedelta(minutes=1)):
        jobs.fold()
    assert {words.split()[1] for words in sent if words.startswith("UPDATE")} == {"sla_fold"}
    assert not [words for words in sent if words.startswith(("DELETE", "INSERT")) and "sla_fold" not in words]
    assert fold(desk) == edition
    again, sent = look(desk)
    assert again == first
    assert not [words for words in sent if "sla_day" in words or "sla_pace" in words or "sla_backlog" in words]


def test_whatever_changes_a_figure_is_seen_with_the_next_fold(desk: Desk) -> None:
    number = desk.apply(days_ago=1)
    fold(desk)
    before, _ = look(desk)
    desk.apply(days_ago=7)
    assert look(desk)[0] == before, "nothing was folded since"
    fold(desk)
    more, _ = look(desk)
    assert (before.now.open.number, more.now.open.number, more.now.due_today.number) == (1, 2, 1)
    # What is open is not another number of requests, but somebody works on one of them.
    desk.run(claims.claim, desk.cast.rita.actor, number, now=NOW)
    fold(desk)
    claimed, _ = look(desk)
    assert (more.now.unassigned.number, claimed.now.unassigned.number) == (2, 1)
    # The day is another: nothing was folded, and what was due is overdue.
    with clock.moved_to(NOW + timedelta(days=1)):
        assert look(desk)[0].now.overdue.number == 1
    assert look(desk)[0].now.overdue.number == 0


@pytest.mark.postgres_only
def test_figures_read_while_they_are_folded_belong_to_one_edition(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite nothing is folded while a page reads; PostgreSQL lets the page read the state it began with."""
    desk.apply(days_ago=1)
    fold(desk)
    calendar = figures.calendars.current_calendar

    def folded_in_between() -> Any:
        with writing().begin() as other:
            other.execute(update(DayFigures).values(received=DayFigures.received + 1))
            other.execute(update(Fold).values(edition="another"))
        return calendar()

    monkeypatch.setattr(figures.calendars, "current_calendar", folded_in_between)
    before, _ = look(desk)
    monkeypatch.undo()
    after, _ = look(desk)
    assert [sum(flow.received.number for flow in board.flow) for board in (before, after)] == [1, 2]
