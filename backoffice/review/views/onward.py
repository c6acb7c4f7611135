"""Where a reviewer goes after a verdict: to the next request, or where they prefer to be."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.review.queries import upcoming
from backoffice.review.views.plumbing import arguments, blueprint
from backoffice.review.views.queue import FILTERS, wanted_by
from backoffice.web.guards import current_actor, safe_target, same_site_path

# The new item's heading takes the focus, so that it is what a screen reader says.
HEADING = "heading"


def onward(number: str) -> Response:
    """The way on after a verdict on `number`, by the person's setting: the next request, this one, the list.

    The form names the list it was opened from (`list`), and whether it stood beside it (`beside`): then the next one
    does, too. What comes next is what stands behind it in that list, of those that they may decide on; without one,
    or in the plain queue, which shows the most urgent ones first, the most urgent.
    """
    if current_user.after_verdict == "stay":
        return redirect(address_of(number), 303)
    following, opened_from = _following(number)
    if following is None or current_user.after_verdict == "list" or "beside" in request.form:
        return redirect(f"{opened_from}#{following or HEADING}", 303)
    return redirect(address_of(following, opened_from), 303)


def _following(number: str) -> tuple[str | None, str]:
    """What comes behind a request that was decided on, and the page of the list where it stands."""
    queue, now = url_for("review.queue"), clock.now()
    opened_from = came_from() or queue
    if opened_from == queue:
        return upcoming.most_urgent(current_actor(), now=now, besides=number), queue
    filters = FILTERS.parse(arguments(urlsplit(opened_from).query))
    following, stands_behind = upcoming.next_in(wanted_by(filters), current_actor(), number, now=now)
    return following, opened_from if stands_behind else filters.url(queue)


def again(number: str, anchor: str | None = None) -> Response:
    """The request as it is now: beside its list where the form stood there, else its own page."""
    if "beside" in request.form:
        return redirect(f"{came_from() or url_for('review.queue')}#{number}", 303)
    return redirect(url_for("review.invoice_request", number=number, _anchor=anchor), 303)


def address_of(number: str, opened_from: str | None = None) -> str:
    """The address of a request's page, its heading in focus. It names the list it was opened from, unless plain."""
    named = opened_from if opened_from != url_for("review.queue") else None
    return url_for("review.invoice_request", number=number, list=named, _anchor=HEADING)


@blueprint.app_template_global()
def came_from() -> str | None:
    """The list that the request was opened from, as a form, the address, or the page before says; None if none does."""
    before = same_site_path(request.referrer, request.host_url)
    named = parse_qs(urlsplit(before).query).get("list", [None])[0] if before else None
    for given in (request.form.get("list"), request.args.get("list"), before, named):
        target = safe_target(given)
        if target is not None and urlsplit(target).path == url_for("review.queue"):
            return target
    return None
