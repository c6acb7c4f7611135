"""/dev/mail: what the mail catcher caught. Registered, and answering, in demo mode only."""

from __future__ import annotations

import io
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request, send_file

from backoffice.config import Settings
from backoffice.delivery import caught
from backoffice.delivery.rules import maildir
from backoffice.delivery.views.plumbing import as_in_a_mail_program
from backoffice.errors import NotFound
from backoffice.web.guards import PUBLIC, guard

blueprint = Blueprint("delivery", __name__, url_prefix="/dev/mail")

PAGE_SIZE = 50


@blueprint.before_request
def _demo_only() -> None:
    # The blueprint is not registered elsewhere; this holds should somebody register it all the same.
    if not _settings().demo:
        raise NotFound


@blueprint.get("")
@guard(PUBLIC)
def mails() -> str:
    """The caught mails, newest first."""
    summaries, older = caught.newest(_folder(), PAGE_SIZE, request.args.get("before"))
    return render_template(
        "delivery/mails.html", mails=summaries, older=older, is_first="before" not in request.args, folder=_folder()
    )


@blueprint.get("/<key>")
@guard(PUBLIC)
def mail(key: str) -> str:
    """One mail: its text part, its headers, and ways to its HTML part and its attachments."""
    return render_template("delivery/mail.html", mail=caught.read(_folder(), key))


@blueprint.get("/<key>/html")
@guard(PUBLIC)
def html_part(key: str) -> Response:
    """The HTML part as a mail program would show it, under a policy of its own."""
    html = caught.read(_folder(), key).html
    if html is None:
        raise NotFound
    return as_in_a_mail_program(html)


@blueprint.get("/<key>/attachments/<int:index>")
@guard(PUBLIC)
def attachment(key: str, index: int) -> Response:
    """One attachment, to keep."""
    attachments = caught.read(_folder(), key).attachments
    if index >= len(attachments):
        raise NotFound
    part = attachments[index]
    # The type a mail claims is not believed, but for the one we send ourselves.
    known = part.content_type if part.content_type == "application/pdf" else "application/octet-stream"
    return send_file(io.BytesIO(part.content), known, as_attachment=True, download_name=part.name)


def _settings() -> Settings:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return settings


def _folder() -> Path:
    return maildir(_settings().instance_path)
