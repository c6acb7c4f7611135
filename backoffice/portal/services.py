"""Drafts of applications: kept while they are written, ended by their request, let go with what only they needed."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select, update

from backoffice import storage
from backoffice.accounts.models import User
from backoffice.database import rows_changed, session, upsert_into
from backoffice.errors import N_, Conflict, NotFound
from backoffice.issuing.models import OfficialRecord
from backoffice.portal.models import ApplicationDraft, SupportingUpload, words_of
from backoffice.portal.queries import drafts as queries
from backoffice.portal.queries.drafts import Writer
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import supporting
from backoffice.requests.services.supporting import SupportingFile

# An application waits a week for whoever began it. A file that was chosen has found its draft within a day.
LIFE = timedelta(days=7)
UPLOAD_LIFE = timedelta(days=1)
MOST_DRAFTS = 100  # unfinished ones of one person, and as many that are over
LARGEST = 65_536  # characters of all that was typed, as JSON: the CHECK of the table
_BATCH = 100
_GONE = N_("The file is not here any more. Please choose it again.")


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft holds. `follows` is the rejected request it resubmits, `file_fault` why a chosen file is missing."""

    typed: Mapping[str, str]
    follows: str | None = None
    file: SupportingFile | None = None
    file_fault: str | None = None
    rescued: bool = False

    @property
    def fits(self) -> bool:
        """Whether it is no more text than a draft may hold."""
        return len(_json(self.typed)) <= LARGEST

    @property
    def words(self) -> str:
        """The mark of a draft that says this."""
        file = (self.file.sha256, self.file.name) if self.file else (None, None)
        return words_of(_json(self.typed), self.follows, *file)


