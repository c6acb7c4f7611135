"""Words that have no business in the tree: promises to do it later, this or that machine, an index of packages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".png", ".ttf", ".pdf", ".ico", ".jpg", ".woff2"}
UNWANTED = {
    "left for later": re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b"),
    "a machine's path": re.compile(r"(?<![\w.])/(ro" r"ot|wo" r"rk|home/\w+)/"),
    "an index of packages": re.compile(r"py" r"pi\.|pythonho" r"sted|--(extra-)?index" r"-url\s+http|--find" r"-links"),
    "filler": re.compile(r"lorem " r"ipsum", re.IGNORECASE),
    "Model.query": re.compile(r"\b[A-Z]\w+\.query\.(filter|all|get|first)"),
    "a floating point amount": re.compile(r"\bFloat\("),
}


def tracked() -> Iterator[Path]:
    """The text files under version control, without this one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix not in BINARY and path.is_file() and path != Path(__file__):
            yield path


def unwanted(files: Iterable[Path]) -> Iterator[str]:
    """One line for each place in `files` that holds a word we do not want."""
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for reason, pattern in UNWANTED.items():
                if pattern.search(line):
                    yield f"{path.name}:{number}: {reason}: {line.strip()[:100]}"


def test_the_tree_holds_no_unwanted_words() -> None:
    assert list(unwanted(tracked())) == []


def test_unwanted_words_are_found(tmp_path: Path) -> None:
    # Put together from halves where the word itself must stand in no file of the tree, this one included.
    for reason, line in {
        "left for later": "# TODO: soon",
        "a machine's path": "open('/ro" + "ot/x')",
        "an index of packages": "https://py" + "pi.org/simple",
        "filler": "Lorem ipsum",
        "Model.query": "User.query.all()",
        "a floating point amount": "mapped_column(Float())",
    }.items():
        file = tmp_path / "file.py"
        file.write_text(line)
        assert len(list(unwanted([file]))) == 1, reason
