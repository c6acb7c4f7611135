"""Files of the platform's entries, and the lines of them that were not taken."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, and_, false, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, JsonDict, Word
from backoffice.leases import Leased, lease_is_whole
from backoffice.steering import word


class FileState(StrEnum):
    """Where the import of a file stands. Waiting and running lead on, the others are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    # A trial, or a strict import with a bad line: nothing of the file is in the books.
    UNDONE = "undone"
    # Stopped on the way: what was booked stays, the same file again books the rest.
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class FileVia(StrEnum):
    """How a file came: through the page, then its bytes are in the document store, or from the command line."""

    PAGE = "page"
    COMMAND = "command"


class LedgerSource(Base):
    """A system whose entries the books hold, by the name under which they stand. See `services.sources`."""

    __tablename__ = "ledger_source"
    __table_args__ = (Index("ix_ledger_source_folded", "folded"),)

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    # What tells it from other sources, whatever its spelling.
    folded: Mapped[str] = mapped_column(Text)


class LedgerFile(Leased, Base):
    """One import of one file: what it held, how it was read, what became of its lines, and who brought it.

    Whoever imports holds a lease and renews it with each batch, so the file of a dead worker is taken up by another.
    """

    __tablename__ = "ledger_file"
    __table_args__ = (
        CheckConstraint("lines >= 0 AND added >= 0 AND unchanged >= 0 AND refused >= 0", name="counts_not_negative"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'undone', 'interrupted', 'failed')", name="state"),
        CheckConstraint("via IN ('page', 'command')", name="via"),
        lease_is_whole(busy="running"),
        CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name="finished_says_when"),
        Index("ix_ledger_file_sha256", "sha256"),
        Index(
            "ix_ledger_file_unfinished",
            "id",
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(256))
    sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(60))
    via: Mapped[str] = mapped_column(String(8), default=FileVia.COMMAND)
    strict: Mapped[bool] = mapped_column(default=False)
    dry_run: Mapped[bool] = mapped_column(default=False)
    # While it waits: whoever handed it in has to say whether its source is meant.
    asks: Mapped[bool] = mapped_column(default=False, server_default=false())
    imported_by: Mapped[str] = mapped_column(String(120))
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    state: Mapped[str] = mapped_column(Word(12), default=FileState.RUNNING)
    # Why it was interrupted or failed: a packed Message.
    reason: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    # The last line of the file (blank ones count) that is booked: where an interrupted import goes on.
    line_done: Mapped[int] = mapped_column(default=0)
    encoding: Mapped[str] = mapped_column(String(12), default="")
    delimiter: Mapped[str] = mapped_column(String(1), default="")
    ignored_columns: Mapped[list[str]] = mapped_column(JsonDict, default=list)
    # Values as a guessed encoding reads them, for somebody to look at.
    samples: Mapped[list[str]] = mapped_column(JsonDict, default=list)
    # The last line has no line break at its end: the file may have been cut off.
    unended: Mapped[bool] = mapped_column(default=False)
    assumed_zone: Mapped[int] = mapped_column(default=0)
    # Of these, lines that told a date alone.
    assumed_midnight: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lines: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    conflicts: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    sums: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)

    @property
    def new_money(self) -> Decimal | None:
        """Recharges that it completed, less refunds that it let be taken off; None of one before this was known."""
        if "pending" not in self.sums:
            return None
        return Decimal(self.sums.get("recharge", 0)) - Decimal(self.sums.get("refund", 0))

    @property
    def is_whole(self) -> bool:
        """Whether all its lines are wanted or none; as `wants_all`."""
        return self.strict and not self.dry_run

    @property
    def is_begun(self) -> bool:
        """Whether its first lines are done; as `has_begun`."""
        return self.line_done > 1

    @property
    def is_tried(self) -> bool:
        """Whether lines that are read now are only tried."""
        return self.dry_run or (self.is_whole and not self.is_begun)


def wants_all() -> ColumnElement[bool]:
    """All lines of the file are wanted or none; of a trial nothing is kept anyway."""
    return LedgerFile.strict & ~LedgerFile.dry_run


def has_begun() -> ColumnElement[bool]:
    """The first lines of the file are done (its own first line names the columns)."""
    return LedgerFile.line_done > 1


class LedgerTurn(Base):
    """The one row that says which file books alone, all lines or none; NULL when none does."""

    __tablename__ = "ledger_turn"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    file_id: Mapped[int | None] = mapped_column(ForeignKey(LedgerFile.id))


class LedgerCompletion(Base):
    """The file by which a recharge was completed that another file had told as pending. It is completed but once."""

    __tablename__ = "ledger_completion"

    entry_id: Mapped[int] = mapped_column(Id, ForeignKey("ledger_entry.id"), primary_key=True, autoincrement=False)
    file_id: Mapped[int] = mapped_column(ForeignKey(LedgerFile.id))


_OPEN_CONFLICT = "kind = 'conflict' AND settled_at IS NULL"


class LedgerLineProblem(Base):
    """A line that was not taken: refused (it breaks a rule) or in conflict with what is already in the books.

    A conflict is open until a later file agrees with the books or an administrator settles it with a reason.
    """

    __tablename__ = "ledger_line_problem"
    __table_args__ = (
        CheckConstraint("kind IN ('refused', 'conflict')", name="kind"),
        CheckConstraint("(settled_at IS NULL) = (settled_why = '')", name="settled_says_why"),
        Index("ix_ledger_line_problem_file_id", "file_id", "line", "id"),
        Index(
            "ix_ledger_line_problem_open",
            "source",
            "external_id",
            sqlite_where=text(_OPEN_CONFLICT),
            postgresql_where=text(_OPEN_CONFLICT),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey(LedgerFile.id))
    source: Mapped[str] = mapped_column(String(60))
    line: Mapped[int]
    kind: Mapped[str] = mapped_column(Word(10))
    external_id: Mapped[str] = mapped_column(String(120), default="")
    # A packed Message, so that it is read in the reader's language.
    reason: Mapped[str] = mapped_column(Text)
    # What the line said, column by column.
    told: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(String(120), default="")
    # An administrator's words, or a packed Message where the books settled it themselves.
    settled_why: Mapped[str] = mapped_column(Text, default="")


def is_open_conflict() -> ColumnElement[bool]:
    """SQL predicate of lines in conflict that nobody has settled, worded as the partial index that serves it."""
    return and_(LedgerLineProblem.kind == word("conflict"), LedgerLineProblem.settled_at.is_(None))
