"""The pages that people read, as the tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = sorted((DOCS / "guide").glob("*.md"))


def pages() -> list[Path]:
    """All that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def named(path: Path) -> str:
    """A page's name in a report."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """A page's text."""
    return path.read_text(encoding="utf-8")


def tables(path: Path) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, head first, the line below the head left out."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text_of(path).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
            inside = True
        if not re.fullmatch(r"[|\s:-]+", line):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def table(path: Path, first: str) -> list[list[str]]:
    """The rows below the head of the one table whose first head cell is `first`."""
    (rows,) = [rows for rows in tables(path) if rows[0][0] == first]
    return rows[1:]


def bare(cell: str) -> str:
    """A cell without its code marks."""
    return cell.replace("`", "")
