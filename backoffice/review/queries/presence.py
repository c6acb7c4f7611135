"""Who looks at what at this moment, beside whoever asks; and who works on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest
from backoffice.review.models import Presence
from backoffice.review.queries.packed import packed, unpacked
from backoffice.review.queries.views import Viewer

Key = TypeVar("Key", int, str)


def everywhere(viewer: Viewer) -> Any:
    """What every colleague looks at, as one text inside a statement that is sent anyway; `read` takes it apart."""
    return _looking(viewer).with_only_columns(packed(Presence.request_id, User.name)).scalar_subquery()


def read(told: str | None) -> Mapping[int, tuple[str, ...]]:
    """The names by request."""
    return _grouped(sorted(((int(request_id), name) for request_id, name in unpacked(told)), key=lambda pair: pair[1]))


def at(request_id: int, viewer: Viewer) -> tuple[str, ...]:
    """The names of the colleagues who look at one request."""
    return tuple(session.scalars(_looking(viewer).where(Presence.request_id == request_id).order_by(User.name)))


def by_number(viewer: Viewer) -> Mapping[str, tuple[str, ...]]:
    """The names of the colleagues who look at a request, by its number."""
    looking = _looking(viewer).add_columns(InvoiceRequest.number).order_by(User.name)
    looking = looking.join(InvoiceRequest, InvoiceRequest.id == Presence.request_id)
    return _grouped((number, name) for name, number in session.execute(looking))


def claims_by_number(now: datetime) -> Mapping[str, tuple[int, str]]:
    """Who works on a request, by its number: id and name."""
    claimed = select(InvoiceRequest.number, InvoiceRequest.claimed_by_id, InvoiceRequest.claimed_by_label).where(
        InvoiceRequest.claimed_by_id.is_not(None), InvoiceRequest.claim_ends_at > now
    )
    return {row.number: (row.claimed_by_id, row.claimed_by_label) for row in session.execute(claimed)}


def _grouped(pairs: Iterable[tuple[Key, str]]) -> dict[Key, tuple[str, ...]]:
    names: dict[Key, list[str]] = {}
    for key, name in pairs:
        names.setdefault(key, []).append(name)
    return {key: tuple(found) for key, found in names.items()}


def _looking(viewer: Viewer) -> Select[str]:
    return (
        select(User.name)
        .join(Presence, Presence.user_id == User.id)
        .where(Presence.seen_at > viewer.others_since, Presence.user_id != viewer.id)
    )
