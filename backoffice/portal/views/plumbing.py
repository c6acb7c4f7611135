"""What the customer's pages share: their blueprint, whose money they speak of, and addresses."""

from __future__ import annotations

from flask import Blueprint, current_app, url_for
from flask_login import current_user

from backoffice.config import Settings
from backoffice.issuing.services import Issuer

blueprint = Blueprint("portal", __name__)


def account_id() -> int:
    """The customer account of whoever is signed in; the guard lets nobody in who has none."""
    found: int = current_user.account_id
    return found


def address(number: str) -> str:
    """The page of one request."""
    return url_for("portal.invoice_request", number=number)


def issuer() -> Issuer:
    """What this installation adds to every invoice."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return Issuer(currency=settings.currency, external_url=settings.external_url)
