"""The pages of the service level: the managers' figures, report and forecast, the calendar, policies, operations."""

from __future__ import annotations

from flask import Flask

from backoffice.sla.views import calendar, coming, dashboard, lists, operations, policies, policy_changes, reports
from backoffice.sla.views.plumbing import blueprint

__all__ = ["blueprint", "coming", "init", "lists", "policy_changes", "reports"]


def init(app: Flask) -> None:
    """Add them to the navigation of `app`."""
    dashboard.init(app)
    calendar.init(app)
    policies.init(app)
    operations.init(app)
