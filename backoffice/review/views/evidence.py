"""The evidence of a request: what the checks say, and the draft of exactly what would be issued."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask import Response

from backoffice import clock
from backoffice.errors import Conflict, Message
from backoffice.extensions import limiter
from backoffice.issuing import services as issuing
from backoffice.issuing.rules import Snapshot
from backoffice.permissions import Permission
from backoffice.review.checks import panel as checks
from backoffice.review.checks.facts import Check, Facts, Outcome, Value
from backoffice.review.queries import dossier as queries
from backoffice.review.queries import evidence
from backoffice.review.views.plumbing import blueprint, issuer
from backoffice.web import formatting, limits
from backoffice.web.errors import translate
from backoffice.web.guards import guard

# A person reads a draft for some seconds; each keeps the process's one renderer busy for some milliseconds.
DRAFTS = "30 per minute; 600 per hour"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check in the reader's words; `data` are label, value, the number of a request it speaks of, and whether the
    value is what somebody entered, in whatever language."""

    code: str
    outcome: Outcome
    label: str
    message: str
    data: list[tuple[str, str, str | None, bool]]


def facts_of(dossier: queries.Dossier, now: datetime) -> Facts:
    """What the checks look at."""
    return evidence.facts(dossier, now=now, currency=issuer().currency)


def in_words(checked: Iterable[Check]) -> list[Finding]:
    """Checks in the reader's words, in their order; also those that were kept when there were other checks."""
    return [
        Finding(
            found.code,
            found.outcome,
            translate(checks.LABELS.get(found.code, found.code)),
            translate(found.message),
            [
                (translate(datum.label), _value(datum.value), datum.request, isinstance(datum.value, str))
                for datum in found.data
            ],
        )
        for found in checked
    ]


def draft_of(dossier: queries.Dossier, now: datetime) -> Snapshot | None:
    """What would be issued if the request were approved now; None where nothing would."""
    try:
        return issuing.draft_of(dossier.request, dossier.parts, issuer=issuer(), now=now)
    except Conflict:
        return None


@blueprint.get("/<number>/draft.pdf")
@guard(Permission.SEE_QUEUE)
@limiter.limit(DRAFTS, key_func=limits.who_asks)
def draft(number: str) -> Response:
    """The invoice as it would be issued, drawn by the same renderer and marked as a draft. It is kept nowhere."""
    dossier = queries.dossier(number)
    snapshot = issuing.draft_of(dossier.request, dossier.parts, issuer=issuer(), now=clock.now())
    answer = Response(issuing.render_draft(snapshot), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="DRAFT-{number}.pdf"'
    return answer


def _value(value: Value) -> str:
    if isinstance(value, Message):
        return translate(value)
    if isinstance(value, Decimal):
        return formatting.amount(value)
    if isinstance(value, date):
        return str(formatting.day(value).striptags())
    return value
