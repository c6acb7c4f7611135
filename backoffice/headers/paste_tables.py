"""A table in a pasted block: a row of heads, and below it the row that says of whom."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import takewhile

from backoffice.headers.paste_labels import in_words, is_label, meaning

_MOST_CELLS = 16
_SHORTEST = 5  # two heads of two characters
_SEPARATORS = "\t|,;，；、/"
_GAPS = re.compile(r"\s+")
_FEWEST = 3  # heads that no sentence has by chance, whatever stands below them
_LONGEST_HEAD = 12
_FIGURE = re.compile(r"\d")
# "one","two": each may hold a comma.
_ROW_OF_QUOTED = re.compile(r'(?:^|,)\s*"[^"\n]*"\s*(?:,|$)')
_STRAIGHT = str.maketrans("“”", '""')


@dataclass(frozen=True, slots=True)
class _Heads:
    """The heads of a table, and what stands between two of them."""

    labels: list[str]
    separator: str

    def fit(self, line: str) -> bool:
        """Whether a line is a row of values below them."""
        cells = _cells(line, self.separator)
        return len(cells) == len(self.labels) and not any(map(is_label, cells))

    def beside(self, line: str) -> list[str]:
        """Each value of a row that fits behind its head."""
        pairs = zip(self.labels, _cells(line, self.separator), strict=True)
        return [f"{in_words(label)}：{value}" for label, value in pairs if value]


def columns(text: str) -> tuple[str, list[str]]:
    """The text with the first row of values below a row of heads turned into a label and its value on each line, and
    the rows that are told as they stand: those of others, and one that does not fit its heads where some of them are
    heads of what a header has not, for it could be known by its form alone.
    """
    kept: list[str] = []
    aside: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if len(line) < _SHORTEST:
            kept.append(line)
            at += 1
            continue
        below = at + 1 + sum(1 for _ in takewhile(lambda gap: not gap.strip(), lines[at + 1 :]))
        heads = _heads(line, lines[below] if below < len(lines) else "")
        at += 1
        if heads is None:
            kept.append(_cells_apart(line))
            continue
        rows = list(takewhile(heads.fit, lines[below:]))
        if rows:
            kept += heads.beside(rows[0])
            aside += rows[1:]
        elif not all(map(meaning, heads.labels)):
            rows = lines[below : below + 1]
            aside += rows
        at = below + len(rows)
    return "\n".join(kept), aside


def _heads(line: str, below: str) -> _Heads | None:
    """A line as a row of heads: labels only, or most of them where the row below fits."""
    for separator in (*_SEPARATORS, " "):
        cells = _cells(line, separator)
        if len(cells) < (_FEWEST if separator == " " else 2):
            continue
        known = sum(map(is_label, cells))
        if known < 2 or is_label(line):  # 地址、电话: one label of two fields
            continue
        heads = _Heads(cells, separator)
        if known == len(cells) and (heads.fit(below) or known >= _FEWEST or not below):
            return heads
        others = [cell for cell in cells if not is_label(cell)]
        if heads.fit(below) and known > len(others) and all(map(_may_be_a_head, others)):
            return heads
    return None


def _may_be_a_head(cell: str) -> bool:
    return 0 < len(cell) <= _LONGEST_HEAD and not _FIGURE.search(cell)


def _cells(line: str, separator: str) -> list[str]:
    """The line as a row of cells; empty where it is too short or too long for one."""
    if separator == " ":
        cells = _GAPS.split(line.strip())
    elif separator in line:
        inner = line.strip().strip("|") if separator == "|" else line
        cells = next(csv.reader([inner], delimiter=separator, skipinitialspace=True), [])
    else:
        return []
    return [cell.strip() for cell in cells] if 2 <= len(cells) <= _MOST_CELLS else []


def _cells_apart(line: str) -> str:
    """A row of cells in quotes with tabs between them; any other line as it is."""
    plain = line.strip().translate(_STRAIGHT)
    if not _ROW_OF_QUOTED.search(plain):
        return line
    cells = next(csv.reader([plain], skipinitialspace=True), [])
    return "\t".join(cell.strip() for cell in cells) if len(cells) > 1 else line
