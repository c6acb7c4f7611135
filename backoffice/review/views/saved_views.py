"""A person's own views of the queue: the page that keeps them, and their entries in the navigation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Invalid, NotFound
from backoffice.permissions import Permission
from backoffice.review.forms import SavedViewForm
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import Saved
from backoffice.review.rules import VIEWS_LIMIT
from backoffice.review.services import saved_views as services
from backoffice.review.views import queue
from backoffice.review.views.plumbing import INVALID, arguments, blueprint
from backoffice.web import kept_forms
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed
from backoffice.web.navigation import NavGroup, NavLink, capped


@blueprint.route("/views", methods=["GET", "POST"], endpoint="saved_views")
@guard(Permission.SEE_QUEUE, rescue=keep_typed)
def show() -> Any:
    """The person's views, and the form that keeps the list whose filters the address carries."""
    if request.method != "POST":
        return _page(kept_forms.begin(SavedViewForm, {"query": request.query_string.decode("latin-1")}))
    form = SavedViewForm()
    query = _known(form.query.data or "")
    try:
        with transaction():
            kept = services.create(current_actor(), form.name.data or "", query, now=clock.now()).name
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(form), INVALID
    flash(gettext("The view “%(name)s” is in the navigation.", name=kept), "success")
    return kept_forms.done(redirect(_address(query), 303))


@blueprint.route("/views/<int:view_id>", methods=["GET", "POST"], endpoint="saved_view")
@guard(Permission.SEE_QUEUE, rescue=keep_typed)
def rename(view_id: int) -> Any:
    """Give one of the person's views another name."""
    shown = _own(view_id)
    if request.method != "POST":
        form = kept_forms.begin(SavedViewForm, {"name": shown.name})
        return render_template("review/saved_view.html", form=form, shown=shown)
    form = SavedViewForm()
    try:
        with transaction():
            services.rename(current_actor(), view_id, form.name.data or "")
    except Invalid as invalid:
        apply_errors(form, invalid)
        return render_template("review/saved_view.html", form=form, shown=shown), INVALID
    flash(gettext("The view has its new name."), "success")
    return kept_forms.done(redirect(url_for("review.saved_views"), 303))


@blueprint.post("/views/<int:view_id>/delete", endpoint="forget_view")
@guard(Permission.SEE_QUEUE)
def forget(view_id: int) -> Any:
    """Delete one of the person's views."""
    with transaction():
        services.forget(current_actor(), view_id)
    flash(gettext("The view is deleted."), "success")
    return redirect(url_for("review.saved_views"), 303)


def in_navigation() -> NavGroup | None:
    """The person's views with their counts; None for people without any, who pay nothing for it."""
    saved = queue.waiting().saved
    if not saved:
        return None
    here = _known(request.query_string.decode("latin-1")) if request.endpoint == "review.queue" else None
    counts = _counts(saved)
    links = tuple(
        NavLink(
            _address(view.query), view.name, "bookmark", "page" if _known(view.query) == here else None, capped(count)
        )
        for view, count in zip(saved, counts, strict=True)
    )
    return NavGroup(gettext("Saved views"), links)


def _counts(saved: tuple[Saved, ...]) -> list[int]:
    if "review_saved_counts" not in g:
        lists = [queue.wanted_by(queue.FILTERS.parse(arguments(view.query))) for view in saved]
        g.review_saved_counts = queries.counts(lists, queue.viewer())
    counts: list[int] = g.review_saved_counts
    return counts


def _own(view_id: int) -> Saved:
    for view in queue.waiting().saved:
        if view.id == view_id:
            return view
    raise NotFound


def _page(form: SavedViewForm) -> str:
    filters = queue.FILTERS.parse(arguments(form.query.data or ""))
    form.query.data = urlencode(filters.query)
    saved = queue.waiting().saved
    return render_template(
        "review/saved_views.html",
        form=form,
        chips=filters.chips(url_for("review.saved_views")),
        faults=filters.left_out,
        saved=[(view, _address(view.query)) for view in saved],
        limit=VIEWS_LIMIT,
    )


def _known(query: str) -> str:
    """What of a query string the list's filters understand, in one spelling."""
    return urlencode(queue.FILTERS.parse(arguments(query)).query)


def _address(query: str) -> str:
    base = url_for("review.queue")
    return f"{base}?{query}" if query else base
