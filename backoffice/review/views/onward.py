"""Where a reviewer goes after a verdict: to the next request, or where they prefer to be."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.review.queries import upcoming
from backoffice.review.views.plumbing import arguments, blueprint
from backoffice.review.views.queue import FILTERS, wanted_by
from backoffice.web.guards import current_actor, safe_target, same_site_path

# The new item's heading takes the focus, so that it is what a screen reader says.
HEADING = "heading"
# The button that is where the one was that was pressed, and the headings over what was written.
CLAIM, NOTES, OFFICIAL = "claim", "notes-title", "official-title"


def onward(number: str) -> Response:
    """The way on after a verdict on `number`, by the person's setting: the next request, this one, the list.

    The form names the list it was opened from (`list`), and whether it stood beside it (`beside`): then what is next
    does, too. What comes next is what stands behind it in that list, of those that they may decide on; without one,
    or in the plain queue, which shows the most urgent ones first, the most urgent.
    """
    if current_user.after_verdict == "stay":
        return again(number)
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


def again(number: str, anchor: str = HEADING) -> Response:
    """The request as it is now: in its list where the form stood there, else its own page, the focus at `anchor`."""
    opened_from = came_from()
    if "beside" in request.form or _page_before() == url_for("review.queue"):
        return redirect(f"{opened_from or url_for('review.queue')}#{number}", 303)
    return redirect(address_of(number, opened_from, anchor), 303)


def address_of(number: str, opened_from: str | None = None, anchor: str = HEADING) -> str:
    """The address of a request's page, its heading in focus. It names the list it was opened from, unless plain."""
    named = opened_from if opened_from != url_for("review.queue") else None
    return url_for("review.invoice_request", number=number, list=named, _anchor=anchor)


def skip_to(number: str, behind: str | None) -> str | None:
    """The address of what comes next without a verdict on `number`; None where nothing else waits.

    It is what stands behind it in the list it was opened from, in the plain queue `behind`; after the last one, where
    a verdict would lead.
    """
    if came_from() in (None, url_for("review.queue")):
        return address_of(behind) if behind is not None else None
    following, opened_from = _following(number)
    return address_of(following, opened_from) if following is not None else None


def _page_before() -> str | None:
    """The path of the page that the form or link stood on."""
    before = same_site_path(request.referrer, request.host_url)
    return urlsplit(before).path if before else None


@blueprint.app_template_global()
def came_from() -> str | None:
    """The list that the request was opened from, as a form, the address, or the page before says; None if none does."""
    if "came_from" not in g:  # a page asks a dozen times
        g.came_from = _came_from()
    known: str | None = g.came_from
    return known


def _came_from() -> str | None:
    before = same_site_path(request.referrer, request.host_url)
    named = parse_qs(urlsplit(before).query).get("list", [None])[0] if before else None
    for given in (request.form.get("list"), request.args.get("list"), before, named):
        target = safe_target(given)
        if target is not None and urlsplit(target).path == url_for("review.queue"):
            return target
    return None
