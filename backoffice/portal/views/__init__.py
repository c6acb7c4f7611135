"""The customer's pages: summary and list, apply with its review step, one request, withdraw, download."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.permissions import Permission
from backoffice.portal.views import apply, invoices, request  # noqa: F401  their routes register themselves
from backoffice.portal.views.plumbing import blueprint as blueprint
from backoffice.web.navigation import NavItem, register


def init(app: Flask) -> None:
    """Add the customer's page to the navigation of `app`."""
    register(
        app,
        NavItem("portal.invoices", lazy_gettext("Invoices"), "receipt-text", Permission.SEE_OWN_INVOICES, order=10),
    )
