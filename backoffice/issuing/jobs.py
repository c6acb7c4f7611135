"""The worker's entry to issuing: one request or credit note after the other, each step in its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom
from typing import cast

import structlog
from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import N_, BackofficeError, Invalid, Message
from backoffice.issuing import queries, services
from backoffice.issuing.queries import credits, stops
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.services import Issuer, crediting
from backoffice.issuing.services.numbers import IssuingStopped

log = structlog.get_logger(__name__)
_any_order = SystemRandom()


def issue_due(limit: int = 50) -> int:
    """Issue approved requests whose undo window is over, and make the documents of confirmed credit notes; returns how
    many became Issued, and got their document, by this call.

    What a crash left half done (a number without a document, a document without its record) is finished first,
    because it waits longest. A request that cannot be issued is marked with the reason and left for a reviewer. While
    issuing is stopped, only what has its number is finished.

    Several workers find the same work in the same order. A request that got its number since this one looked is in the
    hands of whoever gave it that; credit notes have theirs already, so each worker goes through them in another order.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    issuer = Issuer(currency=settings.currency, external_url=settings.external_url)
    waiting = queries.issuable(clock.now(), limit, numbered=stops.current() is not None)
    credited = credits.unrendered(limit)
    session.rollback()
    _any_order.shuffle(credited)
    return sum(issue_one(request_id, issuer, resume=begun) for request_id, begun in waiting) + sum(
        finish_credit(note_id, snapshot) for note_id, snapshot in credited
    )


def issue_one(request_id: int, issuer: Issuer, *, resume: bool = True) -> bool:
    """Take one approved request through all steps it still lacks; False when another worker has it or it fails.

    Without `resume`, one that has its number by now is left to whoever gave it that: should they have died, it is found
    as begun at the next turn. Raises only what is no fault of the request: the database is away or busy, and the next
    turn tries again.
    """

    def issue() -> bool:
        # Whoever asks for the right to write only to find that waits for everybody who has something to write.
        if not resume and _has_number(request_id):
            return False
        numbered = _number(request_id, issuer) or (_numbered_before(request_id) if resume else None)
        if numbered is None:
            return False
        invoice_id, snapshot = numbered
        sha256, size = services.render_document(snapshot)
        with transaction():
            return services.complete(invoice_id, sha256, size, now=clock.now())

    return _or_noted(issue, lambda fault: services.note_failure(request_id, fault), request_id=request_id)


def finish_credit(note_id: int, snapshot: Snapshot) -> bool:
    """Make the document of a numbered credit note; False when another worker did or it fails. Raises as `issue_one`."""

    def finish() -> bool:
        made = credits.is_rendered(note_id)
        session.rollback()
        if made:
            return False
        sha256, size = services.render_document(snapshot)
        with transaction():
            return crediting.complete(note_id, sha256, size, now=clock.now())

    return _or_noted(finish, lambda fault: crediting.note_failure(note_id, fault), credit_note_id=note_id)


def _or_noted(work: Callable[[], bool], note: Callable[[Message], None], **about: int) -> bool:
    """What the work says, or False where it fails: then its fault is written down for a reviewer."""
    try:
        return work()
    except IssuingStopped:
        return False
    except (OperationalError, InterfaceError):
        raise
    except BackofficeError as error:
        log.warning("issue failed", code=error.code, reason=str(error), **about)
        reason = error.reason if isinstance(error, Invalid) else error.message
    except Exception as error:
        # One request that trips over a fault of ours must not hold up everybody behind it.
        log.exception("issue failed", **about)
        reason = Message(N_("An unexpected fault stopped it: %(fault)s"), fault=f"{type(error).__name__}: {error}")
    with transaction():
        note(reason)
    return False


def _number(request_id: int, issuer: Issuer) -> tuple[int, Snapshot] | None:
    with transaction():
        invoice = services.number_invoice(request_id, issuer=issuer)
        return None if invoice is None else (invoice.id, cast("Snapshot", invoice.snapshot))


def _has_number(request_id: int) -> bool:
    numbered = queries.is_numbered(request_id)
    session.rollback()
    return numbered


def _numbered_before(request_id: int) -> tuple[int, Snapshot] | None:
    """What a worker that died after transaction 1, or one that is still at work, has numbered."""
    numbered = queries.numbered_invoice(request_id)
    session.rollback()
    return numbered
