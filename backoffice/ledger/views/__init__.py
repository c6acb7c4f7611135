"""The books' pages: imports of the platform's files."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from backoffice.ledger import queries
from backoffice.ledger.views import imports  # its routes register themselves
from backoffice.ledger.views.plumbing import blueprint as blueprint
from backoffice.permissions import Permission
from backoffice.web.navigation import NavItem, register


def init(app: Flask) -> None:
    """Add the books' rooms to the navigation of `app`."""
    imports.init(app)
    register(
        app,
        NavItem(
            "ledger.imports", _l("Imports"), "file-up", Permission.ADMINISTER, queries.count_open_conflicts, order=30
        ),
    )
