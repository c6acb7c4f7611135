"""The systems that ids belong to. One is one source however its name is spelled, or all its money is booked twice.

Capitals, full-width letters and blanks tell no sources apart. An installation from before may hold entries under two
such spellings: they stay two sources, each by its exact name, and nothing is merged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import ColumnElement, select

from backoffice import clock, text
from backoffice.database import session
from backoffice.errors import N_, Conflict, Invalid, Message
from backoffice.ledger.models import FileState, LedgerFile, LedgerSource

SOURCE_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same bytes under another source, and when that import was asked for."""

    source: str
    started_at: datetime

    @property
    def word(self) -> str:
        """What tells this import from any other: whoever confirms a file says with it what they have seen."""
        return f"{self.source} {self.started_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Doubts:
    """What speaks against booking a file under `source`: that it is new beside `others`, or the file is known `there`.

    `others`: the sources that are known, empty when `source` is one of them.
    """

    source: str
    others: tuple[str, ...] = ()
    there: Elsewhere | None = None

    def __bool__(self) -> bool:
        return bool(self.others or self.there)

    def sentences(self) -> Iterable[Message]:
        """What somebody should know before anything is booked."""
        if self.others:
            sentence = N_("%(source)s was never used as a source before; known are: %(others)s.")
            yield Message(sentence, source=self.source, others=", ".join(self.others))
        if self.there:
            sentence = N_(
                "The same file was imported as %(other)s on %(when)s. Under %(source)s its entries count once more."
            )
            when = f"{self.there.started_at.astimezone(clock.zone()):%Y-%m-%d %H:%M}"
            yield Message(sentence, other=self.there.source, when=when, source=self.source)


def folded(name: str) -> str:
    """What tells sources apart: neither case nor width nor blanks do."""
    told = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(told.split())


def named(typed: str) -> str:
    """The name of the source that somebody typed: as the books spell it where they know it. Raises Invalid."""
    wanted = Message(N_("Name the system that the ids belong to."))
    name = text.of_field("source", typed, max_length=SOURCE_LIMIT, empty=wanted)
    spellings = spellings_of(name)
    if name in spellings or not spellings:
        return name if spellings else _plain(name)
    if len(spellings) > 1:
        sentence = N_("These are several sources: %(names)s. Type one of them exactly as it stands.")
        raise Invalid({"source": [Message(sentence, names=", ".join(spellings))]})
    return spellings[0]


def _plain(name: str) -> str:
    """A new name as everybody can type it."""
    return text.of_field("source", unicodedata.normalize("NFKC", name), max_length=SOURCE_LIMIT)


def known() -> list[str]:
    """The sources that the books hold entries of, and those of files on their way into the books."""
    on_its_way = select(LedgerFile.source).where(
        LedgerFile.state.in_((FileState.WAITING, FileState.RUNNING)), ~LedgerFile.dry_run, ~LedgerFile.asks
    )
    return sorted(set(chain(session.scalars(select(LedgerSource.name)), session.scalars(on_its_way))))


def spellings_of(name: str, among: Iterable[str] | None = None) -> list[str]:
    """How the books know the source that this name tells; empty when they do not. `among`: what is known, if read."""
    told = folded(name)
    return [each for each in (known() if among is None else among) if folded(each) == told]


def offered(source: str) -> list[str]:
    """What a file that came under `source` can be booked under: the known sources, and that one where it is new."""
    names = known()
    return names if spellings_of(source, names) else [*names, source]


def doubts(source: str, sha256: str, before_id: int | None = None) -> Doubts:
    """What speaks against booking the file with these bytes under `source`; false when nothing does."""
    names = known()
    others = () if spellings_of(source, names) else tuple(names)
    return Doubts(source, others, elsewhere(sha256, source, before_id))


def elsewhere(sha256: str, source: str, before_id: int | None = None) -> Elsewhere | None:
    """The last import of the same bytes under another source, of which something is in the books or soon will be."""
    statement = select(LedgerFile.source, LedgerFile.started_at).where(
        LedgerFile.sha256 == sha256, LedgerFile.source != source, ~LedgerFile.dry_run, ~LedgerFile.asks, _counts()
    )
    if before_id is not None:
        statement = statement.where(LedgerFile.id < before_id)
    row = session.execute(statement.order_by(LedgerFile.id.desc()).limit(1)).one_or_none()
    return None if row is None else Elsewhere(*row)


def _counts() -> ColumnElement[bool]:
    is_on_its_way = LedgerFile.state.in_((FileState.WAITING, FileState.RUNNING))
    is_kept = LedgerFile.state != FileState.UNDONE
    return is_on_its_way | (is_kept & (LedgerFile.added + LedgerFile.updated + LedgerFile.unchanged > 0))


def register(name: str) -> None:
    """Keep, in the transaction that books its first entry, that the books know this source.

    Raises Conflict when it became known by another spelling meanwhile.
    """
    if session.get(LedgerSource, name) is not None:
        return
    told = folded(name)
    other = session.scalar(select(LedgerSource.name).where(LedgerSource.folded == told).limit(1))
    if other is not None:
        sentence = N_("This source is known as %(name)s by now. Import the file again under that name.")
        raise Conflict(Message(sentence, name=other))
    session.add(LedgerSource(name=name, folded=told))
    session.flush()
