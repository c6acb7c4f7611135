"""The blueprint that the pages of mail share, and how a mail's HTML is shown."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("messages", __name__)

# A mail's HTML runs nothing, loads nothing and submits nothing; inline styles are all the styles a mail has.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox allow-top-navigation-by-user-activation allow-popups"
)


def as_in_a_mail_program(html: str) -> Response:
    """The HTML of a mail as a page of its own, under a policy of its own."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    return response
