"""The customer's page of invoice headers: list, create, edit, default, remove and restore, history."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.headers.views import editing, listing, removal  # noqa: F401  their routes register themselves
from backoffice.headers.views.plumbing import blueprint as blueprint
from backoffice.permissions import Permission
from backoffice.web.navigation import NavItem, register


def init(app: Flask) -> None:
    """Add the headers to the navigation of `app`."""
    register(
        app,
        NavItem(
            "headers.list_headers", lazy_gettext("Invoice Headers"), "id-card", Permission.MANAGE_HEADERS, order=20
        ),
    )
