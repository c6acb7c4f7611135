"""Who looks at what at this moment, beside whoever asks; and who works on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest
from backoffice.review.models import Presence
from backoffice.review.queries.packed import packed, unpacked
from backoffice.review.queries.views import Viewer

Key = TypeVar("Key", int, str)


class Looker(NamedTuple):
    """Somebody who looks at a request."""

    name: str
    role: str


Lookers = tuple[Looker, ...]


def everywhere(viewer: Viewer) -> Any:
    """What every colleague looks at, as one text inside a statement that is sent anyway; `read` takes it apart."""
    return _looking(viewer).with_only_columns(packed(User.name, User.role, Presence.request_id)).scalar_subquery()


def read(told: str | None) -> Mapping[int, Lookers]:
    """Who looks, by request."""
    return _grouped((int(request_id), Looker(name, role)) for name, role, request_id in sorted(unpacked(told)))


def at(request_id: int, viewer: Viewer) -> Lookers:
    """The colleagues who look at one request."""
    looking = _looking(viewer).where(Presence.request_id == request_id).order_by(User.name)
    return tuple(Looker(*row) for row in session.execute(looking))


def by_number(viewer: Viewer) -> Mapping[str, Lookers]:
    """The colleagues who look at a request, by its number."""
    looking = _looking(viewer).add_columns(InvoiceRequest.number).order_by(User.name)
    looking = looking.join(InvoiceRequest, InvoiceRequest.id == Presence.request_id)
    return _grouped((number, Looker(name, role)) for name, role, number in session.execute(looking))


def claims_by_number(now: datetime) -> Mapping[str, tuple[int, str]]:
    """Who works on a request, by its number: id and name."""
    claimed = select(InvoiceRequest.number, InvoiceRequest.claimed_by_id, InvoiceRequest.claimed_by_label).where(
        InvoiceRequest.claimed_by_id.is_not(None), InvoiceRequest.claim_ends_at > now
    )
    return {row.number: (row.claimed_by_id, row.claimed_by_label) for row in session.execute(claimed)}


def _grouped(pairs: Iterable[tuple[Key, Looker]]) -> dict[Key, Lookers]:
    lookers: dict[Key, list[Looker]] = {}
    for key, looker in pairs:
        lookers.setdefault(key, []).append(looker)
    return {key: tuple(found) for key, found in lookers.items()}


def _looking(viewer: Viewer) -> Select[str, str]:
    return (
        select(User.name, User.role)
        .join(Presence, Presence.user_id == User.id)
        .where(Presence.seen_at > viewer.others_since, Presence.user_id != viewer.id)
    )
