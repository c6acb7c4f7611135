"""Geometry of charts: whatever the figures, nothing leaves the plot, nothing overlaps, nothing vanishes."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from backoffice.web import charts
from backoffice.web.charts import HEIGHT, WIDTH, Chart, Series

SERIES = (Series("in"), Series("gift"), Series("used", down=True), Series("back", down=True))
LARGEST = Decimal("999999999999.99")
FIGURES = {
    "one day": {1: {"in": Decimal(5)}},
    "only out": {3: {"used": Decimal("0.01")}},
    "every day": {day: {"in": Decimal(day), "gift": Decimal(1), "used": Decimal(7), "back": Decimal(2)}
                  for day in range(1, 32)},
    "very large beside very small": {1: {"in": LARGEST, "gift": Decimal("0.01")}, 31: {"back": Decimal("0.01")}},
    "as much in as out": {1: {"in": LARGEST}, 2: {"used": LARGEST}},
    "a round figure": {1: {"in": Decimal(100)}, 2: {"used": Decimal(100)}},
}  # fmt: skip


def drawn(figures: dict[int, dict[str, Decimal]], days: int = 31) -> Chart | None:
    """A chart of a month, its scale written in full."""
    return charts.stacked(
        range(1, days + 1), SERIES, lambda day, name: figures.get(day, {}).get(name, Decimal(0)), lambda v: f"{v:,}"
    )


@pytest.mark.parametrize("figures", FIGURES.values(), ids=FIGURES)
@pytest.mark.parametrize("days", [1, 28, 31])
def test_bars_stay_in_their_place(figures: dict[int, dict[str, Decimal]], days: int) -> None:
    shown = {day: sums for day, sums in figures.items() if day <= days}
    chart = drawn(shown, days)
    assert (chart is None) == (not shown)
    if chart is None:
        return
    assert len(chart.bars) == days
    for left, right in pairwise(chart.bars):
        assert left.x + left.width < right.x
    for bar in chart.bars:
        assert chart.left <= bar.slot <= bar.x
        assert bar.x + bar.width <= WIDTH
        assert [piece.name for piece in bar.segments] == [
            each.name for each in SERIES if shown.get(bar.key, {}).get(each.name)
        ]
        for piece in bar.segments:
            assert piece.height >= 2, "the smallest amount is seen"
            assert piece.y >= 0
            assert piece.y + piece.height <= HEIGHT - 20, "the names of the days are below"
            down = piece.name in ("used", "back")
            assert (piece.y >= chart.zero - 0.1) if down else (piece.y + piece.height <= chart.zero + 0.1)


@pytest.mark.parametrize("figures", FIGURES.values(), ids=FIGURES)
def test_pieces_and_scale_do_not_overlap(figures: dict[int, dict[str, Decimal]]) -> None:
    chart = drawn(figures)
    assert chart is not None
    for bar in chart.bars:
        pieces = sorted(bar.segments, key=lambda piece: piece.y)
        for upper, lower in pairwise(pieces):
            assert upper.y + upper.height <= lower.y + 0.02
    lines = sorted(tick.y for tick in chart.ticks)
    assert 2 <= len(lines) <= 8
    assert all(lower - upper >= 14 for upper, lower in pairwise(lines)), "one line of text has room"
    assert any(tick.value == 0 for tick in chart.ticks)
    assert max(len(tick.label) for tick in chart.ticks) * 7 <= chart.left


def test_heights_are_in_proportion() -> None:
    chart = drawn({1: {"in": Decimal(300)}, 2: {"in": Decimal(100)}, 3: {"used": Decimal(200)}})
    assert chart is not None
    heights = [bar.segments[0].height for bar in chart.bars[:3]]
    assert heights[0] == pytest.approx(3 * heights[1], abs=0.05)
    assert heights[2] == pytest.approx(2 * heights[1], abs=0.05)


def test_names_that_would_touch_are_left_away() -> None:
    chart = charts.stacked(range(200), SERIES, lambda _day, _name: Decimal(1), str)
    assert chart is not None
    named = [bar.middle for bar in chart.bars if bar.labelled]
    assert len(named) < 200
    assert all(right - left >= 20 for left, right in pairwise(named))
    month = drawn({1: {"in": Decimal(5)}})
    assert month is not None
    assert all(bar.labelled for bar in month.bars)


def test_nothing_draws_nothing() -> None:
    assert drawn({}) is None
