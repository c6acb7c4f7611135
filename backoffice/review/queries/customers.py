"""Which customer account a list is narrowed to: by its code, or by its name or a part of it as the list shows it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, case, func, select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.steering import holds


def meant(typed: str) -> ColumnElement[int | None]:
    """The id of the one account that `typed` means: with this code, in whatever case, else of this name, else the only
    one whose name holds it. NULL where there is none, or several: `alike` tells them.

    A scalar, not a set: one account keeps the order of the index that serves a list. Names are looked at only where
    no code is like that; there are far fewer accounts than requests.
    """
    text = _plain(typed)
    by_code = select(Account.id).where(Account.code == text.lower()).scalar_subquery()
    of_this_name = case((Account.name == text, Account.id))
    only = case((func.count() == 1, func.min(Account.id)), (func.count(of_this_name) == 1, func.min(of_this_name)))
    return func.coalesce(by_code, select(only).where(holds(text, Account.name)).scalar_subquery())


def alike(typed: str, limit: int) -> Sequence[Row[str, str]]:
    """Code and name of the accounts whose name holds `typed`, by name, at most `limit`."""
    found = select(Account.code, Account.name).where(holds(_plain(typed), Account.name))
    return session.execute(found.order_by(Account.name, Account.id).limit(limit)).all()


def _plain(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip()
