"""The tables of the books: what the platform reported and whose money it is; the files it came in."""

from __future__ import annotations

from backoffice.ledger.models.books import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerDay,
    LedgerEntry,
    Reservation,
    ReservationState,
    free_recharges,
    in_debt,
    uncompleted,
    waits,
)
from backoffice.ledger.models.files import (
    FileState,
    FileVia,
    LedgerCompletion,
    LedgerFile,
    LedgerLineProblem,
    LedgerSource,
    LedgerTurn,
    has_begun,
    is_open_conflict,
    wants_all,
)
from backoffice.ledger.models.journal import (
    FIGURES_ASKED,
    POSTGRESQL_TRIGGERS,
    SQLITE_TRIGGERS,
    LedgerMovement,
    MovementKind,
    moves,
)

__all__ = [
    "FIGURES_ASKED",
    "POSTGRESQL_TRIGGERS",
    "SQLITE_TRIGGERS",
    "Allocation",
    "EntryKind",
    "EntryStatus",
    "FileState",
    "FileVia",
    "LedgerCompletion",
    "LedgerDay",
    "LedgerEntry",
    "LedgerFile",
    "LedgerLineProblem",
    "LedgerMovement",
    "LedgerSource",
    "LedgerTurn",
    "MovementKind",
    "Reservation",
    "ReservationState",
    "free_recharges",
    "has_begun",
    "in_debt",
    "is_open_conflict",
    "moves",
    "uncompleted",
    "waits",
    "wants_all",
]
