"""A file is booked some lines at a time: where one batch ends and the next begins must make no difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Message
from backoffice.ledger import queries
from backoffice.ledger.models import (
    Allocation,
    FileVia,
    LedgerDay,
    LedgerEntry,
    LedgerLineProblem,
    LedgerMovement,
    Reservation,
)
from backoffice.ledger.rules import Line
from backoffice.ledger.services import encodings, files, rehearsal
from backoffice.ledger.services.reading import BadLine, Shape
from backoffice.ledger.services.report import Report
from backoffice.permissions import SYSTEM
from tests.support.databases import examples
from tests.support.office import Office, contradictions

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATUSES = st.sampled_from(["completed"] * 4 + ["pending", "failed"])
_accounts = count(1)

# What the platform tells, id by id: kind, amount and, of a refund, its recharge. The R are there from the beginning.
OLD = {"R1": 100, "R2": 100, "R3": 60}
NEW = {"C1": 100, "C2": 50, "C3": 30}
REFUNDS = {
    "F1": (100, "R1"), "F2": (40, "R1"), "F3": (100, "R2"), "F4": (30, "R2"), "F5": (60, "R3"),
    "F6": (80, "C1"), "F7": (50, "C1"), "F8": (50, "C2"), "F9": (30, "C3"),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One line that the platform tells; both accounts are told the same."""

    name: str
    status: str
    cents: int = 0
    payer: str = ""


TOLD = st.builds(
    Told,
    name=st.sampled_from([*NEW, *NEW, *REFUNDS, "G", "X"]),
    status=STATUSES,
    cents=st.sampled_from([0] * 9 + [1]),
    payer=st.sampled_from(["", "", "Lumen"]),
)


def a_file() -> int:
    """The id of a file of which no line is booked."""
    order = files.Order("f.csv", "platform", FileVia.COMMAND)
    facts, shape = encodings.Facts("0" * 64, 1, "utf-8"), Shape("utf-8", ",", (), ())
    return files.enter(SYSTEM, order, facts, shape, now=clock.now()).id


@dataclass(frozen=True)
class Said:
    """One line of a file; in another currency it is about its entry all the same."""

    name: str
    cents: int = 0
    status: str = "completed"
    currency: str = "CNY"


