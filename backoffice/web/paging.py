"""Keyset paging in both directions: no OFFSET, no count, and the last page costs what the first one does.

A cursor is the order columns' values of the row at the page's edge, as base64url JSON. It is not secret and not
signed: a forged one can only name a place to start reading from the same guarded query, so it is checked for form and
type, and a bad one means the first page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Literal, Protocol, TypeVar, cast
from urllib.parse import urlencode

from sqlalchemy import BigInteger, Connection, Dialect, Integer, Select, SmallInteger, and_, bindparam, or_, tuple_
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from backoffice.prepared import Prepared

T = TypeVar("T")
Order = Sequence[tuple[Any, Literal["asc", "desc"]]]
Direction = Literal["next", "previous", "last"]

DEFAULT_SIZE = 50
_LONGEST_CURSOR = 1024
# Under which names the values of a place are sent, in the order of the list.
_PLACE = ("place_0", "place_1", "place_2", "place_3")
# PostgreSQL answers a number beyond the column's size with an error, where SQLite just finds nothing.
_BIGGEST = {SmallInteger: 2**15 - 1, BigInteger: 2**63 - 1, Integer: 2**31 - 1}


class _Session(Protocol):
    def execute(self, statement: Any, params: Any = None, /) -> Any: ...
    def get_bind(self) -> Any: ...
    def connection(self) -> Any: ...
    def rollback(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page was asked for: the one after or before a cursor, or the last; the first when `cursor` is None."""

    cursor: str | None = None
    direction: Direction = "next"

    @classmethod
    def of(cls, args: Mapping[str, str]) -> PageRequest:
        """Read `after`, `before` or `last` from a query string."""
        if "last" in args:
            return cls(None, "last")
        if "before" in args:
            return cls(args["before"], "previous")
        return cls(args.get("after"), "next")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of items in the list's order, and the cursors of its neighbours (None: there is none)."""

    items: list[T]
    previous_cursor: str | None
    next_cursor: str | None

    def links(self, path: str, query: Sequence[tuple[str, str]] = ()) -> PageLinks:
        """The pager's URLs below `path`, keeping the filters in `query` and dropping old cursors."""
        kept = [(name, value) for name, value in query if name not in {"after", "before", "last"}]

        def url(*cursor: tuple[str, str]) -> str:
            text = urlencode([*kept, *cursor])
            return f"{path}?{text}" if text else path

        return PageLinks(
            first=url() if self.previous_cursor else None,
            previous=url(("before", self.previous_cursor)) if self.previous_cursor else None,
            next=url(("after", self.next_cursor)) if self.next_cursor else None,
            last=url(("last", "1")) if self.next_cursor else None,
            shown=len(self.items),
        )


