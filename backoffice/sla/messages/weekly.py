"""The weekly mail: what it says in plain values, and the report that it brings in each language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext

from backoffice.config import Settings
from backoffice.delivery.rules import LOCALES
from backoffice.sla.messages import lists
from backoffice.sla.messages.report import of_board
from backoffice.sla.queries import terms
from backoffice.sla.queries.weekly import Week, Weekly
from backoffice.sla.report.contents import Report


def said(weekly: Weekly) -> dict[str, Any]:
    """What the mail's templates are told; its words come with the reader's language."""
    former = weekly.former
    return {
        "since": weekly.week.board.asked.since.isoformat(),
        "until": weekly.week.board.asked.until.isoformat(),
        "weeks": [_week(weekly.week), _week(weekly.before)],
        "overdue": [weekly.overdue.number, former.overdue if former else None],
        "missing": [weekly.missing, former.missing if former else None],
    }


def _week(week: Week) -> dict[str, Any]:
    promises, net = week.board.promises, week.board.net
    return {
        "on_time": promises.on_time, "met": promises.met.number, "due": promises.due.number, "received": week.received,
        "out": week.out, "open": week.open, "median": net.median, "p90": net.p90,
    }  # fmt: skip


def reports(weekly: Weekly, now: datetime) -> Iterator[tuple[str, str, Report]]:
    """By language the name of the file and the report, as the page would make it for this week.

    Its lists stand below the installation's address: there is no request whose host could be believed.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    board, people = weekly.week.board, terms.reviewers()
    to = lists.addresses(f"{settings.external_url}/sla/requests/")
    for locale in LOCALES:
        with force_locale(locale):
            name = f"{gettext('Service level')} {board.asked.since} {board.asked.until}.pdf"
            yield locale, name, of_board(board, people, now, to)
