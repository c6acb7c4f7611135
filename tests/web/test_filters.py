"""Filters: typed values from the address, errors beside the control, chips that take one filter away."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from backoffice.errors import NotFound
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, OneOf, Text, refuse_others

FILTERS = FilterSet(
    Choice("status", "Status", [("pending", "Pending"), ("issued", "Issued"), ("rejected", "Rejected")]),
    DateRange("date", "Application date", "from", "to"),
    Text("q", "Search", max_length=10),
    AmountRange("amount", "Amount"),
    carried={"sort": ["amount", "due"]},
)


@pytest.fixture(autouse=True)
def in_a_request() -> Iterator[None]:
    app = Flask(__name__)
    app.config["BACKOFFICE_SETTINGS"] = SimpleNamespace(timezone="Asia/Shanghai", currency="CNY")
    Babel(app)
    with app.test_request_context("/"):
        yield


def parse(*pairs: tuple[str, str]) -> FilterState:
    return FILTERS.parse(MultiDict(pairs))


def test_nothing_given_limits_nothing() -> None:
    state = parse()
    assert (state["status"], bool(state["date"]), state["q"], bool(state["amount"])) == ([], False, "", False)
    assert not state.active
    assert not state.errors
    assert state.chips("/invoices") == []
    assert state.url("/invoices") == "/invoices"


def test_typed_values_together() -> None:
    state = parse(
        ("status", "rejected"), ("status", "pending"), ("from", "2026-11-01"), ("to", "2026-11-30"),
        ("q", "  云栖 "), ("amount_min", "1,000.50"), ("sort", "amount"),
    )  # fmt: skip
    assert state["status"] == ["pending", "rejected"]
    assert (state["date"].low, state["date"].high) == (date(2026, 11, 1), date(2026, 11, 30))
    assert state["q"] == "云栖"
    assert (state["amount"].low, state["amount"].high) == (Decimal("1000.50"), None)
    assert state.active
    assert dict(state.query)["sort"] == "amount"


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([("status", "gone")], "status"),
        ([("from", "yesterday")], "date"),
        ([("from", "2026-02-30")], "date"),
        ([("from", "20260101")], "date"),
        ([("from", "0001-01-01")], "date"),
        ([("to", "9999-12-31")], "date"),
        ([("from", "2026-W01-1")], "date"),
        ([("from", "2026-03-02"), ("to", "2026-03-01")], "date"),
        ([("amount_min", "NaN")], "amount"),
        ([("amount_min", "1e5")], "amount"),
        ([("amount_min", "0,500")], "amount"),
        ([("amount_max", "1.234")], "amount"),
        ([("amount_min", "2"), ("amount_max", "1")], "amount"),
        ([("q", "x" * 11)], "q"),
        ([("q", "a\x00b")], "q"),
    ],
)
def test_nonsense_is_said_beside_its_control_and_limits_nothing(pairs: list[tuple[str, str]], name: str) -> None:
    state = parse(*pairs)
    assert list(state.errors) == [name]
    assert not state[name]
    assert state.chips("/x") == []


def test_what_was_typed_stays_in_the_control() -> None:
    state = parse(("from", "yesterday"), ("to", "2026-11-30"))
    control = next(control for control in state.controls if control.name == "date")
    assert control.low is not None
    assert control.high is not None
    assert (control.low.typed, control.high.typed) == ("yesterday", "2026-11-30")


def test_each_chip_removes_its_own_filter_only() -> None:
    state = parse(("status", "pending"), ("status", "issued"), ("from", "2026-11-01"), ("sort", "amount"))
    chips = state.chips("/invoices")
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Status", "Pending"), ("Status", "Issued"), ("Application date", "from 1 Nov 2026"),
    ]  # fmt: skip
    assert chips[0].remove_url == "/invoices?sort=amount&status=issued&from=2026-11-01"
    assert chips[2].remove_url == "/invoices?sort=amount&status=pending&status=issued"


def test_ranges_read_like_sentences() -> None:
    assert [
        chip.value for chip in parse(("to", "2026-11-30"), ("amount_min", "5"), ("amount_max", "7")).chips("/")
    ] == [
        "to 30 Nov 2026",
        "¥5.00 – ¥7.00",
    ]


def test_changing_the_address_starts_paging_afresh() -> None:
    state = parse(("status", "pending"), ("after", "abc"), ("sort", "amount"))
    assert state.url("/x", {"sort": "due"}) == "/x?status=pending&sort=due"
    assert state.url("/x", {"sort": None}) == "/x?status=pending"


def test_one_of_several_is_one_text() -> None:
    only = FilterSet(OneOf("kind", "Type", [("recharge", "Recharge"), ("refund", "Refund")]))
    state = only.parse(MultiDict([("kind", "refund"), ("kind", "recharge")]))
    assert (state["kind"], state.query) == ("refund", [("kind", "refund")])
    assert [(chip.value, chip.remove_url) for chip in state.chips("/x")] == [("Refund", "/x")]
    wrong = only.parse(MultiDict([("kind", "x")]))
    assert (wrong["kind"], bool(wrong.errors), wrong.active) == ("", True, False)


@pytest.mark.parametrize(
    ("pairs", "name"),
    [
        ([("stauts", "issued")], "stauts"),
        ([("sort", "size")], "sort"),
        ([("q", "a"), ("q", "b")], "q"),
        ([("from", "2026-03-01"), ("from", "2026-04-01")], "from"),
        ([("from", "soon")], "Application date"),
        ([("status", "issued"), ("status", "gone")], "Status"),
    ],
)
def test_what_an_address_asks_for_in_vain_is_told_and_makes_no_longer_file(
    pairs: list[tuple[str, str]], name: str
) -> None:
    args = MultiDict(pairs)
    assert [told for told, _ in FILTERS.parse(args).left_out] == [name]
    with pytest.raises(NotFound) as refused:
        FILTERS.parse_whole(args)
    assert refused.value.message.params["name"] == name


def test_what_is_no_filter_is_not_told() -> None:
    args = MultiDict(
        [("after", "x"), ("sort", "due"), ("q", ""), ("gone", ""), ("status", "issued"), ("status", "pending")]
    )
    assert FILTERS.parse_whole(args).left_out == []
    assert FILTERS.parse(MultiDict([("gone", "1")])).query == []


def test_an_address_without_filters_asks_for_nothing_else() -> None:
    refuse_others(MultiDict([("month", "2026-03"), ("x", "")]), ["month"])
    for pairs in ([("mnth", "2026-03")], [("month", "2026-03"), ("month", "2026-04")]):
        with pytest.raises(NotFound):
            refuse_others(MultiDict(pairs), ["month"])
