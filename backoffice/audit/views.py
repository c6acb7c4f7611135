"""The auditor's page of the sealed history: its head, and a proof of its newest part."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, render_template
from flask_babel import lazy_gettext

from backoffice.audit import heads
from backoffice.audit.queries import seals, verifying
from backoffice.audit.queries.verifying import Outside, Step
from backoffice.audit.rules import Head
from backoffice.config import Settings
from backoffice.database import session
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.web import limits
from backoffice.web.errors import translate
from backoffice.web.guards import guard
from backoffice.web.navigation import NavItem, register

blueprint = Blueprint("audit", __name__)

# How many seals a page proves: 20,000 events at most. The command proves all.
PROVED = 20
COUNTED = 10_000  # events that wait; more are not told apart
PROOFS = "20 per minute"


def init(app: Flask) -> None:
    """Add the page to the navigation of `app`."""
    register(app, NavItem("audit.log", lazy_gettext("Audit log"), "scroll-text", Permission.SEE_AUDIT, order=80))


@blueprint.get("/audit")
@guard(Permission.SEE_AUDIT)
def log() -> str:
    """How far history is sealed, and the hash over all of it."""
    return _page(seals.head())


@blueprint.post("/audit")
@guard(Permission.SEE_AUDIT)
@limiter.limit(PROOFS, key_func=limits.who_asks)
def prove() -> str:
    """Prove the newest seals, event by event, and against the heads in the file outside; changes nothing."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    outside = Outside.of(heads.newest(heads.place(settings.instance_path)))
    # What the file says was sealed before it was read: this look at the database must not be older.
    session.rollback()
    head = seals.head()
    first = max(0, (head.seal if head else 0) - PROVED)
    return _page(head, list(verifying.walk(outside, after=first)), compared=len(outside.heads))


def _page(head: Head | None, steps: list[Step] | None = None, compared: int = 0) -> str:
    fault = next((step.fault for step in steps or () if step.fault is not None), None)
    return render_template(
        "audit/log.html",
        head=head,
        unsealed=seals.unsealed(head.event if head else 0, COUNTED + 1),
        counted=COUNTED,
        steps=steps,
        proved=steps[-1].events if steps else 0,
        fault=None if fault is None else translate(fault),
        compared=compared,
        told=seals.last_mail(),
        most=PROVED,
    )
