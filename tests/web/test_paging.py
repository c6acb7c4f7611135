"""Keyset paging: every row once in both directions, and a bad cursor is only a beginning."""

import base64
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Date, Integer, Numeric, Select, String, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, load_only, mapped_column

from backoffice.web.paging import Page, PageRequest, batches, paginate


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    due_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2, asdecimal=True))
    name: Mapped[str] = mapped_column(String(20))


UP = [(Row.due_on, "asc"), (Row.id, "asc")]
MIXED = [(Row.name, "desc"), (Row.due_on, "asc"), (Row.id, "desc")]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        # Many ties in every column but the last, and ids that do not follow the dates.
        session.add_all(
            Row(id=(i * 7) % 23 + 1, due_on=date(2026, 1, 1 + i % 3), amount=Decimal(i), name="ab你"[i % 3])
            for i in range(23)
        )
        session.commit()
        yield session
    engine.dispose()


def ids(page: Page[Row]) -> list[int]:
    return [row.id for row in page.items]


def expected(session: Session, order: list) -> list[int]:
    return [
        r.id for r in session.scalars(select(Row).order_by(*(c.asc() if w == "asc" else c.desc() for c, w in order)))
    ]


@pytest.mark.parametrize("order", [UP, MIXED, [(Row.id, "desc")]], ids=["up", "mixed", "down"])
@pytest.mark.parametrize("size", [1, 5, 23, 50])
@pytest.mark.parametrize("whole", [None, select(Row)], ids=["rows", "keys first"])
def test_every_row_once_forwards_and_backwards(
    session: Session, order: list, size: int, whole: Select[Row] | None
) -> None:
    page = paginate(session, select(Row), order, PageRequest(), size, whole=whole)
    assert page.previous_cursor is None
    forwards = ids(page)
    while page.next_cursor:
        page = paginate(session, select(Row), order, PageRequest(page.next_cursor), size, whole=whole)
        forwards += ids(page)
    assert forwards == expected(session, order)

    page = paginate(session, select(Row), order, PageRequest(None, "last"), size, whole=whole)
    assert page.next_cursor is None
    backwards = ids(page)
    while page.previous_cursor:
        page = paginate(session, select(Row), order, PageRequest(page.previous_cursor, "previous"), size, whole=whole)
        backwards = [i for i in ids(page) if i not in backwards] + backwards
    assert backwards == expected(session, order)


def test_a_page_back_that_would_be_short_is_the_first_page(session: Session) -> None:
    last = paginate(session, select(Row), UP, PageRequest(None, "last"), 20)
    back = paginate(session, select(Row), UP, PageRequest(last.previous_cursor, "previous"), 20)
    assert ids(back) == expected(session, UP)[:20]
    assert back.previous_cursor is None


def test_an_empty_page_is_replaced_by_the_last_one(session: Session) -> None:
    first = paginate(session, select(Row), UP, PageRequest(), 20)
    gone = expected(session, UP)[20:]
    session.execute(Row.__table__.delete().where(Row.id.in_(gone)))
    page = paginate(session, select(Row), UP, PageRequest(first.next_cursor), 20)
    assert ids(page) == ids(first)


def test_keys_first_keeps_the_filter_and_what_is_loaded(session: Session) -> None:
    whole = select(Row).options(load_only(Row.due_on))
    page = paginate(session, select(Row).where(Row.name == "b", Row.id > 10), UP, size=3, whole=whole)
    wanted = [row.id for row in session.scalars(select(Row).where(Row.name == "b").order_by(Row.due_on, Row.id))]
    assert ids(page) == [each for each in wanted if each > 10][:3]
    assert page.next_cursor


def test_no_rows_at_all(session: Session) -> None:
    page = paginate(session, select(Row).where(Row.id < 0), UP, PageRequest(None, "last"))
    assert (page.items, page.previous_cursor, page.next_cursor) == ([], None, None)


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%%%",
        "a",
        "你好",
        "A" * 2000,
        cursor_of([1]),
        cursor_of({"d": "2026-01-01"}),
        cursor_of(["2026-01-01", 1]),
        cursor_of([{"d": "2026-13-01"}, 1]),
        cursor_of([{"d": "2026-01-01"}, "1"]),
        cursor_of([{"d": "2026-01-01"}, True]),
        cursor_of([{"d": "2026-01-01"}, None]),
        cursor_of([{"d": "2026-01-01"}, 2**31]),
        cursor_of([{"d": "2026-01-01"}, {"n": "NaN"}]),
        cursor_of([{"t": "2026-01-01T00:00:00+00:00"}, 1]),
        base64.urlsafe_b64encode(b"[" * 900).decode(),
    ],
)
@pytest.mark.parametrize("direction", ["next", "previous"])
def test_a_bad_cursor_is_the_first_page(session: Session, cursor: str, direction: str) -> None:
    page = paginate(session, select(Row), UP, PageRequest(cursor, direction), 5)
    assert ids(page) == expected(session, UP)[:5]


def test_text_with_nul_is_no_place_in_the_list(session: Session) -> None:
    forged = cursor_of(["a\x00", {"d": "2026-01-01"}, 1])
    assert ids(paginate(session, select(Row), MIXED, PageRequest(forged), 5)) == expected(session, MIXED)[:5]


def test_rows_of_columns_and_a_key(session: Session) -> None:
    statement = select(Row.id, Row.due_on, Row.name)
    first = paginate(session, statement, UP, size=4)
    assert first.items[0].name in "ab你"
    keyed = paginate(session, statement, UP, size=4, key=lambda row: (row.due_on, row.id))
    assert keyed.next_cursor == first.next_cursor


def test_one_statement_without_offset_or_count(session: Session) -> None:
    seen: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *a: seen.append(a[2].lower()))
    first = paginate(session, select(Row), UP, size=5)
    paginate(session, select(Row), UP, PageRequest(first.next_cursor), 5)
    paginate(session, select(Row), UP, PageRequest(None, "last"), 5)
    assert len(seen) == 3
    # SQLite's dialect always writes OFFSET ? when a limit is bound; what counts is that none was asked for.
    assert not any("count(" in statement for statement in seen)
    assert '("row".due_on, "row".id) > (' in " ".join(seen[1].split())


def test_links_keep_filters_and_drop_old_cursors() -> None:
    page = Page([1], "p", "n")
    links = page.links("/review", [("status", "pending"), ("q", "云 栖"), ("after", "old"), ("last", "1")])
    assert links.first == "/review?status=pending&q=%E4%BA%91+%E6%A0%96"
    assert links.previous == links.first + "&before=p"
    assert links.next == links.first + "&after=n"
    assert links.last == links.first + "&last=1"
    assert Page([1], None, None).links("/review").first is None


def test_what_was_asked_for() -> None:
    assert PageRequest.of({"last": "1", "after": "x"}) == PageRequest(None, "last")
    assert PageRequest.of({"before": "x"}) == PageRequest("x", "previous")
    assert PageRequest.of({"after": "x"}) == PageRequest("x", "next")
    assert PageRequest.of({}) == PageRequest(None, "next")


@pytest.mark.parametrize("order", [UP, MIXED], ids=["up", "mixed"])
@pytest.mark.parametrize("size", [1, 7, 23, 50])
def test_batches_hold_every_row_once_and_end_transactions_between(session: Session, order: list, size: int) -> None:
    found = []
    for batch in batches(session, select(Row), order, size):
        assert 0 < len(batch) <= size
        found += [row.id for row in batch]
        session.rollback()
    assert found == expected(session, order)
    assert list(batches(session, select(Row).where(Row.id < 0), order, size)) == []
