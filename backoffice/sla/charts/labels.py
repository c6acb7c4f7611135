"""Names below the plot and figures in it: what does not fit is left out, nothing overlaps, nothing is turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from backoffice.sla.charts import text
from backoffice.sla.charts.chart import Moment
from backoffice.sla.charts.drawing import Box, Label

_APART = 6.0
_NAME_LINES = 3
# A name cut shorter than this tells nothing.
_LEAST = 2.4 * text.SIZE
_BELOW = text.ASCENT + 8  # from the plot to the first baseline: below the lowest figure of the scale


def names(words: Sequence[str], middles: Sequence[float], width: float, *, categories: bool) -> list[list[Label]]:
    """The names at their places, as lines with the baseline 0 for the first: one list for each name that is shown.

    As many as fit are shown, evenly spaced, the last one always. Categories are first wrapped within their slot.
    """
    clean = [text.one_line(word) for word in words]
    single = [[line] if line else [] for line in (text.cut(word, width) for word in clean)]
    if categories and len(words) > 1 and not _fit(_placed(single, middles, width)):
        slot = min(right - left for left, right in pairwise(middles)) - _APART
        if slot >= _LEAST:
            return _placed([text.wrapped(word, slot, _NAME_LINES) for word in clean], middles, width)
    return _thinned(lambda chosen: _placed([single[at] for at in chosen], [middles[at] for at in chosen], width),
                    len(words))  # fmt: skip


def moments(named: Sequence[Moment], middles: Sequence[float], width: float) -> list[list[Label]]:
    """Names of times, likewise; below the first that is shown stands its year, and where it becomes another."""

    def placed(chosen: range) -> list[list[Label]]:
        lines, year = [], ""
        for at in chosen:
            name = text.cut(text.one_line(named[at].name), width)
            below = text.cut(text.one_line(named[at].year), width) if name and named[at].year != year else ""
            lines.append([line for line in (name, below) if line])
            year = named[at].year if name else year
        return _placed(lines, [middles[at] for at in chosen], width)

    return _thinned(placed, len(named))


def _thinned(placed: Callable[[range], list[list[Label]]], count: int) -> list[list[Label]]:
    """As many names as fit, evenly spaced, the last one always.

    The first one, too, where an even step leads from it to the last that shows at most one name less, but no fewer than
    three.
    """
    for every in range(1, count + 1):
        found = placed(range((count - 1) % every, count, every))
        if not _fit(found):
            continue
        enough = max(len(found) - 1, min(len(found), 3))
        for step in range(every, count):
            if (count - 1) % step == 0 and (count - 1) // step + 1 >= enough:
                whole = placed(range(0, count, step))
                return whole if _fit(whole) else found
        return found
    return []


def lowered(placed: list[list[Label]], plot_bottom: float) -> list[Label]:
    """The lines of the names, put below the plot."""
    return [
        Label(line.text, line.x, plot_bottom + _BELOW + line.y, line.anchor, line.part)
        for name in placed
        for line in name
    ]


def room(placed: list[list[Label]]) -> float:
    """How much room the names need below the plot."""
    lines = max(map(len, placed), default=0)
    return _BELOW + max(0, lines - 1) * text.LINE + text.DESCENT + 1


def free(candidates: Iterable[Label], taken: Iterable[Box], inside: Box) -> list[Label]:
    """Of the candidates, best first, those that overlap neither what is there nor one another, nor leave `inside`."""
    boxes = list(taken)
    kept: list[Label] = []
    for label in candidates:
        box = label.box
        within = box.x >= inside.x and box.right <= inside.right and box.y >= inside.y and box.bottom <= inside.bottom
        if within and not any(box.overlaps(other) for other in boxes):
            boxes.append(box)
            kept.append(label)
    return kept


def spread(heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Baselines near `heights`, in their order, a line apart and between `top` and `bottom` as far as fits."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    found = list(heights)
    least = top
    for at in order:
        found[at] = least = max(found[at], least)
        least += text.LINE
    most = bottom
    for at in reversed(order):
        found[at] = most = min(found[at], most)
        most -= text.LINE
    return found


def _placed(lines: Sequence[Sequence[str]], middles: Sequence[float], width: float) -> list[list[Label]]:
    placed = []
    for name, middle in zip(lines, middles, strict=True):
        half = max((text.width(line) for line in name), default=0.0) / 2
        x = min(max(middle, half), width - half)
        placed.append([Label(line, x, row * text.LINE, "middle", "name") for row, line in enumerate(name)])
    return placed


def _fit(placed: Sequence[Sequence[Label]]) -> bool:
    boxes = [[line.box for line in name] for name in placed if name]
    ends = [(min(box.x for box in name), max(box.right for box in name)) for name in boxes]
    return all(left[1] + _APART <= right[0] for left, right in pairwise(ends))
