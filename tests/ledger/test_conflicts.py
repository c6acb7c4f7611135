"""Conflicts of one id in one file: one work item, the gravest, whatever the order of the lines; files settle files."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from tests.ledger.handed_in import GOOD, Books, hand_in
from tests.support.visitor import Visitor

PAID = f"{GOOD},Lumen Robotics"
CONTRADICTIONS = {
    "amount": PAID.replace("10.00", "1000.00"),
    "account": PAID.replace("lumen", "yunqi"),
    "currency": PAID.replace("CNY", "USD"),
    "status": PAID.replace("completed", "failed"),
    "payer": PAID.replace("Robotics", "Robots"),
}


@pytest.fixture
def ana(books: Books, visit: Callable[..., Visitor]) -> Visitor:
    """The administrator's browser, once the books hold the recharge."""
    ana = visit(books.cast.ana)
    hand_in(ana, PAID)
    books.work()
    return ana


@pytest.mark.parametrize("order", [("books", "amount"), ("amount", "books")])
def test_a_line_beside_it_in_the_file_closes_no_conflict(ana: Visitor, books: Books, order: tuple[str, ...]) -> None:
    hand_in(ana, *({**CONTRADICTIONS, "books": PAID}[each] for each in order))
    books.work()
    (item,) = books.open_conflicts()
    assert (item.told["amount"], books.record().conflicts, books.record().unchanged) == ("1000.00", 1, 1)
    hand_in(ana, PAID)
    books.work()
    assert books.open_conflicts() == [], "another file agrees"


@pytest.mark.parametrize("order", [*permutations(["payer", "amount", "status"]), tuple(CONTRADICTIONS)])
def test_of_several_contradictions_the_gravest_stays_and_shows_the_others(
    ana: Visitor, books: Books, order: tuple[str, ...]
) -> None:
    hand_in(ana, *(CONTRADICTIONS[each] for each in order))
    books.work()
    (item,) = books.open_conflicts()
    assert item.told["amount"] == "1000.00"
    text = ana.get(f"/admin/imports/conflicts/{item.id}").text
    others = text.partition("What the file also says of this id")[2]
    assert "Lumen Robots" in others
    assert "failed" in others
    assert others.count("<tr>") == len(order)  # and the head of the table, less the item itself
    page = ana.get(f"/admin/imports/{item.file_id}").text
    assert page.count("Settled") == len(order) - 1


def test_a_milder_contradiction_of_a_later_file_takes_its_place(ana: Visitor, books: Books) -> None:
    for each in ("amount", "payer"):
        hand_in(ana, CONTRADICTIONS[each])
        books.work()
    (item,) = books.open_conflicts()
    assert item.told["payer_name"] == "Lumen Robots"


def test_what_a_file_leaves_open_is_the_same_when_the_next_one_begins_with_it(ana: Visitor, books: Books) -> None:
    """An import that was interrupted is handed in again: the contradiction stays, and stays one item."""
    for _ in range(2):
        hand_in(ana, PAID, CONTRADICTIONS["amount"], CONTRADICTIONS["payer"], PAID)
        books.work()
        (item,) = books.open_conflicts()
        assert (item.told["amount"], item.file_id) == ("1000.00", books.record().id)
