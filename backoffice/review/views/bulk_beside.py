"""What stands beside each of many requests on the page that asks once more: what is known, what its checks say."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext

from backoffice import clock
from backoffice.requests.rules import State
from backoffice.review.checks.facts import Outcome
from backoffice.review.queries.bulk import Chosen, is_anothers
from backoffice.review.queries.doubts import Doubts, doubts, listed
from backoffice.review.queries.views import Viewer
from backoffice.review.rules import BulkAction
from backoffice.review.views.plumbing import issuer
from backoffice.web.errors import translate

# Whose evidence is shown beside them: each costs some 20 ms. The worker gathers that of the others at their turn.
WITH_EVIDENCE = 25


class Seen(NamedTuple):
    """What the checks of a request come to: the gravest, and the names of those that warn or fail."""

    worst: Outcome
    names: str


def evidence(found: Chosen, action: BulkAction) -> dict[str, Seen]:
    """What the checks of each request come to, by its number; nothing where there are too many to wait for."""
    asked = [row.number for row in found.rows if row.state == State.PENDING]
    if action != BulkAction.APPROVE or len(asked) > WITH_EVIDENCE:
        return {}
    now, currency = clock.now(), issuer().currency
    said = {number: doubts(number, now=now, currency=currency) for number in asked}
    return {number: Seen(one.worst, _words(one)) for number, one in said.items() if one is not None}


def _words(said: Doubts) -> str:
    return translate(listed(said.names)) if said else ""


def known(found: Chosen, viewer: Viewer) -> dict[str, list[tuple[str, str]]]:
    """What the list knows of each that is to be noticed, by its number: tone and words of a tag, the gravest first."""
    return {row.number: tags for row in found.rows if (tags := _tags(row, viewer))}


def _tags(row: Any, viewer: Viewer) -> list[tuple[str, str]]:
    said = []
    if row.short and row.state == State.PENDING:
        said.append(("bad", gettext("Short")))
    if is_anothers(row, viewer):
        said.append(("warn", gettext("%(who)s works on it", who=row.claimed_by_label)))
    if row.held_at is not None:
        said.append(("info", gettext("On hold")))
    if row.half_approved:
        said.append(("info", gettext("Second approval")))
    return said
