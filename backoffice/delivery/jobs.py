"""The timed entries of delivery: send what is due, and read what came back."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

import structlog
from flask import current_app

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.delivery import bounces, returned, services
from backoffice.delivery.connection import Connection
from backoffice.delivery.messages import Parcel, compose
from backoffice.delivery.rules import (
    LINKED,
    AddressError,
    Effect,
    MessageState,
    Outcome,
    envelope_address,
    link_ends_at,
)
from backoffice.errors import NotFound, Unavailable

_log = structlog.get_logger(__name__)

_RENDER_SECONDS = 60.0
_SLACK_SECONDS = 60.0


def send_due(limit: int = 50) -> int:
    """Send up to `limit` messages that are due and return how many were tried. Safe to run in several processes.

    Each message: one transaction leases it; outside any transaction it is rendered (once, the bytes are kept) and
    sent; one transaction records the server's answer. A crash between the server's answer and the record leads to a
    repeat with the same Message-ID and the same bytes. Stops when the line breaks: the others keep their attempts.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    # A delivery begun in time ends, and is recorded, long before anybody else may take the message.
    lease_seconds = _RENDER_SECONDS + 2 * settings.mail_deadline_seconds + _SLACK_SECONDS
    tried = 0
    with Connection(settings) as connection:
        while tried < limit and (parcel := _take(lease_seconds)) is not None:
            tried += 1
            outcome = _attempt(parcel, connection, time.monotonic() + _RENDER_SECONDS)
            if outcome is None:
                continue
            _record(parcel, outcome)
            if outcome.broken_off:
                break
    return tried


def read_returned(limit: int = 50) -> int:
    """Read up to `limit` mails that came back and return how many were dealt with. Safe to run in several processes.

    Each report is believed in a transaction of its own, and its file moves only then: read once more after a crash, it
    changes nothing. Reports on mails that are not ours, and unreadable ones, are set aside for a person.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    folder = settings.returned_maildir
    done: Counter[str] = Counter()
    for letter in returned.waiting(folder, limit):
        content = returned.read(letter, bounces.READ_BYTES)
        if content is None:
            continue
        effect = _believe(bounces.read(content))
        if effect is not Effect.LATER:
            returned.settle(folder, letter, set_aside=effect is Effect.UNKNOWN)
            done[effect.value] += 1
    if done:
        _log.info("delivery.returned", **done)
    return done.total()


def _believe(report: bounces.Report | None) -> Effect:
    if report is None:
        return Effect.NOTHING
    with transaction():
        return services.record_report(report, now=clock.now())


def _take(lease_seconds: float) -> Parcel | None:
    with transaction():
        message = services.take(clock.now(), lease_seconds)
        return None if message is None else Parcel.of(message)


def _attempt(parcel: Parcel, connection: Connection, latest_start: float) -> Outcome | None:
    """Render if that was never done, and send. None when the lease may end before the delivery would."""
    mime = parcel.mime
    if mime is None:
        link_until = _link_until(parcel)
        rendered = _render(parcel, link_until)
        if isinstance(rendered, Outcome):
            return rendered
        mime = rendered
        with transaction():
            if not services.keep_mime(parcel.id, parcel.lease, mime, link_until):
                return None
    session.rollback()  # nothing of the database is held while a server takes its time
    if time.monotonic() > latest_start:
        return None
    return connection.send(parcel.recipient, mime)


def _link_until(parcel: Parcel) -> datetime | None:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    if parcel.attachment_sha256 is None or parcel.template not in LINKED:
        return None
    return link_ends_at(clock.now(), settings.mail_link_days, settings.zone)


def _render(parcel: Parcel, link_until: datetime | None) -> bytes | Outcome:
    try:
        envelope_address(parcel.recipient)
        return compose(parcel, link_until)
    except (AddressError, NotFound) as error:
        return Outcome(MessageState.FAILED, f"not sent: {error}")
    except Unavailable as error:
        return Outcome(MessageState.DEFERRED, f"not sent yet: {error}")
    except Exception as error:
        # One mail that cannot be rendered must not stop the others; a mended release finds it waiting.
        _log.exception("delivery.render_failed", message=parcel.id, template=parcel.template)
        return Outcome(MessageState.DEFERRED, f"not rendered: {type(error).__name__}: {error}")


def _record(parcel: Parcel, outcome: Outcome) -> None:
    with transaction():
        recorded = services.record_outcome(parcel.id, parcel.lease, outcome, now=clock.now())
    _log.info(
        "delivery.attempt", message=parcel.id, outcome=outcome.state.value, answer=outcome.answer, recorded=recorded
    )
