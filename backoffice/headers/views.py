"""The customer's page of invoice headers: list, create, edit, default, remove and restore, history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid, NotFound
from backoffice.headers import labels, queries, rescue, rules, services
from backoffice.headers.forms import HeaderForm, begin, known_ids
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Permission
from backoffice.web import asides, drafts
from backoffice.web.errors import translate
from backoffice.web.formatting import instant
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.navigation import NavItem, register

blueprint = Blueprint("headers", __name__, url_prefix="/invoice-headers")

# Ids are 64-bit numbers in the database: a longer one in the address is nobody's header, not an error.
_ONE = f"/<int(max={2**63 - 1}):header_id>"
HISTORY_SHOWN = 200


def init(app: Flask) -> None:
    """Add the headers to the navigation of `app`."""
    register(
        app,
        NavItem(
            "headers.list_headers", lazy_gettext("Invoice Headers"), "id-card", Permission.MANAGE_HEADERS, order=20
        ),
    )


@blueprint.get("")
@guard(Permission.MANAGE_HEADERS)
def list_headers() -> str:
    """The account's headers, the default first, whichever of its people made them."""
    cards = queries.cards_of(_account_id())
    return render_template("headers/list.html", cards=cards, statuses={c.header.id: _status(c.header) for c in cards})


@blueprint.get("/removed")
@guard(Permission.MANAGE_HEADERS)
def removed() -> str:
    """The account's headers that somebody removed, the last one first; each can be brought back."""
    return render_template("headers/removed.html", cards=queries.removed_cards_of(_account_id()))


@blueprint.get(f"{_ONE}/history")
@guard(Permission.MANAGE_HEADERS)
def history(header_id: int) -> str:
    """Who changed what of a header, and when; of removed ones as well."""
    header = queries.any_header_of(_account_id(), header_id)
    events = audit.latest_events_of("invoice_header", header.id, limit=HISTORY_SHOWN + 1)
    return render_template(
        "headers/history.html",
        header=header,
        entries=labels.history(events[:HISTORY_SHOWN]),
        shown=HISTORY_SHOWN if len(events) > HISTORY_SHOWN else None,
    )


def _status(header: InvoiceHeader) -> tuple[str, str] | None:
    """A tag for a tax ID that is not simply right."""
    result = rules.tax_id_of({"kind": header.kind, "tax_id": header.tax_id, "country": header.country})
    if result is not None and result.outcome == rules.TaxIdOutcome.LEGACY:
        return (
            ("warn", gettext("Legacy tax ID, or mistyped")) if result.doubt else ("neutral", gettext("Legacy tax ID"))
        )
    if result is not None and result.outcome == rules.TaxIdOutcome.WRONG_CHECK_DIGIT:
        return "warn", gettext("Check digit does not fit")
    return None


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
    if (told := form.tax_id_help) is not None and told.doubt:
        flash(gettext("Compare the tax ID with the business licence.") + " " + told.doubt, "warning")
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


@blueprint.route(f"{_ONE}/edit", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS, rescue=rescue.keep_typed)
def edit(header_id: int) -> Any:
    """Change a header. Requests and invoices keep what it said when they were made.

    One that was removed is shown all the same, says so, and is restored with this Save.
    """
    header = queries.any_header_of(_account_id(), header_id)
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
        return _refused(form, invalid, header=queries.any_header_of(_account_id(), header_id))
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
    header = queries.any_header_of(_account_id(), header_id)
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


@blueprint.post(f"{_ONE}/default")
@guard(Permission.MANAGE_HEADERS)
def make_default(header_id: int) -> BaseResponse:
    """Let applications begin with this header."""
    try:
        with transaction():
            name = services.set_default(current_actor(), header_id, now=clock.now()).name
    except NotFound:
        return _removed_already(header_id)
    flash(gettext("%(name)s is the default header now.", name=name), "success")
    return redirect(url_for("headers.list_headers"), 303)


@blueprint.route(f"{_ONE}/archive", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS)
def archive(header_id: int) -> Any:
    """Remove a header from the list; the page asks once, for browsers that do not open the dialog.

    Asked for again, perhaps by a colleague, it is removed already.
    """
    header = queries.any_header_of(_account_id(), header_id)
    if header.archived_at is not None:
        return _removed_already(header_id)
    # HEAD asks for this page, too, and comes without a token: whatever is not a POST must change nothing.
    if request.method != "POST":
        return render_template("headers/archive.html", header=header)
    try:
        with transaction():
            name = services.archive(current_actor(), header_id, now=clock.now()).name
    except NotFound:
        return _removed_already(header_id)
    flash(gettext("%(name)s is removed.", name=name), "success")
    return redirect(url_for("headers.list_headers"), 303)


def _removed_already(header_id: int) -> BaseResponse:
    """To the list, and who removed it when. Raises NotFound for another account's."""
    header = queries.any_header_of(_account_id(), header_id)
    removal = _removal(header)
    if removal is not None:
        told = gettext(
            "%(name)s is removed already: by %(who)s on %(time)s.",
            name=header.name, who=removal.who, time=instant(removal.at).striptags(),
        )  # fmt: skip
        flash(told, "info")
    return redirect(url_for("headers.list_headers"), 303)


def _removal(header: InvoiceHeader) -> labels.Removal | None:
    if header.archived_at is None:
        return None
    return labels.removal(audit.latest_events_of("invoice_header", header.id, limit=HISTORY_SHOWN), header)


@blueprint.route(f"{_ONE}/restore", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS)
def restore(header_id: int) -> Any:
    """Bring a removed header back into the list; the page asks where it would stand beside one that looks like it."""
    usable = queries.any_header_of(_account_id(), header_id)
    if usable.archived_at is None:
        flash(gettext("%(name)s is in the list already.", name=usable.name), "info")
        return redirect(url_for("headers.list_headers"), 303)
    if request.method != "POST":
        return _restore_page(header_id)
    try:
        with transaction():
            known = known_ids(request.form.get("known_look_alikes", ""))
            header = services.restore(current_actor(), header_id, now=clock.now(), known_look_alikes=known)
            name = header.name
    except NotFound:
        flash(gettext("%(name)s is in the list already.", name=usable.name), "info")
        return redirect(url_for("headers.list_headers"), 303)
    except Invalid:
        return _restore_page(header_id), 422
    except Conflict as conflict:
        flash(translate(conflict.message), "warning")
        return redirect(url_for("headers.removed"), 303)
    flash(gettext("%(name)s is restored.", name=name), "success")
    return redirect(url_for("headers.list_headers"), 303)


def _restore_page(header_id: int) -> str:
    header = queries.archived_header_of(_account_id(), header_id)
    return render_template(
        "headers/restore.html", header=header, resemblance=queries.Resemblance(queries.resembling(header))
    )


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
    removal = _removal(header) if header is not None else None
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
    return queries.Resemblance(queries.look_alikes(_account_id(), rules.validate(form.values()), edited=edited))


def _to_application() -> bool:
    return request.args.get("next") == "apply"


def _way_back(header: int | None = None) -> str:
    """To the application that led here, one of several that may be open, with the header chosen; or to the list."""
    if not _to_application():
        return url_for("headers.list_headers")
    draft = request.args.get("draft", "")[:64]
    return url_for("portal.application", key=draft, header=header) if draft else url_for("portal.apply", header=header)


def _account_id() -> int:
    """The customer account of whoever is signed in; the guard lets nobody in who has none."""
    account_id: int = current_user.account_id
    return account_id
