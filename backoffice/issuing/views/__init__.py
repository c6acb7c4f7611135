"""What everybody may check of an invoice, and the seller that stands on it."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.issuing.face import Face
from backoffice.issuing.views import logos, seller  # noqa: F401  their routes register themselves
from backoffice.issuing.views.verify import blueprint as blueprint
from backoffice.permissions import Permission
from backoffice.web.navigation import NavItem, register


def init(app: Flask) -> None:
    """Give pages the face of a snapshot, and the administrator the seller's page. That of verifying stands outside the
    navigation: the QR code leads to it."""
    app.jinja_env.globals["invoice_face"] = Face
    app.jinja_env.globals["logo_url"] = logos.logo_url
    register(app, NavItem("issuing.seller", lazy_gettext("Seller"), "stamp", Permission.ADMINISTER, order=30))
