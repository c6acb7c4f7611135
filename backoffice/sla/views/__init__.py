"""The pages of the service level: the managers' dashboard, and the business calendar."""

from __future__ import annotations

from flask import Flask

from backoffice.sla.views import calendar, dashboard
from backoffice.sla.views.plumbing import blueprint

__all__ = ["blueprint", "init"]


def init(app: Flask) -> None:
    """Add both to the navigation of `app`."""
    dashboard.init(app)
    calendar.init(app)
