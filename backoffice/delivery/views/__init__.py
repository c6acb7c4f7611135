"""Pages of mail: the document behind a mail's link, every mail with sample values, and what the catcher caught."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.delivery.views import document, samples  # noqa: F401 - their routes register themselves
from backoffice.delivery.views.caught import blueprint as caught_blueprint
from backoffice.delivery.views.plumbing import blueprint
from backoffice.permissions import Permission
from backoffice.web.navigation import NavItem, register

__all__ = ["blueprint", "caught_blueprint", "init"]


def init(app: Flask) -> None:
    """Add the mails to the navigation of `app`."""
    register(app, NavItem("messages.mails", lazy_gettext("Mails"), "mail", Permission.SEE_BOOKS, order=60))
