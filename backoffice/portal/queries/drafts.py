"""Reads of drafts: each belongs to one person of one account, and is not found by anybody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select

from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.portal.models import ApplicationDraft
from backoffice.requests.models import InvoiceRequest

_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")
# Neither submitted nor thrown away.
IS_OPEN = ApplicationDraft.request_id.is_(None) & ApplicationDraft.discarded_at.is_(None)
NEWEST = (ApplicationDraft.updated_at.desc(), ApplicationDraft.id.desc())


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose drafts are meant."""

    account_id: int
    user_id: int


def of_writer(writer: Writer) -> tuple[ColumnElement[bool], ...]:
    """SQL predicates of a person's own drafts."""
    return ApplicationDraft.user_id == writer.user_id, ApplicationDraft.account_id == writer.account_id


def find(writer: Writer, key: str, *, locked: bool = False) -> ApplicationDraft | None:
    """The draft under `key`, fresh and locked where somebody is about to change it; None when there is none yet.

    Raises NotFound when it is somebody else's, or can be nobody's.
    """
    if not _KEY.fullmatch(key):
        raise NotFound
    wanted = select(ApplicationDraft).where(ApplicationDraft.key == key)
    if locked:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    draft = session.scalars(wanted).one_or_none()
    if draft is not None and (draft.account_id, draft.user_id) != (writer.account_id, writer.user_id):
        raise NotFound
    return draft


def draft_of(writer: Writer, key: str, *, locked: bool = False) -> ApplicationDraft:
    """The same where there has to be one. Raises NotFound."""
    draft = find(writer, key, locked=locked)
    if draft is None:
        raise NotFound
    return draft


def unfinished(writer: Writer) -> Sequence[ApplicationDraft]:
    """What the person wrote and neither made a request of nor threw away, the last written first."""
    return session.scalars(_unfinished(writer)).all()


def beyond(writer: Writer, most: int) -> Sequence[ApplicationDraft]:
    """Those that were written longest ago, when there are more than `most` of them."""
    return session.scalars(_unfinished(writer).offset(most)).all()


def following(writer: Writer, number: str) -> ApplicationDraft | None:
    """The last written of those that resubmit the request of that number."""
    return session.scalars(_unfinished(writer).where(ApplicationDraft.follows == number).limit(1)).one_or_none()


def made_of(draft: ApplicationDraft) -> InvoiceRequest | None:
    """The request that was made of a draft."""
    return session.get(InvoiceRequest, draft.request_id) if draft.request_id is not None else None


def _unfinished(writer: Writer) -> Select[ApplicationDraft]:
    return select(ApplicationDraft).where(*of_writer(writer), IS_OPEN).order_by(*NEWEST)
