"""Reads of invoice headers, always within one customer account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.headers import rules
from backoffice.headers.models import InvoiceHeader

# What makes two headers the same on an invoice; where its mails go is not among it.
SAME_ON_PAPER = tuple(name for name in rules.FIELDS if name not in ("email", "copies"))
REMOVED_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Card:
    """A header as the list shows it: with the name of whoever of the account made it."""

    header: InvoiceHeader
    maker: str


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A usable header that another one could be mistaken for: `same` names the fields (name, tax_id) they share."""

    id: int
    name: str
    same: frozenset[str]
    is_twin: bool


def headers_of(account_id: int) -> list[InvoiceHeader]:
    """The account's usable headers, the default first, then by name."""
    return list(
        session.scalars(
            select(InvoiceHeader)
            .where(InvoiceHeader.account_id == account_id, InvoiceHeader.archived_at.is_(None))
            .order_by(InvoiceHeader.is_default.desc(), InvoiceHeader.name, InvoiceHeader.id)
        )
    )


def cards_of(account_id: int) -> list[Card]:
    """The account's usable headers and who made them, the default first, then by name; one statement."""
    return _cards(
        InvoiceHeader.account_id == account_id,
        InvoiceHeader.archived_at.is_(None),
        order=(InvoiceHeader.is_default.desc(), InvoiceHeader.name, InvoiceHeader.id),
    )


def removed_cards_of(account_id: int) -> list[Card]:
    """The account's archived headers, the last removed first, at most `REMOVED_SHOWN`; one statement."""
    return _cards(
        InvoiceHeader.account_id == account_id,
        InvoiceHeader.archived_at.is_not(None),
        order=(InvoiceHeader.archived_at.desc(), InvoiceHeader.id.desc()),
        limit=REMOVED_SHOWN,
    )


def header_of(account_id: int, header_id: int) -> InvoiceHeader:
    """One usable header of the account. Raises NotFound for another account's, an archived or an unknown one."""
    return _one(account_id, header_id, InvoiceHeader.archived_at.is_(None))


def archived_header_of(account_id: int, header_id: int) -> InvoiceHeader:
    """One archived header of the account. Raises NotFound for another account's, a usable or an unknown one."""
    return _one(account_id, header_id, InvoiceHeader.archived_at.is_not(None))


def any_header_of(account_id: int, header_id: int) -> InvoiceHeader:
    """One header of the account, usable or archived. Raises NotFound for another account's or an unknown one."""
    return _one(account_id, header_id)


def made_by_form(account_id: int, submit_token: str) -> InvoiceHeader | None:
    """The header that a filled-in form has made already; None when it made none."""
    return session.scalars(
        select(InvoiceHeader).where(InvoiceHeader.account_id == account_id, InvoiceHeader.submit_token == submit_token)
    ).one_or_none()


def look_alikes(account_id: int, values: Mapping[str, str], *, edited: InvoiceHeader | None = None) -> list[LookAlike]:
    """The account's usable headers with the name or the tax ID of `values`, all of them normal; one statement.

    Names are compared without regard to forms, case, spaces and brackets. Of a header that is `edited` only what the
    edit brings in counts: beside which others it stood already was said when it came to stand there.
    """
    columns = [getattr(InvoiceHeader, name) for name in SAME_ON_PAPER]
    others = session.execute(
        select(InvoiceHeader.id, *columns)
        .where(InvoiceHeader.account_id == account_id, InvoiceHeader.archived_at.is_(None))
        .order_by(InvoiceHeader.id)
    )
    before = {name: getattr(edited, name) for name in SAME_ON_PAPER} if edited is not None else None
    changed = before is None or any(values[name] != before[name] for name in SAME_ON_PAPER)
    keys = _keys(values) - (_keys(before) if before is not None else frozenset())
    found = []
    for other in map(dict, others.mappings()):
        if edited is not None and other["id"] == edited.id:
            continue
        same = frozenset(field for field, _ in keys & _keys(other))
        is_twin = changed and all(values[name] == other[name] for name in SAME_ON_PAPER)
        if same or is_twin:
            found.append(LookAlike(other["id"], other["name"], same, is_twin))
    return found


def resembling(archived: InvoiceHeader) -> list[LookAlike]:
    """The usable headers of its account beside which an archived header would stand with the same name or tax ID."""
    return look_alikes(archived.account_id, {name: rules.as_typed(getattr(archived, name)) for name in rules.FIELDS})


def _keys(values: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """What a header is recognised by."""
    keys = {("name", rules.name_key(values["name"]))}
    if values["tax_id"]:
        keys.add(("tax_id", values["tax_id"]))
    return frozenset(keys)


def _cards(*conditions: ColumnElement[bool], order: Sequence[Any], limit: int | None = None) -> list[Card]:
    rows = session.execute(
        select(InvoiceHeader, User.name)
        .join(User, User.id == InvoiceHeader.created_by)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    )
    return [Card(header, maker) for header, maker in rows]


def _one(account_id: int, header_id: int, *conditions: ColumnElement[bool]) -> InvoiceHeader:
    header = session.scalars(
        select(InvoiceHeader).where(InvoiceHeader.id == header_id, InvoiceHeader.account_id == account_id, *conditions)
    ).one_or_none()
    if header is None:
        raise NotFound
    return header


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The headers that a refused one looks like, and whether it may be saved beside them."""

    others: list[LookAlike]

    @property
    def may_save(self) -> bool:
        """Whether none of them says all the same."""
        return not any(other.is_twin for other in self.others)

    @property
    def known(self) -> str:
        """The value of the button that insists: the headers it was told about."""
        return "-".join(str(other.id) for other in self.others)
