"""The document behind the link of a mail: for whoever holds the mail, without signing in, for a limited time."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for

from backoffice import clock, storage
from backoffice.delivery import queries
from backoffice.delivery.messages import page_of
from backoffice.delivery.models import Message
from backoffice.delivery.rules import DOCUMENT_PURPOSE, attachment_name
from backoffice.delivery.views.plumbing import blueprint
from backoffice.errors import NotFound
from backoffice.extensions import limiter
from backoffice.web import signing
from backoffice.web.downloads import attachment
from backoffice.web.guards import PUBLIC, guard

# Enough for a company behind one address that opens its mail, too few to be anybody's file server.
DOWNLOADS = "60 per minute; 600 per day"


@blueprint.get("/documents/<token>")
@guard(PUBLIC)
@limiter.limit(DOWNLOADS)
def document(token: str) -> Any:
    """The bytes as they are stored and attached, and nothing else; once the time is over, the way to the next page."""
    message = _message(token)
    if message.attachment_sha256 is None or not message.has_open_link(clock.now()):
        return redirect(url_for("messages.link_over", token=token), 303)
    name = attachment_name(message.attachment_name)
    answer = attachment(storage.get(message.attachment_sha256), "application/pdf", name)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/documents/<token>/over")
@guard(PUBLIC)
@limiter.limit(DOWNLOADS)
def link_over(token: str) -> Any:
    """That the link has ended, and how to get the document all the same."""
    message = _message(token)
    if message.has_open_link(clock.now()):
        return redirect(url_for("messages.document", token=token), 303)
    return render_template("delivery/link_over.html", page=page_of(message.template, message.context))


def _message(token: str) -> Message:
    message = queries.by_link(signing.read(token, DOCUMENT_PURPOSE))
    if message is None:
        raise NotFound
    return message
