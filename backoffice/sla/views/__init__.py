"""The pages of the service level: the managers' figures, report and forecast, the calendar, operations."""

from __future__ import annotations

from flask import Flask

from backoffice.sla.views import calendar, coming, dashboard, operations, reports
from backoffice.sla.views.plumbing import blueprint

__all__ = ["blueprint", "coming", "init", "reports"]


def init(app: Flask) -> None:
    """Add them to the navigation of `app`."""
    dashboard.init(app)
    calendar.init(app)
    operations.init(app)
