"""The pages of the service level: the managers' dashboard with its report, the business calendar, and operations."""

from __future__ import annotations

from flask import Flask

from backoffice.sla.views import calendar, dashboard, operations, reports
from backoffice.sla.views.plumbing import blueprint

__all__ = ["blueprint", "init", "reports"]


def init(app: Flask) -> None:
    """Add them to the navigation of `app`."""
    dashboard.init(app)
    calendar.init(app)
    operations.init(app)