def new_word() -> str:
    """A key or a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def keep(writer: Writer, key: str, content: Content, *, since: str, now: datetime) -> ApplicationDraft:
    """Keep what was typed under `key`, in place of the words that it was typed over: `since` is their mark.

    Where another window has written other words there meanwhile, they stay, and this becomes a draft of its own: of two
    windows neither overwrites what it has not seen.

    Raises NotFound for a key of somebody else's, and Conflict for a draft that has ended: its request is made.
    """
    draft = queries.find(writer, key, locked=True)
    if draft is not None and draft.has_ended:
        raise Conflict
    if draft is not None and draft.words not in (since, content.words):
        key = _aside(key, content)
        draft = queries.find(writer, key, locked=True)
        if draft is not None and (draft.has_ended or draft.words != content.words):
            draft, key = None, new_word()
    if draft is None:
        draft = ApplicationDraft(
            key=key, account_id=writer.account_id, user_id=writer.user_id, submit_token=new_word(), created_at=now
        )
        session.add(draft)
    draft.discarded_at = None
    draft.typed, draft.follows, draft.rescued = _json(content.typed), content.follows, content.rescued
    for column, value in supporting.columns_of(content.file).items():
        setattr(draft, column, value)
    draft.file_fault, draft.updated_at = content.file_fault, now
    session.flush()
    _forget_oldest(writer)
    return draft


def make_room(writer: Writer, *, now: datetime) -> list[ApplicationDraft]:
    """Throw away the oldest unfinished applications beyond `MOST_DRAFTS`, and return them: each can be put back.

    One that is written to at this very moment stays, and is looked at again the next time.
    """
    gone = []
    for draft in queries.beyond(writer, MOST_DRAFTS):
        unwanted = update(ApplicationDraft).where(
            ApplicationDraft.id == draft.id, ApplicationDraft.updated_at == draft.updated_at, queries.IS_OPEN
        )
        if rows_changed(session.execute(unwanted.values(discarded_at=now, updated_at=now))):
            gone.append(draft)
    if gone:
        _forget_oldest(writer)
    return gone


def _aside(key: str, content: Content) -> str:
    """The key beside a key for these words: a second press of the same button finds what the first one made."""
    return hashlib.sha256(f"{key} {content.words}".encode()).hexdigest()[:32]


def rescue(user_id: int, key: str, content: Content, *, since: str, enclosed: bool, now: datetime) -> str | None:
    """Keep what an active customer had typed when their session had ended; the file of the draft stays with it.

    `enclosed`: the form had shown such a file, so that it is asked for when it is gone. `since`: see `keep`.

    Returns the key it is kept under: one that is not theirs, or whose request is made, gives way to a new one. None
    when there is no such customer.
    """
    account_id = session.scalar(select(User.account_id).where(User.id == user_id, User.is_active.is_(True)))
    if account_id is None:
        return None
    writer = Writer(account_id, user_id)
    try:
        known = queries.find(writer, key, locked=True)
    except NotFound:
        known, key = None, new_word()
    follows = content.follows if _own_request(writer, content.follows) is not None else None
    file = file_so_far(writer, known, follows)
    fault = content.file_fault or file_fault_so_far(known, file, enclosed=enclosed)
    if known is not None and known.has_ended:
        key = new_word()
    kept = keep(writer, key, replace(content, follows=follows, file=file, file_fault=fault), since=since, now=now).key
    make_room(writer, now=now)
    return kept


def file_so_far(writer: Writer, draft: ApplicationDraft | None, follows: str | None) -> SupportingFile | None:
    """The file of a draft; where nothing was kept yet, the one of the rejected request that is resubmitted."""
    source = draft if draft is not None else _own_request(writer, follows)
    return supporting.of(source) if source is not None else None


def file_fault_so_far(draft: ApplicationDraft | None, file: SupportingFile | None, *, enclosed: bool) -> str | None:
    """Why a file is missing: it was refused before, or a form still shows it and its draft is gone."""
    if draft is not None:
        return draft.file_fault
    return _GONE if enclosed and file is None else None


def _own_request(writer: Writer, number: str | None) -> InvoiceRequest | None:
    try:
        return requests.by_number(number or "", account_id=writer.account_id)
    except NotFound:
        return None


def end(draft: ApplicationDraft, request_id: int) -> None:
    """Say which request was made of a draft; from now on it only tells of it."""
    draft.request_id = request_id
    session.flush()


def discard(writer: Writer, key: str, *, now: datetime) -> None:
    """Put a draft aside that its writer does not want; it can be put back until it is purged.

    Raises NotFound for one that is not theirs, and Conflict for one that has ended.
    """
    _touch(writer, key, discarded_at=now, now=now)


def restore(writer: Writer, key: str, *, now: datetime) -> None:
    """Put a discarded draft back. Raises what `discard` does."""
    _touch(writer, key, discarded_at=None, now=now)


def _touch(writer: Writer, key: str, *, discarded_at: datetime | None, now: datetime) -> None:
    draft = queries.draft_of(writer, key, locked=True)
    if draft.has_ended:
        raise Conflict
    # Whoever comes back to it within a week finds it: the week begins anew.
    draft.discarded_at, draft.updated_at = discarded_at, now
    session.flush()


def forget_old(*, now: datetime) -> int:
    """Delete some of the drafts that nobody has touched for a week; returns how many."""
    old = (
        select(ApplicationDraft.id)
        .where(ApplicationDraft.updated_at < now - LIFE)
        .order_by(ApplicationDraft.updated_at)
        .limit(_BATCH)
    )
    stale = delete(ApplicationDraft).where(
        ApplicationDraft.id.in_(old), ApplicationDraft.updated_at < now - LIFE
    )  # once more behind the lock: it may have been written to meanwhile
    return rows_changed(session.execute(stale.execution_options(synchronize_session=False)))


def note_upload(sha256: str, *, now: datetime) -> None:
    """Remember, before it is put there, that a file came into the store by being chosen.

    What is in the store already and not known as chosen is somebody else's document with the same bytes, an invoice
    that is enclosed once more for example, and is never ours to let go.
    """
    known = session.scalar(select(exists().where(SupportingUpload.sha256 == sha256)))
    if not known and storage.exists(sha256):
        return
    row = upsert_into(SupportingUpload).values(sha256=sha256, chosen_at=now)
    session.execute(row.on_conflict_do_update(index_elements=["sha256"], set_={"chosen_at": now}))


def forget_uploads(*, now: datetime) -> int:
    """Let go of some files that were chosen more than a day ago and are in no draft and in no request.

    Returns how many were looked at. The row is deleted before the file and in the same transaction, so whoever
    chooses the same file at that moment waits, and then puts it into the store anew.
    """
    before = now - UPLOAD_LIFE
    in_draft = exists().where(ApplicationDraft.support_sha256 == SupportingUpload.sha256)
    # What finance recorded of a tax platform may be the same file.
    enclosed = or_(
        exists().where(InvoiceRequest.support_sha256 == SupportingUpload.sha256),
        exists().where(OfficialRecord.file_sha256 == SupportingUpload.sha256),
    )
    found = session.execute(
        select(SupportingUpload.sha256, enclosed)
        .where(SupportingUpload.chosen_at < before, ~in_draft)
        .order_by(SupportingUpload.chosen_at)
        .limit(_BATCH)
    ).all()
    for sha256, is_enclosed in found:
        unwanted = [SupportingUpload.sha256 == sha256, SupportingUpload.chosen_at < before]
        unwanted += [] if is_enclosed else [~in_draft, ~enclosed]
        gone = rows_changed(
            session.execute(delete(SupportingUpload).where(*unwanted).execution_options(synchronize_session=False))
        )
        if gone and not is_enclosed:
            storage.discard(sha256)
    return len(found)


def _forget_oldest(writer: Writer) -> None:
    """Let the oldest go of those that are over."""
    over = (*queries.of_writer(writer), ~queries.IS_OPEN)
    newest = select(ApplicationDraft.id).where(*over).order_by(*queries.NEWEST).limit(MOST_DRAFTS)
    session.execute(
        delete(ApplicationDraft)
        .where(*over, ApplicationDraft.id.not_in(newest))
        .execution_options(synchronize_session=False)
    )


def _json(typed: Mapping[str, str]) -> str:
    return json.dumps(dict(typed))
