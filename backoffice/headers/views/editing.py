"""Create a header and change one: the form, what helps to fill it in, and what colleagues did meanwhile."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid
from backoffice.headers import labels, queries, rescue, rules, services
from backoffice.headers.forms import HeaderForm, begin, known_ids
from backoffice.headers.models import InvoiceHeader
from backoffice.headers.views.plumbing import HISTORY_SHOWN, ONE, account_id, blueprint, removal_of
from backoffice.permissions import Permission
from backoffice.web import asides, drafts, kept_forms, offers
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard


def _begin(header: InvoiceHeader | None) -> HeaderForm:
    """The form as it is first shown; with what was typed when the session had ended, where something waits."""
    return rescue.waiting() or begin(header)


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS, rescue=rescue.keep_typed)
def new() -> Any:
    """Create a header; with ?next=apply, on the way through an application."""
    if request.method != "POST":
        return _page(_begin(None))
    form = HeaderForm()
    if asides.is_asked():
        return rescue.step_aside(form, begin(None), lambda: _page(form))
    if _assisted(form):
        return _page(form, assisted=True)
    form.ensure_token()
    try:
        header_id = _make(form)
    except Invalid as invalid:
        return _refused(form, invalid)
    return _saved(header_id, form)


def _saved(header_id: int, form: HeaderForm) -> BaseResponse:
    flash(gettext("The header is saved."), "success")
    offers.done(N_("The last thing you did was to save a header. Its history shows what it said before."))
    if (told := form.tax_id_help) is not None and told.doubt:
        flash(gettext("Compare the tax ID with the business licence.") + " " + told.doubt, "warning")
    kept_forms.accept()
    return rescue.forget(redirect(_way_back(header_id), 303))


def _make(form: HeaderForm) -> int:
    with transaction():
        return services.create(
            current_actor(),
            form.values(),
            now=clock.now(),
            tax_id_confirmed=form.tax_id_confirmed.data,
            make_default=form.is_default.data,
            known_look_alikes=known_ids(request.form.get("known_look_alikes", "")),
            submit_token=form.submit_token.data,
        ).id


@blueprint.route(f"{ONE}/edit", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS, rescue=rescue.keep_typed)
def edit(header_id: int) -> Any:
    """Change a header. Requests and invoices keep what it said when they were made.

    One that was removed is shown all the same, says so, and is restored with this Save.
    """
    header = queries.any_header_of(account_id(), header_id)
    if request.method != "POST":
        return _page(_begin(header), header=header)
    form = HeaderForm()
    if asides.is_asked():
        return rescue.step_aside(form, begin(header), lambda: _page(form, header=header))
    if _assisted(form):
        return _page(form, header=header, assisted=True)
    try:
        _change(form, header_id)
    except Invalid as invalid:
        return _refused(form, invalid, header=queries.any_header_of(account_id(), header_id))
    except Conflict as conflict:
        return _overtaken(form, conflict, header_id)
    return _saved(header_id, form)


def _change(form: HeaderForm, header_id: int) -> None:
    """Save what the form says; a header that its page told to be removed comes back with it."""
    with transaction():
        services.edit(
            current_actor(),
            header_id,
            form.values(),
            now=clock.now(),
            tax_id_confirmed=form.tax_id_confirmed.data,
            make_default=form.is_default.data,
            known_look_alikes=known_ids(request.form.get("known_look_alikes", "")),
            seen=form.seen,
            restore=bool(request.form.get("restore")),
        )


def _overtaken(form: HeaderForm, conflict: Conflict, header_id: int) -> tuple[str, int]:
    """The form again with what was typed, and what happened to the header meanwhile; the next Save goes through."""
    header = queries.any_header_of(account_id(), header_id)
    resemblance = None
    if conflict.code == services.TWIN:
        form.form_errors.append(translate(conflict.message))
        resemblance = _resemblance(form, header)
    news = _catch_up(form, header) if conflict.code == services.CHANGED else None
    return _page(form, header=header, resemblance=resemblance, news=news), 409


def _catch_up(form: HeaderForm, header: InvoiceHeader) -> labels.Meanwhile:
    """Let the fields that nobody touched follow what was saved meanwhile, and tell it; the form has seen it then."""
    events = audit.latest_events_of("invoice_header", header.id, limit=HISTORY_SHOWN)
    news = labels.meanwhile(events, header, form.seen or header.created_at)
    form.follow(news.before, header)
    form.version.data = header.updated_at.isoformat()
    return news


def _assisted(form: HeaderForm) -> bool:
    """Do what a helper button of the form asks for; it changes the form alone. False when none was pressed."""
    action = request.form.get("action", "")
    if action == "split":
        form.fill_from_paste()
    elif (code := action.removeprefix("suggestion-")) != action:
        if (told := form.checked_tax_id) is not None and code in told.suggestions:
            form.tax_id.data = code
    elif (name := action.removeprefix("take-")) != action:
        if (offered := form.offers.get(name)) is not None:
            form.take(name, offered)
    else:
        return False
    form.tell_tax_id()
    return True


def _page(
    form: HeaderForm,
    *,
    header: InvoiceHeader | None = None,
    ask_to_confirm: bool = False,
    assisted: bool = False,
    resemblance: queries.Resemblance | None = None,
    news: labels.Meanwhile | None = None,
) -> str:
    form.owner.data = drafts.owner_of(current_user.id)
    form.ensure_token()
    removal = removal_of(header) if header is not None else None
    if header is not None and removal is not None and form.seen not in (None, header.updated_at):
        # Restored with this page, it is judged by what it says now: whoever presses the button must have seen that.
        news = _catch_up(form, header)
    return render_template(
        "headers/edit.html",
        form=form,
        header=header,
        ask_to_confirm=ask_to_confirm,
        assisted=assisted,
        resemblance=resemblance,
        news=news,
        removal=removal,
        tax_id_help=help if (help := form.tax_id_help) and (help.doubt or request.method == "POST") else None,
        to_application=_to_application(),
        way_back=_way_back,
    )


def _refused(form: HeaderForm, invalid: Invalid, *, header: InvoiceHeader | None = None) -> tuple[str, int]:
    """The form again with what was typed; a tax ID whose check digit does not fit may be confirmed."""
    apply_errors(form, invalid)
    resemblance = None
    if invalid.code in services.RESEMBLES:
        resemblance = _resemblance(form, header)
    page = _page(form, header=header, ask_to_confirm=form.may_confirm_tax_id, resemblance=resemblance)
    return page, 422


def _resemblance(form: HeaderForm, header: InvoiceHeader | None) -> queries.Resemblance:
    """The usable headers that a form which is right by the rules looks like; a removed one comes to stand anew."""
    edited = header if header is not None and header.archived_at is None else None
    return queries.Resemblance(queries.look_alikes(account_id(), rules.validate(form.values()), edited=edited))


def _to_application() -> bool:
    return request.args.get("next") == "apply"


def _way_back(header: int | None = None) -> str:
    """To the application that led here, one of several that may be open, with the header chosen; or to the list."""
    if not _to_application():
        return url_for("headers.list_headers")
    draft = request.args.get("draft", "")[:64]
    return url_for("portal.application", key=draft, header=header) if draft else url_for("portal.apply", header=header)