@dataclass(frozen=True, slots=True)
class PageLinks:
    """URLs for components/pager.html, None where there is nowhere to go, and how many items the page shows."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    shown: int = 0


def paginate(
    session: _Session,
    statement: Select[Any],
    order: Order,
    asked: PageRequest = PageRequest(),
    size: int = DEFAULT_SIZE,
    key: Callable[[Any], Sequence[Any]] | None = None,
    whole: Select[Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Page[Any]:
    """Read one page of `statement`, which must carry no order or limit of its own.

    `order` are NOT NULL columns, the last of them unique, so that a place in the list is never ambiguous. Items are
    entities where the statement selects exactly one, else rows; `key` tells an item's order values where they are not
    attributes of the same name. With `whole`, a statement of all rows of the same entity, `statement` is read for its
    keys alone, and `whole` for the rows of the page: what no filter keeps is then never read where an index holds what
    the filters look at. `values` go along with a statement of columns. A page that would come out empty or cut short at
    the front is replaced by the last or the first one, so nobody lands on an empty page because rows moved meanwhile.
    """
    place = _decode(asked.cursor, order, session.get_bind().dialect) if asked.cursor else None
    return _asked_for(_Reader(session, statement, order, size, key, whole, values), asked, place)


class KeptList(Generic[T]):
    """A list of plain columns that is asked for again and again: the statements of its pages are worded once.

    `statement`, `order` and `size` as in `paginate`; `make` makes an item of a row's values, with the columns of the
    order as attributes (`prepared.Prepared`).
    """

    def __init__(
        self, statement: Select[Any], order: Order, make: Callable[[tuple[Any, ...]], T], size: int = DEFAULT_SIZE,
        *, planned_once: bool = False,
    ) -> None:  # fmt: skip
        self.statement, self.order, self.size = statement, order, size
        self._make, self._planned_once = make, planned_once
        self._pages: dict[tuple[bool, bool], Prepared] = {}

    def page(self, session: _Session, asked: PageRequest, values: Mapping[str, Any]) -> Page[T]:
        """The page that was asked for; `values` go along with the statement."""
        place = _decode(asked.cursor, self.order, session.get_bind().dialect) if asked.cursor else None
        reader = _KeptReader(session, self.statement, self.order, self.size, None, None, values, self)
        return _asked_for(reader, asked, place)

    def rows(self, connection: Connection, values: Mapping[str, Any], *, backwards: bool, placed: bool) -> list[T]:
        """The rows of a page and one more."""
        prepared = self._pages.get((backwards, placed))
        if prepared is None:
            order = _turned(self.order) if backwards else self.order
            statement = _page_statement(self.statement, None, order, self.size + 1, placed)
            prepared = self._pages[backwards, placed] = Prepared(statement, self._make, planned_once=self._planned_once)
        return prepared.rows(connection, values)


def _asked_for(reader: _Reader, asked: PageRequest, place: list[Any] | None) -> Page[Any]:
    if asked.direction == "last":
        return reader.before(None)
    if place is None:
        return reader.after(None)
    if asked.direction == "previous":
        page = reader.before(place)
        return page if page.previous_cursor or len(page.items) == reader.size else reader.after(None)
    page = reader.after(place)
    return page if page.items else reader.before(None)


def batches(
    session: _Session,
    statement: Select[Any],
    order: Order,
    size: int = 500,
    key: Callable[[Any], Sequence[Any]] | None = None,
) -> Iterator[list[Any]]:
    """All of `statement`, some rows at a time and each batch by key, for files of any length; see `paginate`.

    Between two batches the session may end its transaction: a slow reader then holds neither snapshot nor connection.
    """
    reader = _Reader(session, statement, order, size, key)
    place: list[Any] | None = None
    while rows := reader.rows(place):
        place = reader.place_of(rows[-1])
        whole = len(rows) == size
        yield rows
        if not whole:
            return


def every_row(session: _Session, statement: Select[Any], order: Order) -> Iterator[Any]:
    """All rows of `statement`, a batch in memory at a time; between two neither snapshot nor connection is held."""
    for batch in batches(session, statement, order):
        yield from batch
        session.rollback()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads pages of one ordered statement; each with one row more than shown, to know whether there are others."""

    session: _Session
    statement: Select[Any]
    order: Order
    size: int
    key: Callable[[Any], Sequence[Any]] | None
    whole: Select[Any] | None = None
    values: Mapping[str, Any] | None = None

    def after(self, place: list[Any] | None) -> Page[Any]:
        rows = self._rows(place)
        shown = rows[: self.size]
        return self._page(shown, earlier=place is not None, later=len(rows) > self.size)

    def before(self, place: list[Any] | None) -> Page[Any]:
        rows = self._rows(place, backwards=True)
        shown = rows[: self.size][::-1]
        return self._page(shown, earlier=len(rows) > self.size, later=place is not None)

    def _rows(self, place: list[Any] | None, *, backwards: bool = False) -> list[Any]:
        order = _turned(self.order) if backwards else self.order
        statement = _page_statement(self.statement, self.whole, order, self.size + 1, place is not None)
        if self.values is not None:
            return list(self.session.connection().execute(statement, self._sent(place)).all())
        rows = list(self.session.execute(statement, self._sent(place)).all())
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows

    def _sent(self, place: list[Any] | None) -> dict[str, Any]:
        return {**(self.values or {}), **dict(zip(_PLACE, place or (), strict=False))}

    def rows(self, place: list[Any] | None) -> list[Any]:
        """The rows after a place, one page of them."""
        return self._rows(place)[: self.size]

    def place_of(self, row: Any) -> list[Any]:
        """A row's values in the order."""
        return list(self._values(row))

    def _page(self, shown: list[Any], *, earlier: bool, later: bool) -> Page[Any]:
        if not shown:
            return Page([], None, None)
        return Page(
            shown,
            _encode(self._values(shown[0])) if earlier else None,
            _encode(self._values(shown[-1])) if later else None,
        )

    def _values(self, item: Any) -> list[Any]:
        if self.key is not None:
            return list(self.key(item))
        return [getattr(item, column.key) for column, _ in self.order]


