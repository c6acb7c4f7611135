"""What colleagues and customers have said about requests, for pages that show many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import Message
from backoffice.requests.models import RequestEvent, RequestNote
from backoffice.review.queries import seen


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was said about a request or happened to it: a sentence, and the words themselves if any."""

    at: datetime
    message: Message
    words: str = ""


def about(rows: Iterable[Any]) -> Mapping[int, list[Told]]:
    """Of each request, by its id, what a row does not show, oldest first: internal notes, questions and answers,
    approvals given and taken back, corrected addresses. At most three statements for all of them.

    A row has the request's `id` and how far it can be seen (`seen.NAMES`): of what never was nobody is asked.
    """
    known = {row.id: row for row in rows}
    found: dict[int, list[Told]] = {}
    for request_id, told in (
        *_happened(list(known)),
        *_noted([row.id for row in known.values() if row.note]),
        *_taken_back([row.id for row in known.values() if row.ended]),
    ):
        found.setdefault(request_id, []).append(told)
    return {request_id: sorted(said, key=lambda one: one.at) for request_id, said in found.items()}


def _happened(ids: list[int]) -> Iterator[tuple[int, Told]]:
    asked = select(RequestEvent).where(RequestEvent.request_id.in_(ids), RequestEvent.kind.in_(seen.TOLD))
    for event in session.scalars(asked.order_by(RequestEvent.id)):
        told = Message(seen.TOLD[event.kind], who=event.actor_label, at=event.at)
        yield event.request_id, Told(event.at, told, event.data.get("remarks") or "")


def _noted(ids: list[int]) -> Iterator[tuple[int, Told]]:
    if not ids:
        return
    for note in session.scalars(select(RequestNote).where(RequestNote.request_id.in_(ids)).order_by(RequestNote.id)):
        yield note.request_id, Told(note.at, Message(seen.NOTED, who=note.author_label, at=note.at), note.text)


def _taken_back(ids: list[int]) -> Iterator[tuple[int, Told]]:
    for request_id, at, message in seen.taken_back(ids) if ids else ():
        yield request_id, Told(at, message)
