"""What the desk's pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from backoffice import clock
from backoffice.review.rules import urgency

blueprint = Blueprint("review", __name__, url_prefix="/review")


def urgency_of() -> Any:
    """A function for templates: the urgency of a request at this moment, as a tag's kind, or None."""
    now, today = clock.now(), clock.today()
    return lambda shown: urgency(shown.state, shown.due_at, shown.due_on, now=now, today=today)
