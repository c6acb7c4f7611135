"""Sizes a reader can hold: a module, a function, a template. Outgrown, a file becomes a folder of the same name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 360
FUNCTION_LINES = 50
TEMPLATE_LINES = 130
# Generated once and frozen, or data with a line for each fact.
DATA = ("backoffice/migrations/versions/", "backoffice/calendars/official")


def modules(root: Path) -> Iterator[Path]:
    """The Python files of the application under `root`."""
    for path in sorted((root / "backoffice").rglob("*.py")):
        if not path.relative_to(root).as_posix().startswith(DATA):
            yield path


def too_long(root: Path) -> Iterator[str]:
    """One line for each module, function and template under `root` that has outgrown a reader."""
    for path in modules(root):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MODULE_LINES:
            yield f"{name}: {lines} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    yield f"{name}:{node.lineno}: {node.name} has {length} lines"
    for path in sorted((root / "templates").rglob("*.*")):
        if (lines := path.read_text(encoding="utf-8").count("\n")) > TEMPLATE_LINES:
            yield f"{path.relative_to(root)}: {lines} lines"


def undocumented(root: Path) -> Iterator[str]:
    """Public modules, classes and functions of the verbs, reads and decisions that say nothing about themselves."""
    for path in modules(root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        if ast.get_docstring(tree) is None:
            yield f"{name}: no docstring"
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and ast.get_docstring(node) is None:  # type: ignore[arg-type]
                yield f"{name}:{node.lineno}: {node.name} has no docstring"  # type: ignore[union-attr]


def test_nothing_has_outgrown_a_reader() -> None:
    assert list(too_long(ROOT)) == []


def test_what_is_public_says_what_it_does() -> None:
    assert list(undocumented(ROOT)) == []


def test_packages_say_what_they_are_for_and_import_nothing() -> None:
    for path in (ROOT / "backoffice").glob("*/__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("backoffice/long.py", '"""Long."""\n' + "x = 1\n" * MODULE_LINES, f"{MODULE_LINES + 1} lines"),
        ("backoffice/deep.py", "def f():\n" + "    x = 1\n" * FUNCTION_LINES, f"f has {FUNCTION_LINES + 1} lines"),
        ("templates/long.html", "<p>\n" * (TEMPLATE_LINES + 1), f"{TEMPLATE_LINES + 1} lines"),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, name: str, text: str, found: str) -> None:
    (tmp_path / "backoffice").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / name).write_text(text)
    assert [line.partition(": ")[2] for line in too_long(tmp_path)] == [found]


def test_what_says_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "backoffice").mkdir()
    (tmp_path / "backoffice" / "mute.py").write_text("def speak():\n    return 1\n\ndef _inner():\n    return 2\n")
    assert list(undocumented(tmp_path)) == [
        "backoffice/mute.py: no docstring",
        "backoffice/mute.py:1: speak has no docstring",
    ]
