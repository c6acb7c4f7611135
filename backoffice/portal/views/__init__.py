"""The customer's pages: summary and list, apply, one request, downloads, and the bills with their entries."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.permissions import Permission
from backoffice.portal.views import (  # noqa: F401  their routes register themselves
    answer,
    apply,
    archive,
    balance,
    bills,
    correction,
    due,
    entries,
    exports,
    invoices,
    request,
    submitting,
    unfinished,
)
from backoffice.portal.views.plumbing import blueprint as blueprint
from backoffice.web.navigation import NavItem, register


def init(app: Flask) -> None:
    """Add the customer's pages to the navigation of `app`."""
    register(
        app,
        NavItem("portal.invoices", lazy_gettext("Invoices"), "receipt-text", Permission.SEE_OWN_INVOICES, order=10),
        NavItem("portal.bill", lazy_gettext("Bills"), "chart-column", Permission.SEE_OWN_INVOICES, order=15),
    )
