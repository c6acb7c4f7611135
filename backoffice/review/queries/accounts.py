"""An account's books for finance: its figures, what a refund left behind, and where each entry came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import load_only

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerCompletion, LedgerEntry, LedgerFile, LedgerMovement
from backoffice.ledger.queries import NotInvoiceable
from backoffice.ledger.rules import Figures
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import shortages
from backoffice.requests.queries.shortages import LeftBehind
from backoffice.review.queries import queue

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(Account.code, "asc"), (Account.id, "asc")]
REQUESTS_ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [
    (InvoiceRequest.submitted_at, "desc"),
    (InvoiceRequest.id, "desc"),
]
# Of what a refund left behind; the lists hold the rest.
SHOWN = 50


def accounts() -> Select[Account]:
    """Every customer account, for a list in `ORDER`."""
    return select(Account).options(load_only(Account.id, Account.code, Account.name))


def by_code(code: str) -> Account:
    """The customer account with this code. Raises NotFound."""
    found = session.scalars(accounts().where(Account.code == code)).one_or_none()
    if found is None:
        raise NotFound
    return found


def is_code(code: str) -> bool:
    """Whether a customer account has this code."""
    return session.scalar(accounts().where(Account.code == code).with_only_columns(Account.id)) is not None


@dataclass(frozen=True, slots=True)
class Books:
    """An account's books. `unissued` has its number and is not issued yet; `moved_at` is the last movement's time."""

    figures: Figures
    unissued: Decimal
    others: NotInvoiceable
    left_behind: LeftBehind
    moved_at: datetime | None


def books(account_id: int) -> Books:
    """The account's figures as they stand, as the lists show them, and what needs somebody."""
    unissued = issuing.being_issued(account_id)
    figures = issuing.as_listed(ledger.balance(account_id), unissued)
    return Books(
        figures=figures,
        unissued=unissued,
        others=ledger.not_invoiceable(account_id),
        left_behind=shortages.left_behind(account_id, figures, SHOWN),
        moved_at=session.scalar(select(func.max(LedgerMovement.at)).where(LedgerMovement.account_id == account_id)),
    )


def figures_on(account_id: int, day: date) -> Figures:
    """The account's figures at the end of a local day."""
    return issuing.balance_on(account_id, day)


def requests_of(account: Account, states: Sequence[str], *, short: bool = False) -> Select[Any]:
    """The account's requests in these states (all where none is named) as rows of a list in `REQUESTS_ORDER`; with
    `short` only those that lack money."""
    return queue.as_rows(requests.of_account(account.id, states=states, short=short))


def place_of_request(row: Any) -> Sequence[Any]:
    """A row's values in `REQUESTS_ORDER`."""
    return row.submitted_at, row.id


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose entry it is, which file told it, and which one completed it later; None where no file did."""

    account: Account
    file: LedgerFile | None
    completed: LedgerFile | None


def origin(entry: LedgerEntry) -> Origin:
    """Where an entry came from."""
    account = session.get_one(Account, entry.account_id)
    told = session.get(LedgerFile, entry.file_id) if entry.file_id is not None else None
    completing = select(LedgerFile).join(LedgerCompletion, LedgerCompletion.file_id == LedgerFile.id)
    completed = session.scalars(completing.where(LedgerCompletion.entry_id == entry.id)).one_or_none()
    return Origin(account, told, completed)
