"""Geometry of small charts that templates draw as SVG: numbers here, words and colours there.

Bars go up for what comes in and down for what goes out, stacked by kind, one slot for each day. All figures are in the
units of a drawing that is `WIDTH` wide, or `NARROW`; it scales with the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 960.0, 280.0
NARROW = 300.0  # for a telephone: all slots at once, and letters as large as on a desk
_TOP, _BOTTOM, _RIGHT = 14.0, 30.0, 6.0
_SIGN, _WIDE_SIGN = 7.2, 12.5  # width of a figure and of a Chinese sign at the size of the axis
_BAR_SHARE, _WIDEST_BAR, _THINNEST = 0.66, 34.0, 2.0
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of figure; `down` draws it below the line. `name` picks its pattern in the template."""

    name: str
    down: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar."""

    name: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one slot: what it is about (`key`), where slot and bar stand, its pieces, whether it is named."""

    key: Any
    slot: float
    x: float
    width: float
    segments: list[Segment]
    labelled: bool

    @property
    def middle(self) -> float:
        """Where its name is centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale."""

    y: float
    value: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a template needs to draw."""

    left: float
    slot_width: float
    zero: float
    ticks: list[Tick]
    bars: list[Bar]
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def bottom(self) -> float:
        """Where the plot ends and the names of the slots begin."""
        return self.height - _BOTTOM


def stacked(
    keys: Sequence[Any], series: Sequence[Series], values: Any, label: Any, name_width: int = 2, width: float = WIDTH
) -> Chart | None:
    """A chart of `values(key, series name)` (Decimals, never negative), or None when there is nothing to draw.

    `label(value)` writes a figure of the scale; the room beside it follows from the longest. A slot's name is at most
    `name_width` figures wide; where they would touch, only some are written. `width` is the drawing's.
    """
    sums = [
        [sum((values(key, each.name) for each in series if each.down is down), Decimal(0)) for key in keys]
        for down in (False, True)
    ]
    up, down = (max(side, default=Decimal(0)) for side in sums)
    if not up and not down:
        return None
    step = _step(up, down)
    above, below = (int((side / step).to_integral_value("ROUND_CEILING")) for side in (up, down))
    unit = (HEIGHT - _TOP - _BOTTOM) / (above + below)  # drawing units of one step
    zero = _TOP + above * unit
    ticks = [Tick(round(zero - turn * unit, 1), turn * step, label(turn * step)) for turn in range(-below, above + 1)]
    left = max(_text_width(tick.label) for tick in ticks) + 10
    slot = (width - left - _RIGHT) / len(keys)
    bar = min(slot * _BAR_SHARE, _WIDEST_BAR)
    every = max(1, ceil((name_width * _SIGN + 6) / slot))
    scale = unit / float(step)
    bars = [
        Bar(
            key,
            round(left + turn * slot, 2),
            round(left + turn * slot + (slot - bar) / 2, 2),
            round(bar, 2),
            _segments(key, series, values, zero, scale),
            turn % every == 0,
        )
        for turn, key in enumerate(keys)
    ]
    return Chart(round(left, 1), slot, round(zero, 1), ticks, bars, width)


def _segments(key: Any, series: Sequence[Series], values: Any, zero: float, scale: float) -> list[Segment]:
    """The pieces of one bar, from the line outwards; none is too thin to be seen, and none leaves the plot."""
    ends, pieces = {False: zero, True: zero}, []
    for each in series:
        value = values(key, each.name)
        if not value:
            continue
        height = max(_THINNEST, float(value) * scale)
        begins = ends[each.down]
        y = begins if each.down else begins - height
        ends[each.down] = begins + height if each.down else y
        pieces.append(Segment(each.name, round(y, 2), round(height, 2)))
    return pieces


def _step(up: Decimal, down: Decimal) -> Decimal:
    """A round figure (1, 2 or 5 times a power of ten) so that about `_TICKS` steps span the chart."""
    rough = (up + down) / _TICKS
    power = Decimal(10) ** floor(log10(rough))
    return next(
        factor * power for factor in (Decimal(1), Decimal(2), Decimal(5), Decimal(10)) if factor * power >= rough
    )


def _text_width(text: str) -> float:
    return sum(_SIGN if sign.isascii() or sign == "¥" else _WIDE_SIGN for sign in text)
