"""Tax arithmetic and the snapshot: the figures of an invoice add up, whatever the lines are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.issuing.rules import LineInput, TaxKind, build_snapshot, split_tax, unit_price

CENT = Decimal("0.01")


def line(gross: str | Decimal, rate: str = "0.06", kind: TaxKind = TaxKind.RATE, quantity: str = "1") -> LineInput:
    return LineInput(
        description="Account top-up",
        occurred_on=date(2026, 3, 1),
        external_id="R-1",
        gross=Decimal(gross),
        tax_kind=kind,
        rate=Decimal(rate),
        quantity=Decimal(quantity),
    )


def nets(*lines: LineInput) -> list[str]:
    return [str(each.net) for each in split_tax(lines)[0]]


def test_one_line_is_split_by_its_rate() -> None:
    (only,), totals = split_tax([line("1060.00")])
    assert (str(only.net), str(only.tax), str(only.gross)) == ("1000.00", "60.00", "1060.00")
    assert (str(totals.net), str(totals.tax), str(totals.gross)) == ("1000.00", "60.00", "1060.00")


def test_the_group_is_rounded_once_and_the_cent_goes_to_the_largest_remainder() -> None:
    # 10/1.06 = 9.4339.. three times: each line alone rounds to 9.43 (28.29), the group to 28.30.
    assert nets(line("10"), line("10"), line("10")) == ["9.44", "9.43", "9.43"]
    # 0.05/1.06 = 0.04716.., 0.04/1.06 = 0.03773..: the second has the larger remainder.
    assert nets(line("0.05"), line("0.04")) == ["0.04", "0.04"]
    assert nets(line("0.04"), line("0.05")) == ["0.04", "0.04"]


def test_half_a_cent_rounds_up_on_the_magnitude() -> None:
    # 0.03 / 1.2 = 0.025 exactly.
    assert nets(line("0.03", "0.2")) == ["0.03"]
    assert nets(line("-0.03", "0.2")) == ["-0.03"]


def test_a_negative_invoice_is_the_mirror_of_the_positive_one() -> None:
    amounts = ["10", "33.33", "0.07", "19.99"]
    assert nets(*(line("-" + a) for a in amounts)) == ["-" + net for net in nets(*(line(a) for a in amounts))]


def test_rates_are_rounded_apart_and_lines_keep_their_order() -> None:
    lines, totals = split_tax([line("106"), line("113", "0.13"), line("50", "0", TaxKind.EXEMPT), line("10.60")])
    assert [str(each.net) for each in lines] == ["100.00", "100.00", "50.00", "10.00"]
    assert [(g.kind.value, str(g.rate), str(g.net), str(g.tax)) for g in totals.groups] == [
        ("rate", "0.06", "110.00", "6.60"),
        ("rate", "0.13", "100.00", "13.00"),
        ("exempt", "0", "50.00", "0.00"),
    ]
    assert str(totals.gross) == "279.60"


GROSS = st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100)
TAXES = st.sampled_from([("0.06", TaxKind.RATE), ("0.13", TaxKind.RATE), ("0.03", TaxKind.RATE), ("0", TaxKind.ZERO)])


@given(st.lists(st.tuples(GROSS, TAXES), min_size=1, max_size=40))
def test_everything_adds_up_to_the_cent(parts: list[tuple[Decimal, tuple[str, TaxKind]]]) -> None:
    lines, totals = split_tax([line(gross, rate, kind) for gross, (rate, kind) in parts])
    assert totals.gross == sum(gross for gross, _ in parts) == totals.net + totals.tax
    for group in totals.groups:
        members = [x for x in lines if (x.source.tax_kind, x.source.rate) == (group.kind, group.rate)]
        exact = group.gross / (1 + group.rate)
        assert group.net == sum(x.net for x in members) == exact.quantize(CENT, ROUND_HALF_UP)
        assert all(abs(x.net - x.gross / (1 + group.rate)) < CENT for x in members)
        assert all(x.net + x.tax == x.gross for x in members)


def test_the_unit_price_is_net_and_to_the_cent_where_that_is_exact() -> None:
    assert str(unit_price(Decimal("100.00"), Decimal(4))) == "25.00"
    assert str(unit_price(Decimal("100.00"), Decimal(3))) == "33.333333"
    assert str(unit_price(Decimal("0.01"), Decimal(8))) == "0.00125"
    assert str(split_tax([line("10600", quantity="1000")])[0][0].unit_price) == "10.00"


@pytest.mark.parametrize(
    ("rate", "kind"),
    [("0", TaxKind.RATE), ("0.06", TaxKind.EXEMPT), ("1", TaxKind.RATE), ("-0.06", TaxKind.RATE)],
)
def test_a_kind_that_does_not_go_with_its_rate_is_refused(rate: str, kind: TaxKind) -> None:
    with pytest.raises(ValueError, match="does not go with rate"):
        line("1", rate, kind)


def snapshot(**changes: object) -> dict[str, object]:
    arguments: dict[str, object] = {
        "number": "INV-2026-000001",
        "language": "both",
        "issued_at": datetime(2026, 4, 2, 11, 4, 5, 999, tzinfo=timezone(timedelta(hours=8))),
        "issued_on": date(2026, 4, 2),
        "currency": "CNY",
        "seller": {"name": "云台", "website": "left out"},
        "buyer": {"kind": "enterprise", "name": "流明", "tax_id": None},
    }
    return dict(build_snapshot([line("1409.50")], **(arguments | changes)))  # type: ignore[arg-type]


def test_the_snapshot_is_plain_json_and_comes_back_the_same() -> None:
    frozen = snapshot()
    assert json.loads(json.dumps(frozen)) == frozen
    assert frozen["issued_at"] == "2026-04-02T03:04:05Z"
    assert frozen["capitals"] == "壹仟肆佰零玖元伍角整"
    assert frozen["words"] == "Renminbi one thousand four hundred and nine yuan and fifty fen only"
    assert frozen["seller"] == dict.fromkeys(
        ("name", "latin_name", "tax_id", "address", "phone", "bank", "bank_account", "email"), ""
    ) | {"name": "云台", "country": "CN"}
    assert frozen["buyer"]["tax_id"] == ""  # type: ignore[index]
    assert frozen["buyer"]["country"] == "CN"  # type: ignore[index]
    assert frozen["lines"] == [
        {
            "position": 1, "occurred_on": "2026-03-01", "external_id": "R-1", "description": "Account top-up",
            "quantity": "1", "unit_price": "1329.72", "net": "1329.72", "tax": "79.78", "gross": "1409.50",
            "rate": "0.06", "tax_kind": "rate",
        }
    ]  # fmt: skip


def test_what_cannot_be_an_invoice_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        snapshot(issued_at=datetime(2026, 4, 2))  # noqa: DTZ001
    with pytest.raises(ValueError, match="language"):
        snapshot(language="fr")
    with pytest.raises(ValueError, match="at least one line"):
        build_snapshot(
            [], number=None, language="zh", issued_at=datetime.now(UTC), issued_on=date(2026, 1, 1), currency="CNY",
            seller={}, buyer={},
        )  # fmt: skip
