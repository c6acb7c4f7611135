"""What z does about an act on many requests: the worker does it, so each page looks up whether it can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Flask, current_app, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user

from backoffice import clock
from backoffice.config import Settings
from backoffice.errors import NotFound
from backoffice.review.models import BulkRun
from backoffice.review.queries import bulk as queries
from backoffice.review.rules import BulkAction
from backoffice.web import offers

_KIND = "bulk"
# A run of the largest size takes less; later z knows nothing of it, which has a page of its own for that.
_RUNS_AT_MOST = timedelta(minutes=10)


def begun(run_id: int, rejected: Iterable[str] = ()) -> None:
    """The person has just begun that run: of the requests that it rejects no approval is theirs to take back."""
    for number in rejected:
        offers.withdraw_offer(url_for("review.undo", number=number))
    offers.offer_by(_KIND, str(run_id), clock.now() + _undo_time() + _RUNS_AT_MOST)


def undone(run_id: int) -> None:
    """Its approvals are being undone: what was done before it is the last deed."""
    offers.withdraw_offer(str(run_id))


def init(app: Flask) -> None:
    """Let the pages of `app` ask what became of a run."""
    offers.register(app, _KIND, _deed)


def _deed(key: str) -> offers.Deed:
    now = clock.now()
    try:
        run = queries.own(current_user.id, int(key))
    except NotFound:  # begun by whoever was signed in before
        return offers.Deed()
    if run.is_unfinished:
        said = gettext("The last thing you did was a bulk action, and it is not finished. You can stop it on its page.")
        return offers.Deed(why=said)
    if run.action == BulkAction.APPROVE:
        return _approvals(run, now)
    if run.action == BulkAction.REJECT:
        said = gettext("The last thing you did was a bulk rejection. It cannot be undone: the customers are told.")
    else:
        said = gettext("The last thing you did was to assign requests. It cannot be undone; assign them anew.")
    return offers.Deed(why=said)


def _approvals(run: BulkRun, now: datetime) -> offers.Deed:
    # The last of its approvals is not younger; those that the worker has issued meanwhile are not counted.
    until = (run.finished_at or now) + _undo_time()
    number = len(queries.undoable(run, now=now)) if until > now else 0
    if not number:
        return offers.Deed()
    said = ngettext("%(num)d approval was given at once.", "%(num)d approvals were given at once.", number)
    return offers.Deed(said, url_for("review.undo_bulk", run_id=run.id), until.timestamp())


def _undo_time() -> timedelta:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return timedelta(seconds=settings.undo_seconds)
