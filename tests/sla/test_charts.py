"""Geometry of the charts: whatever the figures, all labels can be read and every mark is in its place."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backoffice.sla.charts import labels, text
from backoffice.sla.charts.chart import Chart, Ink, Kind, Moment, Point, Series, Target
from backoffice.sla.charts.drawing import Box, Drawing, Label
from backoffice.sla.charts.frame import ending
from backoffice.sla.charts.plot import NARROW, WIDE, draw
from backoffice.sla.charts.scale import Scale, ticks

LONG = [
    "税号与名称不一致,请核对营业执照后重新提交申请",
    "Bartholomew Featherstonehaugh-Cholmondeley",
    "W",
    "",
    " ",
    "2026-11-30",
]
SMALL = 1e-6

figures = st.one_of(
    st.integers(0, 300), st.sampled_from([0, 7, 10**9, 10**12 + 1]), st.floats(0, 1e12, allow_subnormal=False)
)


def chart(kind: Kind, *series: list[float | None], names: list[str] | None = None, **more: Any) -> Chart:
    """A chart of these series; the figures are written in full, the widest they can be."""
    places = len(series[0]) if series else 0
    named = [(names or ["W22"])[at % len(names or ["W22"])] for at in range(places)]
    return Chart(
        "key",
        "Title",
        kind,
        tuple(
            Series(f"s{turn}", tuple(Point(name, value, f"{value or 0:,.1f}", f"/l?{turn}")
                                     for name, value in zip(named, values, strict=True)), list(Ink)[turn % 5])
            for turn, values in enumerate(series)
        ),
        "Week",
        **more,
    )  # fmt: skip


def weeks(count: int, last: date = date(2026, 11, 30)) -> tuple[Moment, ...]:
    """The Mondays of so many weeks, written as in English."""
    days = [last - timedelta(weeks=ago) for ago in reversed(range(count))]
    return tuple(Moment(f"{day.day} {day:%b}", str(day.year)) for day in days)


MOMENTS = st.builds(Moment, st.sampled_from(["30 Nov", "11月30日", "", "W"]), st.sampled_from(["2026", "2027年", ""]))


@st.composite
def charts(draw_from: st.DrawFn) -> Chart:
    """Any chart the pages may ask for."""
    places, count = draw_from(st.sampled_from([1, 2, 3, 7, 14, 26, 60])), draw_from(st.integers(1, 4))
    level = draw_from(st.none() | figures)
    value = st.just(level) if level is not None else st.none() | figures
    kind = draw_from(st.sampled_from(list(Kind)))
    return chart(
        kind,
        *(draw_from(st.lists(value, min_size=places, max_size=places)) for _ in range(count)),
        names=draw_from(st.lists(st.sampled_from(LONG) | st.text(max_size=12), min_size=1, max_size=9)),
        categories=draw_from(st.booleans()),
        from_zero=draw_from(st.booleans()),
        whole=draw_from(st.booleans()),
        target=draw_from(st.none() | st.builds(Target, figures, st.just("Target"))),
        moments=draw_from(st.just(()) | st.lists(MOMENTS, min_size=places, max_size=places).map(tuple)),
    )


def faults(shown: Drawing) -> list[str]:
    """What is wrong with a drawing."""
    view = Box(0, 0, shown.width, shown.height)
    wrong = [f"outside: {label}" for label in shown.labels if not _holds(view, label.box)]
    wrong += [f"{a} meets {b}" for a, b in combinations(shown.labels, 2) if a.box.overlaps(b.box)]
    for mark in shown.marks:
        boxes = [mark.hit, *([mark.column] if mark.column else [])]
        wrong += [f"outside the plot: {box}" for box in boxes if not _holds(shown.plot, box)]
        if mark.dot and not _holds(shown.plot, Box(mark.dot.x, mark.dot.y, 0, 0)):
            wrong.append(f"outside the plot: {mark.dot}")
    for line in (*shown.curves, *shown.areas):
        wrong += [f"outside the plot: {at}" for at in line.points if not _holds(shown.plot, Box(*at, 0, 0))]
    return wrong


def _holds(outer: Box, inner: Box) -> bool:
    return (
        inner.x >= outer.x - SMALL
        and inner.y >= outer.y - SMALL
        and inner.right <= outer.right + SMALL
        and inner.bottom <= outer.bottom + SMALL
    )


@settings(max_examples=150)
@given(charts(), st.sampled_from([(WIDE, 220.0), (NARROW, 220.0), (960.0, 300.0), (200.0, 120.0)]))
@example(chart(Kind.COLUMNS, [1e9, 3e8, 1, 0, 999999999.0]), (NARROW, 220.0))
@example(chart(Kind.LINES, [float(at % 50) for at in range(400)]), (WIDE, 220.0))
@example(chart(Kind.COLUMNS, [float(at % 50) for at in range(400)], names=["2026-11-30"]), (NARROW, 220.0))
@example(chart(Kind.AREAS, [3.0]), (NARROW, 220.0))
@example(chart(Kind.LINES, [97.5] * 157, moments=weeks(157)), (NARROW, 220.0))
@example(chart(Kind.LINES, [1_000_000_000_001]), (280.0, 220.0))
@example(chart(Kind.LINES, [1_000_000_000_001, 1_000_000_004_000]), (280.0, 220.0))
@example(chart(Kind.COLUMNS, [1_000_000_000_001, 0.0]), (280.0, 220.0))
def test_nothing_overlaps_and_nothing_is_cut_off(shown: Chart, size: tuple[float, float]) -> None:
    drawing = draw(shown, *size)
    assert faults(drawing) == []
    assert drawing.width >= size[0]
    assert drawing.height == size[1]
    if shown.is_empty:
        assert not drawing.marks
        return
    known = [point for each in shown.series for point in each.points if point.value is not None]
    drawn = [point for point in known if point.value or not shown.is_stacked]
    if shown.kind == Kind.AREAS:  # what is too thin to be seen beside a billion has no band to be hit
        assert len(drawing.marks) <= len(drawn)
    else:
        assert len(drawing.marks) == len(drawn), "every figure has its mark"
    assert all(mark.href and mark.said for mark in drawing.marks)
    seen = [mark.column for mark in drawing.marks if mark.column and mark.column.height]
    assert all(column.height >= 1.4 and column.width >= 2 for column in seen) or drawing.width < NARROW
    told = {label.text for label in drawing.labels if label.part == "tick"}
    assert len(told) >= 2, "one figure is no scale"
    names = [moment.name for moment in shown.moments] or shown.labels
    if names[-1].strip():
        assert any(label.part == "name" for label in drawing.labels)


def test_the_checker_sees_what_is_wrong() -> None:
    plot = Box(40, 10, 100, 80)
    near = [Label("Monday", 60, 105, "middle", "name"), Label("Tuesday", 80, 105, "middle", "name")]
    assert len(faults(Drawing(150, 110, plot, (), (*near, Label("1,000", 20, 50, "end", "tick"))))) == 2
    out = draw(chart(Kind.COLUMNS, [5.0]), WIDE, 220)
    assert faults(Drawing(out.width, out.height, Box(0, 0, 9, 9), (), (), out.marks))


@given(figures, figures, st.integers(2, 8), st.booleans())
def test_ticks_are_round_and_enclose_the_figures(one: float, other: float, steps: int, whole: bool) -> None:
    low, high = sorted((float(one), float(other)))
    found = ticks(low, high, steps, whole=whole)
    assert 2 <= len(found) <= steps + 3
    assert found[0] <= low
    assert found[-1] >= high or high - low <= 1e-9 * high
    assert all(left < right for left, right in pairwise(found))
    if whole:
        assert all(figure == int(figure) for figure in found)
    scale = Scale(found[0], found[-1], 200, 10)
    heights = [scale(low + (high - low) * part / 7) for part in range(8)]
    assert all(upper <= lower + SMALL for lower, upper in pairwise(heights)), "more never stands lower"


@pytest.mark.parametrize(
    ("low", "high", "ceiling", "expected"),
    [
        (0, 0, None, [0, 0.5, 1]),
        (0, 23, None, [0, 10, 20, 30]),
        (0.86, 0.958, 1, [0.85, 0.9, 0.95, 1.0]),
        (1, 1, 1, [0.9, 0.95, 1.0]),
        (0, 3, None, [0, 1, 2, 3]),
    ],
)
def test_ticks_of_known_figures(low: float, high: float, ceiling: float | None, expected: list[float]) -> None:
    assert ticks(low, high, 3, ceiling=ceiling) == pytest.approx(expected)


@pytest.mark.parametrize("bold", [False, True])
def test_words_are_thought_wider_than_in_the_widest_typefaces(bold: bool) -> None:
    # Thousandths of the size in DejaVu Sans and Verdana, the wider of the two, regular and bold.
    regular = {"+": 838, "<": 838, "=": 838, "~": 838, "#": 838, "m": 974, "W": 989, "%": 1076, "@": 1000, "1": 636,
               "8": 636, "r": 427, "-": 454, "/": 454, "(": 454, "I": 421, ":": 454, " ": 352, "G": 775, "D": 771,
               "w": 818, "b": 635, "—": 1000, "Æ": 984, "Щ": 1094, "Ж": 1077, "中": 1000, "¥": 636}  # fmt: skip
    heavy = {"+": 867, "<": 867, "=": 867, "m": 1059, "W": 1128, "%": 1272, "1": 711, "8": 711, "r": 497, "-": 480,
             "/": 689, "(": 543, "I": 546, "H": 837, "N": 847, "w": 980, "b": 716, "中": 1000}  # fmt: skip
    for sign, wide in (heavy if bold else regular).items():
        assert text.width(sign, bold=bold) >= wide * text.SIZE / 1000, sign


def test_names_are_thinned_evenly_and_categories_wrapped() -> None:
    thin = labels.names(
        [f"2026-11-{day:02d}" for day in range(1, 31)], [10 + 18.0 * at for at in range(30)], 560, categories=False
    )
    shown = [int(name[0].text[-2:]) for name in thin]
    assert shown[-1] == 30
    assert len({right - left for left, right in pairwise(shown)}) == 1
    whole = labels.names(LONG[:2] * 3, [60 + 90.0 * at for at in range(6)], 560, categories=True)
    assert len(whole) == 6
    assert [len(name) for name in whole] == [3, 2] * 3, "two words are two lines, however long"
    assert all(text.width(line.text) <= 90 for name in whole for line in name)
    assert whole[0][2].text.endswith("…")


@pytest.mark.parametrize(("width", "least"), [(NARROW, 4), (376.0, 5), (WIDE, 7)])
@pytest.mark.parametrize("count", [12, 13, 14, 26, 53])
def test_weeks_are_named_shortly_the_last_one_always_and_evenly(width: float, least: int, count: int) -> None:
    shown = draw(chart(Kind.LINES, [97.5] * count, moments=weeks(count)), width, 220)
    days = [label for label in shown.labels if label.part == "name" and not label.text.isdigit()]
    at = [[moment.name for moment in weeks(count)].index(label.text) for label in days]
    assert len(days) >= min(count, least) - 1
    assert at[-1] == count - 1
    assert len({right - left for left, right in pairwise(at)}) == 1
    if count == 13:
        assert at[0] == 0, "the first one, too, where an even step leads there"


def test_a_year_stands_below_the_names_once_and_where_it_changes() -> None:
    shown = draw(chart(Kind.LINES, [97.5] * 13, moments=weeks(13, date(2027, 1, 18))), 700, 220)
    names = [label for label in shown.labels if label.part == "name"]
    years = [label for label in names if label.text.isdigit()]
    assert [label.text for label in years] == ["2026", "2027"]
    above = {label.x: label.text for label in names if label not in years}
    assert [above[label.x] for label in years] == ["26 Oct", "4 Jan"]
    same = draw(chart(Kind.LINES, [97.5] * 13, moments=weeks(13)), 700, 220)
    assert [label.text for label in same.labels if label.text.isdigit() and label.part == "name"] == ["2026"]


def test_words_are_kept_whole_or_end_in_an_ellipsis() -> None:
    first, second, third = text.wrapped("Bartholomew Featherstonehaugh II", text.width("Bartholomew"), 3)
    assert (first, second[:8], second[-1], third) == ("Bartholomew", "Feathers", "…", "II")
    assert text.wrapped("税号与名称不一致,请核对", text.width("税号与名称不一致"), 3) == ["税号与名称不一", "致,请核对"]


def test_a_figure_is_whole_or_not_there() -> None:
    """A part of a number is another number."""
    assert text.whole("18,518,518", text.width("18,518,518")) == "18,518,518"
    assert text.whole("18,518,518", text.width("18,518,51")) == ""
    assert ending("100.0%", 280) == "100.0%"
    assert ending("18,518,518", 280) == ""


def test_a_chart_refuses_what_it_cannot_show() -> None:
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            chart(Kind.LINES, [wrong])
    with pytest.raises(ValueError, match="negative"):
        chart(Kind.STACKED, [-1.0])
    with pytest.raises(ValueError, match="same places"):
        Chart("key", "Title", Kind.LINES, (Series("a", (Point("W1", 1, "1"),)), Series("b", ())), "Week")
    with pytest.raises(ValueError, match="moment"):
        chart(Kind.LINES, [1.0, 2.0], moments=weeks(3))


def test_gaps_part_a_line_and_many_points_show_only_the_last() -> None:
    shown = draw(chart(Kind.LINES, [1.0, None, 2.0, 3.0]), WIDE, 220)
    assert [len(curve.points) for curve in shown.curves] == [2]
    assert sum(mark.dot is not None for mark in shown.marks) == 3
    many = draw(chart(Kind.LINES, [float(at) for at in range(400)]), WIDE, 220)
    assert [mark.dot is not None for mark in many.marks].count(True) == 1
