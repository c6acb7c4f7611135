"""The one blueprint of the service level's pages, and the rows of their lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from backoffice import clock
from backoffice.review.queries import queue as review
from backoffice.review.rules import urgency

blueprint = Blueprint("sla", __name__)


def with_urgency(found: Sequence[Any]) -> list[tuple[review.Listed, str | None, None, None]]:
    """Rows of the table of requests, each with how urgent it is."""
    now, today = clock.now(), clock.today()
    listed = map(review.Listed._make, found)
    return [(row, urgency(row.state, row.due_at, row.due_on, now=now, today=today), None, None) for row in listed]
