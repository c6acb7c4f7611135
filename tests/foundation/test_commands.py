"""Commands given what they cannot use: one sentence and exit code 1, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from backoffice.cli.command import cli
from backoffice.policies.rules import DEFAULTS, PolicyKey


def run(context: Flask, *words: str) -> Result:
    info = ScriptInfo(create_app=lambda: context, set_debug_flag=False)
    return context.test_cli_runner().invoke(cli, list(words), obj=info)


def test_a_calendar_that_is_no_text_is_refused(context: Flask, tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_bytes(b"day,kind,name\n2027-05-01,holiday,\xff\n")
    result = run(context, "calendar", "import", str(path), "--note", "next year")
    assert result.exit_code == 1
    assert "The file is not UTF-8 text." in result.output


def test_a_seller_no_font_prints_is_refused(context: Flask) -> None:
    seller = {**DEFAULTS[PolicyKey.SELLER], "name": "Lumen 😀"}
    result = run(context, "policy", "set", "seller", json.dumps(seller), "--reason", "new name")
    assert result.exit_code == 1
    assert "No font can print these characters: 😀" in result.output
    good = json.dumps({**seller, "name": "Lumen"})
    assert run(context, "policy", "set", "seller", good, "--reason", "new name").exit_code == 0
    assert '"name": "Lumen"' in run(context, "policy", "show").output


@pytest.mark.parametrize(("country", "code"), [("DE", 0), ("de", 1), ("DEU", 1), ("", 1), (None, 1)])
def test_a_seller_may_name_its_country_by_its_code(context: Flask, country: str | None, code: int) -> None:
    seller = json.dumps({**DEFAULTS[PolicyKey.SELLER], "country": country})
    assert run(context, "policy", "set", "seller", seller, "--reason", "we moved").exit_code == code


def test_a_source_too_long_for_the_books_is_refused(context: Flask, tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("kind\n")
    result = run(context, "ledger", "import", str(path), "--source", "x" * 300)
    assert result.exit_code == 1
    assert "source: This is 300 characters long" in result.output
