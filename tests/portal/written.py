"""Applications that were begun, and what the tests of them share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from backoffice import clock
from backoffice.database import session
from backoffice.portal import jobs
from backoffice.portal.models import ApplicationDraft
from tests.portal.conftest import APPLY, Customer, World

Freeze = Callable[[datetime], None]
TYPED = {"header_id": "", "amount": "5", "email": "", "copies": "", "remarks": "", "defaults_of": ""}


def two_applications(ada: Customer) -> tuple[str, str]:
    """Two that are open side by side; the keys of the older and of the newer one."""
    ada.get(APPLY)
    ada.press("all", remarks="Older")
    older = ada.key
    ada.get(f"{APPLY}?amount=7")
    ada.press("all", remarks="Newer")
    return older, ada.key


def overtaken(ada: Customer) -> str:
    """An application that another window has written to since this page of it was drawn; its key."""
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    key, form, where = ada.key, ada.page, ada.path
    ada.press("all", remarks="Of another window")
    ada.page, ada.path = form, where
    return key


def tidy(world: World, at: datetime, freeze: Freeze) -> None:
    """Let the job run at that instant."""
    with world.app.app_context(), clock.moved_to(at):
        jobs.tidy()


def keys(world: World) -> set[str]:
    """The keys of all drafts."""
    with world.app.app_context():
        return set(session.scalars(select(ApplicationDraft.key)))
