"""Leaving the application form without going on: Cancel, and what the page offers beside it. No word gets lost."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from backoffice.errors import N_, Invalid
from backoffice.portal import services, uploads
from backoffice.portal.forms import ApplyForm, begin
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.services import Content
from backoffice.portal.views import drafting
from backoffice.portal.views.beginning import Usual, beginning
from backoffice.portal.views.drafting import writer
from backoffice.portal.views.unfinished import offer_back
from backoffice.web import asides

NOT_KEPT = N_("The file was not kept. Please choose it again.")


def cancelled(key: str, form: ApplyForm, draft: ApplicationDraft | None, given: Usual) -> Response:
    """Throw away what was typed here; for a while one press puts it back. What another window wrote stays."""
    content = left(form, draft)
    content = content if content.fits else shortened(form, content)
    kept = _keep(key, form, content, draft, given, discarded=True)
    if kept is not None:
        offer_back(kept)
    return redirect(url_for("portal.invoices"), 303)


def stepped_aside(
    key: str, form: ApplyForm, content: Content, draft: ApplicationDraft | None, given: Usual
) -> Response:
    """Keep what was typed here, then do what stands beside the form: `web.asides`."""
    kept = _keep(key, form, content, draft, given, discarded=False)
    if kept is not None and not asides.comes_back():
        flash(gettext("What you typed is kept among your unfinished applications."), "info")
    return asides.go_on(url_for("portal.application", key=kept) if kept not in (None, key) else None)


def _keep(
    key: str, form: ApplyForm, content: Content, draft: ApplicationDraft | None, given: Usual, *, discarded: bool
) -> str | None:
    """Keep what this form says of its own, if anything; returns the key it is kept under."""
    since = form.words.data or ""
    if _says_nothing_of_its_own(form, content, draft, given):
        return None
    if draft is not None and draft.has_ended:
        key, since = services.new_word(), ""
    return drafting.store(key, content, since=since, discarded=discarded)


def _says_nothing_of_its_own(form: ApplyForm, content: Content, draft: ApplicationDraft | None, given: Usual) -> bool:
    """Whether nothing was typed over what a new form begins with, a request says, or another window wrote."""
    if content.file_fault is not None and (draft is None or content.file_fault != draft.file_fault):
        return False
    if draft is None:
        return form.says_no_more_than(begin(beginning(form.follows, given)))
    since = form.words.data or ""
    return (draft.has_ended or draft.words != since) and content.words in (since, draft.words)


def left(form: ApplyForm, draft: ApplicationDraft | None) -> Content:
    """What is typed in a form that was sent by a button which sends no file: of a chosen one its name came along."""
    content = content_of(form, draft, "")
    return replace(content, file_fault=NOT_KEPT) if request.form.get("support_file") else content


def content_of(form: ApplyForm, known: ApplicationDraft | None, action: str) -> Content:
    """What the draft is to hold: what was typed, and the file that was chosen now or before.

    A file that was refused is not passed over in silence: it is asked for until another is chosen, or until somebody
    says that it goes on without.
    """
    file = services.file_so_far(writer(), known, form.follows)
    fault = services.file_fault_so_far(known, file, enclosed=bool(form.enclosed.data))
    if action == "remove-file":
        file = None
    elif action == "without-file":
        fault = None
    try:
        chosen = uploads.received(form.support_file.data)
    except Invalid as refusal:
        fault = refusal.fields["support_file"][0].msgid
    else:
        file, fault = (chosen, None) if chosen is not None else (file, fault)
    return Content(form.typed(), form.follows, file, fault)


def shortened(form: ApplyForm, content: Content) -> Content:
    """The same of much more text than any field takes: the answer itself shows it once more, the draft goes without."""
    return Content(form.short_typed(), content.follows, content.file, content.file_fault)
