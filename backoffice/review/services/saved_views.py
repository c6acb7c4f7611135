"""A person's own views of the queue: name the present filters, rename, forget."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from backoffice import text
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Forbidden, Invalid, Message, NotFound
from backoffice.permissions import Actor, Permission
from backoffice.review.models import SavedView
from backoffice.review.rules import VIEW_NAME_LIMIT, VIEW_QUERY_LIMIT, VIEWS_LIMIT


def create(actor: Actor, name: str, query: str, *, now: datetime) -> SavedView:
    """Keep a list's query string, which the caller has read with the list's filters, under a name.

    Raises Forbidden, Invalid (field `name`) for an empty, unusable or known name, and beyond `VIEWS_LIMIT` views.
    """
    owner = _owner(actor)
    cleaned = _free_name(owner, name)
    if len(query) > VIEW_QUERY_LIMIT:
        raise Invalid({"name": [Message(N_("These filters are too long to be kept. Take one away."))]})
    count, last = session.execute(
        select(func.count(), func.max(SavedView.position)).where(SavedView.user_id == owner)
    ).one()
    if count >= VIEWS_LIMIT:
        told = N_("You have %(limit)d views, which is as many as possible. Delete one first.")
        raise Invalid({"name": [Message(told, limit=VIEWS_LIMIT)]})
    kept = SavedView(user_id=owner, name=cleaned, query=query, position=(last or 0) + 1, created_at=now)
    session.add(kept)
    session.flush()
    return kept


def rename(actor: Actor, view_id: int, name: str) -> None:
    """Give one's own view another name. Raises Forbidden, NotFound, Invalid as `create` does."""
    kept = session.scalars(
        select(SavedView).where(SavedView.id == view_id, SavedView.user_id == _owner(actor))
    ).one_or_none()
    if kept is None:
        raise NotFound
    kept.name = _free_name(kept.user_id, name, but=kept.id)
    session.flush()


def forget(actor: Actor, view_id: int) -> None:
    """Delete one's own view. Raises Forbidden, NotFound."""
    owned = delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == _owner(actor))
    if not rows_changed(session.execute(owned)):
        raise NotFound


def _owner(actor: Actor) -> int:
    if actor.id is None or not actor.can(Permission.SEE_QUEUE):
        raise Forbidden
    return actor.id


def _free_name(owner: int, name: str, but: int = 0) -> str:
    cleaned = text.of_field("name", name, max_length=VIEW_NAME_LIMIT, empty=Message(N_("Name the view.")))
    same = select(SavedView.id).where(SavedView.user_id == owner, SavedView.name == cleaned, SavedView.id != but)
    if session.scalar(same) is not None:
        raise Invalid({"name": [Message(N_("You have a view of this name."))]})
    return cleaned
