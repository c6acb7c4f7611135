"""One chart to its drawings: a wide one, and a narrow one for a telephone or a narrow card."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from backoffice.sla.charts import columns, lines
from backoffice.sla.charts.chart import Chart, Kind
from backoffice.sla.charts.drawing import Box, Drawing

WIDE, NARROW = 540.0, 280.0
HEIGHT = 220.0
# Those that pages in use show, in each language; the figures behind them change when the worker folds.
_KEPT = 128


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with what a page needs to draw it. A drawing that became wider than asked for scrolls in itself."""

    chart: Chart
    wide: Drawing
    narrow: Drawing
    scrolls: bool
    narrow_scrolls: bool


@lru_cache(maxsize=_KEPT)
def plotted(chart: Chart, width: float = WIDE, height: float = HEIGHT) -> Plot:
    """The chart for a page; `width` is that of the place it fills on a desk."""
    wide, narrow = draw(chart, width, height), draw(chart, NARROW, height)
    return Plot(chart, wide, narrow, wide.width > width, narrow.width > NARROW)


def draw(chart: Chart, width: float, height: float, *, grows: bool = True) -> Drawing:
    """The geometry of a chart, at least 200 by 120. An empty one is an empty drawing.

    It becomes wider than asked for where columns would be too thin to be hit, unless `grows` is False (paper).
    """
    if chart.is_empty:
        return Drawing(width, height, Box(0, 0, width, height), (), ())
    draws = columns.drawn if chart.kind in (Kind.COLUMNS, Kind.STACKED) else lines.drawn
    return draws(chart, width, height, grows=grows)
