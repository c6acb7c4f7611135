"""What people read is true of the code: tables, commands, targets, sample files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from flask import Flask
from flask_babel import force_locale

from backoffice import clock
from backoffice.calendars import services as calendars
from backoffice.cli.command import cli
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.permissions import SYSTEM, Permission, Role, allowed
from backoffice.requests.rules import TRANSITIONS
from backoffice.web import shortcuts
from tests.docs.reading import DOCS, ROOT, bare, named, pages, table, tables, text_of

# Read by make, the supervisor and the tests; not settings of the application.
OTHER_VARIABLES = {"BACKOFFICE_NEW_PASSWORD"}


def test_the_table_of_states_equals_the_code() -> None:
    told = {tuple(row) for row in table(DOCS / "reference" / "states.md", "in state")}
    true = {
        (state, action, line.who, line.to, line.money, "stops" if line.stops_clock else "runs")
        for (state, action), line in TRANSITIONS.items()
    }
    assert told == {tuple(str(cell) for cell in row) for row in true}


def shown(name: str, default: Any) -> str:
    """A default as the table of settings writes it."""
    if name == "instance_path":
        return "instance"
    plain = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    if plain is None or plain in ("", []):
        return ""
    if isinstance(plain, bool):
        return str(plain).lower()
    return f"{plain:g}" if isinstance(plain, float) else str(plain)


def test_the_table_of_settings_equals_the_code() -> None:
    first, *_ = [rows for rows in tables(DOCS / "reference" / "settings.md") if rows[0][0] == "variable"]
    told = [[bare(row[0]), bare(row[1]), row[2]] for row in first[1:]]
    assert told == [
        [f"BACKOFFICE_{name.upper()}", shown(name, field.get_default()), field.description]
        for name, field in Settings.model_fields.items()
    ]


def test_every_variable_that_is_named_exists() -> None:
    known = {f"BACKOFFICE_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    unknown = {
        (named(page), name) for page in pages() for name in re.findall(r"\bBACKOFFICE_[A-Z_]+\b", text_of(page))
        if name not in known
    }  # fmt: skip
    assert unknown == set()


def test_the_table_of_permissions_equals_the_code() -> None:
    (rows,) = [rows for rows in tables(DOCS / "security.md") if rows[0][0] == "permission"]
    roles = [Role(name) for name in rows[0][1:]]
    assert set(roles) == set(Role)
    told = {row[0]: [cell == "yes" for cell in row[1:]] for row in rows[1:]}
    assert told == {permission.value: [allowed(role, permission) for role in roles] for permission in Permission}


def test_the_sample_of_the_calendar_imports(context: Flask) -> None:
    content = text_of(DOCS / "reference" / "calendar-sample.csv")
    with transaction():
        version = calendars.change(SYSTEM, calendars.read(content), source="file", reason="Notice", now=clock.now())
        days = {day.day.isoformat() for day in version.days}
    assert {"2027-10-01", "2027-10-09"} <= days


@pytest.mark.parametrize(
    ("guide", "first", "language"), [("reviewer.md", "key", "en"), ("reviewer.zh.md", "按键", "zh")]
)
def test_the_table_of_keys_equals_the_code(app: Flask, guide: str, first: str, language: str) -> None:
    reviewer = SimpleNamespace(can=lambda permission: allowed(Role.REVIEWER, permission))
    with app.test_request_context(), force_locale(language):
        own = [one for _, group in shortcuts.sheet_for(reviewer) for one in group]
        true = [[" ".join(f"`{stroke}`" for stroke in one.strokes), str(one.label)] for one in own]
    assert table(DOCS / "guide" / guide, first) == true


def commands(group: click.Group, path: str = "backoffice") -> Iterator[str]:
    """Every command of the program, written out."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_the_table_of_commands_is_complete() -> None:
    told = {bare(row[0]) for rows in tables(DOCS / "reference" / "commands.md") for row in rows}
    assert {one for one in told if one.startswith("backoffice ")} == set(commands(cli))


def typed_commands() -> list[tuple[str, str]]:
    """(page, command line) of every command that a page asks to type."""
    found = []
    for page in pages():
        for block in re.findall(r"```(?:sh)?\n(.*?)```", text_of(page), re.DOTALL):
            for line in block.splitlines():
                command = re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(backoffice .*)", line)
                if command:
                    found.append((named(page), re.sub(r"\s+# .*", "", command[1])))
    return found


@pytest.mark.parametrize(("told_in", "line"), typed_commands())
def test_every_command_a_page_asks_to_type_is_understood(
    told_in: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(line)[1:]
    if told_in == "README.md":  # it speaks of files of the reader's own
        monkeypatch.chdir(tmp_path)
        for word in words:
            if word.endswith(".csv"):
                Path(word).touch()
    command: click.Command = cli
    context = None
    while isinstance(command, click.Group):
        name = words.pop(0)
        assert name in command.commands, f"{told_in}: there is no {line}"
        command = command.commands[name]
    try:
        context = command.make_context(command.name, words)
    except click.UsageError as error:
        pytest.fail(f"{told_in}: {line}: {error.message}")
    context.close()


def test_there_are_commands_to_type() -> None:
    assert len(typed_commands()) >= 10


def test_every_target_of_make_that_is_named_exists() -> None:
    makefile = text_of(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = {
        (named(page), name)
        for page in pages()
        for name in re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z-]+)", text_of(page))
    }
    assert {one for one in told if one[1] not in targets} == set()
    described = {bare(row[0]).split()[1] for row in tables(DOCS / "reference" / "commands.md")[1][1:]}
    assert described == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) - {"setup-dev"} | {"help"}


def test_every_test_that_security_leans_on_exists() -> None:
    cited = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(DOCS / "security.md"))
    assert len(cited) > 30
    missing = [
        (file, name) for file, name in cited
        if not (ROOT / file).exists() or f"def {name}(" not in text_of(ROOT / file)
    ]  # fmt: skip
    assert missing == []


def test_security_goes_through_the_whole_of_level_one() -> None:
    """The 70 requirements of level 1 in ASVS 5.0, counted by chapter."""
    counts = {1: 8, 2: 4, 3: 8, 4: 2, 5: 4, 6: 13, 7: 6, 8: 4, 9: 4, 10: 5, 11: 3, 12: 3, 13: 1, 14: 2, 15: 3}
    lines = text_of(DOCS / "security.md")
    told = re.findall(r"^\| (\d+)\.\d+\.\d+ \|", lines, re.MULTILINE)
    told += ["10"] * 5 if "10.4.1 to 10.4.5" in lines else []
    assert {chapter: told.count(str(chapter)) for chapter in counts} == counts
    assert sum(counts.values()) == 70