@dataclass(frozen=True, slots=True)
class _KeptReader(_Reader):
    """Reads pages of a list whose statements are kept."""

    kept: KeptList[Any] | None = None

    def _rows(self, place: list[Any] | None, *, backwards: bool = False) -> list[Any]:
        kept = cast("KeptList[Any]", self.kept)
        return kept.rows(self.session.connection(), self._sent(place), backwards=backwards, placed=place is not None)


def _turned(order: Order) -> Order:
    return [(column, "desc" if way == "asc" else "asc") for column, way in order]


def _page_statement(
    statement: Select[Any], whole: Select[Any] | None, order: Order, limit: int, placed: bool
) -> Select[Any]:
    """The statement of one page; `placed`: of the rows after a place, which is sent along."""
    sorting = [column.asc() if way == "asc" else column.desc() for column, way in order]
    statement = statement.order_by(*sorting).limit(limit)
    if placed:
        statement = statement.where(_beyond(order))
    if whole is None:
        return statement
    identity = order[-1][0]
    keys = statement.with_only_columns(*(column for column, _ in order)).subquery()
    return whole.join(keys, keys.c[identity.key] == identity).order_by(*sorting)


def _beyond(order: Order) -> ColumnElement[bool]:
    """The rows after a place in `order`, whose values are sent along under the names of `_PLACE`.

    One row-value comparison where all columns run the same way: an index answers it in one step.
    """
    columns = [column for column, _ in order]
    values = [bindparam(name, type_=column.type) for column, name in zip(columns, _PLACE, strict=False)]
    ways = {way for _, way in order}
    if len(ways) == 1:
        left, right = tuple_(*columns), tuple_(*values)
        return left > right if ways == {"asc"} else left < right
    steps = []
    for index, (column, way) in enumerate(order):
        same = [columns[i] == values[i] for i in range(index)]
        steps.append(and_(*same, column > values[index] if way == "asc" else column < values[index]))
    first, way = order[0]
    # The bound on the first column is implied, but lets the database start in the index instead of filtering.
    return and_(first >= values[0] if way == "asc" else first <= values[0], or_(*steps))


def _encode(values: Sequence[Any]) -> str:
    text = json.dumps([_tagged(value) for value in values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _tagged(value: Any) -> Any:
    """Give JSON the types it lacks. Raises `TypeError` for others, None included: it has no place in an order."""
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return {"n": str(value)}
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case _:
            raise TypeError(f"cannot keep {value!r} in a cursor")


def _untagged(value: Any) -> Any:
    match value:
        case bool() | int() | str():
            return value
        case {"n": str(text)}:
            return Decimal(text)
        case {"t": str(text)}:
            return datetime.fromisoformat(text)
        case {"d": str(text)}:
            return date.fromisoformat(text)
        case _:
            raise ValueError("not a value of a cursor")


def _decode(cursor: str, order: Order, dialect: Dialect) -> list[Any] | None:
    """The place a cursor names, or None where it names none in this order."""
    if len(cursor) > _LONGEST_CURSOR:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        values = [_untagged(value) for value in json.loads(text)]
        fitting = len(values) == len(order) and all(
            _fits(column.type, value, dialect) for (column, _), value in zip(order, values, strict=True)
        )
    except (ValueError, TypeError, AttributeError, ArithmeticError, InvalidOperation, RecursionError, binascii.Error):
        return None
    return values if fitting else None


def _fits(kind: TypeEngine[Any], value: Any, dialect: Dialect) -> bool:
    """Whether the column's database type can take `value`; PostgreSQL would answer a wrong one with an error."""
    if isinstance(kind, TypeDecorator):
        return _fits(kind.impl_instance, kind.process_bind_param(value, dialect), dialect)
    if isinstance(value, (bool, int)):
        biggest = next((limit for size, limit in _BIGGEST.items() if isinstance(kind, size)), 0)
        return kind.python_type is type(value) and (kind.python_type is bool or abs(value) <= biggest)
    if isinstance(value, str):
        return issubclass(kind.python_type, str) and "\x00" not in value
    if isinstance(value, Decimal):
        return kind.python_type is Decimal and value.is_finite()
    return type(value) is kind.python_type
