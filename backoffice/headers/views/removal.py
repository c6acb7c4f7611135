"""Choose the default header, remove one and bring it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid, Message, NotFound
from backoffice.headers import queries, services
from backoffice.headers.forms import known_ids
from backoffice.headers.views.plumbing import ONE, account_id, blueprint, removal_of
from backoffice.permissions import Permission
from backoffice.web import offers
from backoffice.web.errors import translate
from backoffice.web.formatting import instant
from backoffice.web.guards import current_actor, guard

# So long the removal is offered to be undone on every page; its own list does it for ever.
UNDO = timedelta(minutes=2)


@blueprint.post(f"{ONE}/default")
@guard(Permission.MANAGE_HEADERS)
def make_default(header_id: int) -> BaseResponse:
    """Let applications begin with this header."""
    try:
        with transaction():
            name = services.set_default(current_actor(), header_id, now=clock.now()).name
    except NotFound:
        return removed_already(header_id)
    flash(gettext("%(name)s is the default header now.", name=name), "success")
    offers.done(N_("The last thing you did was to choose the default header. Choose another in the list."))
    return redirect(url_for("headers.list_headers"), 303)


@blueprint.route(f"{ONE}/archive", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS)
def archive(header_id: int) -> Any:
    """Remove a header from the list; the page asks once, for browsers that do not open the dialog.

    Asked for again, perhaps by a colleague, it is removed already.
    """
    header = queries.any_header_of(account_id(), header_id)
    if header.archived_at is not None:
        return removed_already(header_id)
    # HEAD asks for this page, too, and comes without a token: whatever is not a POST must change nothing.
    if request.method != "POST":
        return render_template("headers/archive.html", header=header)
    try:
        with transaction():
            name = services.archive(current_actor(), header_id, now=clock.now()).name
    except NotFound:
        return removed_already(header_id)
    offers.offer(_way_back(header_id), clock.now() + UNDO, Message(N_("%(name)s is removed."), name=name))
    return redirect(url_for("headers.list_headers"), 303)


def removed_already(header_id: int) -> BaseResponse:
    """To the list, and who removed it when. Raises NotFound for another account's."""
    header = queries.any_header_of(account_id(), header_id)
    removal = removal_of(header)
    if removal is not None:
        told = gettext(
            "%(name)s is removed already: by %(who)s on %(time)s.",
            name=header.name, who=removal.who, time=instant(removal.at).striptags(),
        )  # fmt: skip
        flash(told, "info")
    return redirect(url_for("headers.list_headers"), 303)


@blueprint.route(f"{ONE}/restore", methods=["GET", "POST"])
@guard(Permission.MANAGE_HEADERS)
def restore(header_id: int) -> Any:
    """Bring a removed header back into the list; the page asks where it would stand beside one that looks like it."""
    usable = queries.any_header_of(account_id(), header_id)
    undone = request.method == "POST" and offers.withdraw_offer(_way_back(header_id))
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
    if not undone:
        offers.done(N_("The last thing you did was to bring a header back. Remove it again in the list."))
    return redirect(url_for("headers.list_headers"), 303)


def _way_back(header_id: int) -> str:
    return url_for("headers.restore", header_id=header_id)


def _restore_page(header_id: int) -> str:
    header = queries.archived_header_of(account_id(), header_id)
    return render_template(
        "headers/restore.html", header=header, resemblance=queries.Resemblance(queries.resembling(header))
    )
