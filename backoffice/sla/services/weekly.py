"""Telling managers of a week: once, whoever runs the job and however often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.accounts import queries as accounts
from backoffice.database import is_first
from backoffice.delivery import services as delivery
from backoffice.delivery.rules import known_locale
from backoffice.sla.models import WeeklyReport
from backoffice.sla.queries.weekly import Weekly

TEMPLATE = "weekly_report"


@dataclass(frozen=True, slots=True)
class Document:
    """A report in the store, and the name it has in the mail."""

    sha256: str
    name: str


def tell(weekly: Weekly, said: Mapping[str, Any], documents: Mapping[str, Document], *, now: datetime) -> int:
    """Queue the mail that says `said` to every manager who wants it, with the document of their language.

    Returns how many. The week is taken by an INSERT that nobody can repeat, in the same transaction; whoever becomes a
    manager later hears of the weeks to come. Without documents nobody is told, and the week is done.
    """
    people = accounts.readers_of_the_weekly_report() if documents else []
    row = {
        "monday": weekly.monday, "told_at": now, "told": len(people), "overdue": weekly.overdue.number,
        "missing": weekly.missing,
    }  # fmt: skip
    if not is_first(WeeklyReport, **row):
        return 0
    for person in people:
        document = documents[known_locale(person.locale)]
        delivery.queue(
            TEMPLATE,
            person.email,
            person.locale,
            {**said, "person": person.name},
            at=now,
            about=(TEMPLATE, person.id),
            attachment_sha256=document.sha256,
            attachment_name=document.name,
        )
    return len(people)
