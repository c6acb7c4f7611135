"""Round ticks, and where a value stands between them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

# What is closer than this, in parts of the figure itself, is one level and no range.
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to a coordinate; y grows downwards, so `start` is the lower edge of the plot."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where `value` stands; beyond the ends it stands at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, steps: int, *, whole: bool = False, ceiling: float | None = None) -> list[float]:
    """Round figures, evenly apart, from one not above `low` to one not below `high`, about `steps` apart; two at least.

    None is above `ceiling`, unless the values are.
    """
    low, high = _apart(low, high, ceiling)
    step = _step(Decimal(repr(high)) - Decimal(repr(low)), steps, whole=whole)
    first = (Decimal(repr(low)) / step).to_integral_value(ROUND_FLOOR)
    last = (Decimal(repr(high)) / step).to_integral_value(ROUND_CEILING)
    found = [float((first + turn) * step) for turn in range(int(last - first) + 1)]
    if ceiling is not None and high <= ceiling < found[-1]:
        found[-1] = ceiling
    return found


def _apart(low: float, high: float, ceiling: float | None) -> tuple[float, float]:
    """The range to be shown: a single level gets room below, and above where it may."""
    if high - low > _EQUAL * max(abs(low), abs(high)):
        return low, high
    if low == 0:
        return 0.0, 1.0
    room = abs(low) / 10
    return low - room, high + room if ceiling is None else max(high, min(high + room, ceiling))


def _step(span: Decimal, steps: int, *, whole: bool) -> Decimal:
    rough = span / steps
    power = Decimal(1).scaleb(rough.adjusted())
    factors = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
    step = next(factor * power for factor in factors if factor * power >= rough)
    return step.to_integral_value(ROUND_CEILING) if whole else step