class Life:
    """One account with open requests, told lines in batches of some size."""

    def __init__(self, office: Office, issued: bool, requests: list[int]) -> None:
        self.office, self.code = office, f"b{next(_accounts)}"
        # Who applies for nothing needs nobody: a person with a header takes as long as all the rest.
        person = office.newcomer(self.code) if issued or requests else None
        self.account_id: int = (person.account_id if person else None) or office.account(self.code)
        self.book([Told(name, "completed") for name in OLD])
        self.requests = [office.issued("40.00", person)] if issued else []
        for amount in requests:
            if amount <= queries.balance(self.account_id).invoiceable:
                self.requests.append(office.apply(f"{amount}.00", person))
            session.rollback()

    def book(self, lines: list[Told]) -> list[tuple[str, str]]:
        """What becomes of each line, with the reason."""
        results = self.office.book(*map(self._line, lines))
        return [(result.outcome, str(result.reason or "").replace(self.code, "")) for result in results]

    def _line(self, told: Told) -> Any:
        amount, of = REFUNDS.get(told.name, ({**OLD, **NEW}.get(told.name, 20), None))
        kind = {"G": "grant", "X": "consumption"}.get(told.name, "refund" if of else "recharge")
        return self.office.line(
            kind, f"{amount}.{told.cents:02}", f"{self.code}-{told.name}", to=self.code, status=told.status,
            occurred_at=NOON + ord(told.name[-1]) * MINUTE, refund_of=f"{self.code}-{of}" if of else None,
            payer_name=told.payer,
        )  # fmt: skip

    def hand_in(self, said: list[Said], size: int) -> list[tuple[str, str]]:
        """A file with these lines, booked some at a time; the lines that were not taken, with what became of them."""
        with transaction():
            file_id = a_file()
        report, found = Report(), []
        for batch in files.batches(iter(self.read(said)), size):
            with transaction():
                found += files.take_batch(batch, report, source="platform", file_id=file_id, now=clock.now())
        return [(problem.outcome, problem.external_id.removeprefix(self.code)) for problem in found]

    def read(self, said: Sequence[Told | Said]) -> list[Line | BadLine]:
        """The lines of a file."""
        lines: list[Line | BadLine] = []
        for number, each in enumerate(said, start=2):
            if isinstance(each, Told):
                lines.append(replace(self._line(each), number=number))
                continue
            line = replace(self._line(Told(each.name, each.status, each.cents)), number=number)
            other = BadLine(number, Message("currency"), line.external_id, {}, contradicts=True)
            lines.append(line if each.currency == "CNY" else other)
        return lines

    def problems(self) -> list[tuple[str, int, str | None]]:
        """Its lines in conflict: id and line, and why they are settled; None where they are open."""
        session.rollback()
        rows = session.scalars(
            select(LedgerLineProblem)
            .where(LedgerLineProblem.kind == "conflict", LedgerLineProblem.external_id.startswith(f"{self.code}-"))
            .order_by(LedgerLineProblem.id)
        )
        return [
            (row.external_id.removeprefix(self.code), row.line, row.settled_why if row.settled_at else None)
            for row in rows
        ]

    def books(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that the books hold about the account, without what only tells it from another."""
        session.rollback()
        entries = session.scalars(self._own(LedgerEntry)).all()
        names = {entry.id: entry.external_id.removeprefix(self.code) for entry in entries}
        held = session.scalars(self._own(Reservation).order_by(Reservation.request_id)).all()
        places = {each.request_id: place for place, each in enumerate(held)}
        parts = session.scalars(
            select(Allocation).where(Allocation.request_id.in_(places)).order_by(Allocation.id)
        ).all()
        lines = session.scalars(self._own(LedgerMovement).order_by(LedgerMovement.id)).all()
        days = session.scalars(self._own(LedgerDay).order_by(LedgerDay.day, LedgerDay.kind)).all()
        return {
            "entries": sorted(
                (names[e.id], e.status, e.amount, e.applied, e.refunded, e.reserved, e.invoiced, e.payer_name)
                for e in entries
            ),
            "requests": [(each.amount, each.short, each.state) for each in held],
            "parts": [(places[p.request_id], names[p.recharge_id], p.amount, p.state) for p in parts],
            "journal": [
                (m.kind, names.get(m.entry_id or 0), places.get(m.request_id or 0), m.moved, m.after) for m in lines
            ],
            "days": [(each.day, each.kind, each.entries, each.amount) for each in days],
        }

    def _own(self, model: Any) -> Any:
        return select(model).where(model.account_id == self.account_id).execution_options(populate_existing=True)


def test_any_lines_make_the_same_books_however_they_are_cut(office: Office, database: str) -> None:
    @settings(
        max_examples=examples(25, database), deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(
        issued=st.booleans(),
        requests=st.lists(st.sampled_from([30, 60, 90, 100]), min_size=1, max_size=4),
        lines=st.lists(TOLD, min_size=2, max_size=14),
        cut=st.integers(1, 13),
    )
    def the_same(issued: bool, requests: list[int], lines: list[Told], cut: int) -> None:
        whole, halves, single = (Life(office, issued, requests) for _ in range(3))
        said = whole.book(lines)
        assert halves.book(lines[:cut]) + (halves.book(lines[cut:]) if lines[cut:] else []) == said
        assert [each for line in lines for each in single.book([line])] == said
        assert whole.books() == single.books()
        assert halves.books() == single.books()

    the_same()
    assert contradictions() == []


SAID = st.builds(
    Said,
    name=st.sampled_from(["R1", "C1", "C1", "C2", "F4"]),
    cents=st.sampled_from([0, 0, 1, 2]),
    status=STATUSES,
    currency=st.sampled_from(["CNY", "CNY", "CNY", "USD"]),
)
MIXED: st.SearchStrategy[Told | Said] = st.one_of(TOLD, TOLD, TOLD, SAID)


@pytest.mark.parametrize("again", [False, True], ids=["new ids", "ids in conflict already"])
def test_the_same_conflicts_are_open_however_a_file_is_cut(office: Office, database: str, again: bool) -> None:
    @settings(
        max_examples=examples(40, database), deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(lines=st.lists(SAID, min_size=2, max_size=8))
    @example(lines=[Said("C1", currency="USD"), Said("C1")])
    @example(lines=[Said("C1"), Said("C1", cents=1), Said("C1")])
    @example(lines=[Said("R1", cents=1), Said("R1", cents=2)])
    @example(lines=[Said("R1"), Said("R1", cents=1)])
    def the_same(lines: list[Said]) -> None:
        before = [Said("R1", cents=3), Said("C1"), Said("C1", cents=3)] if again else []
        sizes = [len(lines), *range(1, min(4, len(lines)))]  # a larger size than the file has lines is the first again
        lives = [Life(office, False, []) for _ in sizes]
        for life in lives:
            life.hand_in(before, len(before) or 1)
        whole, *cut = [
            (life.hand_in(lines, size), life.problems(), life.books()) for life, size in zip(lives, sizes, strict=True)
        ]
        assert cut == [whole] * len(cut)
        open_ids = [external_id for external_id, _, why in whole[1] if why is None]
        assert len(open_ids) == len(set(open_ids)), "one work item for an id"

    the_same()


def test_a_rehearsal_says_of_any_lines_what_booking_them_will_say(office: Office, database: str) -> None:
    @settings(
        max_examples=examples(40, database), deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(lines=st.lists(MIXED, min_size=2, max_size=14), before=st.lists(TOLD, max_size=4), size=st.integers(1, 6))
    def the_same(lines: list[Told | Said], before: list[Told], size: int) -> None:
        life = Life(office, False, [])
        life.book(before)
        read, books = life.read(lines), life.books()
        with rehearsal.scratch() as scratch:
            stage, foretold = rehearsal.Rehearsal("platform", scratch), Report()
            for batch in files.batches(iter(read), size):
                foretold.add(stage.take_batch(batch, now=clock.now()))
                session.rollback()
        assert life.books() == books, "it changes nothing"
        report = Report()
        with transaction():
            file_id = a_file()
            files.take_batch(read, report, source="platform", file_id=file_id, now=clock.now())
        assert (foretold.counts, foretold.sums) == (report.counts, report.sums)
        assert foretold.problems == report.problems

    the_same()
    assert contradictions() == []


@pytest.mark.parametrize("ends", [(), (1,), (2,), (1, 2), (1, 2, 3)])
def test_the_oldest_short_request_is_covered_first_wherever_a_batch_ends(office: Office, ends: tuple[int, ...]) -> None:
    first, second = office.recharge("100.00"), office.recharge("100.00")
    older, newer = office.apply("100.00"), office.apply("100.00")
    office.refund(first, "100.00")
    assert (office.short(older), office.short(newer)) == ("100.00", "0.00")
    lines = [
        office.line("recharge", "100.00", "C"),
        office.line("refund", "100.00", "F-second", refund_of=second),
        office.line("recharge", "30.00", "D"),
        office.line("refund", "10.00", "F-C", refund_of="C"),
    ]
    for begin, end in pairwise((0, *ends, len(lines))):
        office.book(*lines[begin:end])
    # C and D were free when the older request was short, and D when only the newer one was.
    assert (office.parts(older), office.short(older)) == ([("C", "90.00")], "10.00")
    assert (office.parts(newer), office.short(newer)) == ([("D", "30.00")], "70.00")
    assert contradictions() == []
