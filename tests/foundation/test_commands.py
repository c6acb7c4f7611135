"""Commands given what they cannot use: one sentence and exit code 1, never a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from backoffice.cli.command import cli
from backoffice.policies.rules import DEFAULTS, PolicyKey
from tests.support.people import Cast


def run(context: Flask, *words: str) -> Result:
    info = ScriptInfo(create_app=lambda: context, set_debug_flag=False)
    return context.test_cli_runner().invoke(cli, list(words), obj=info)


def test_a_calendar_that_is_no_text_is_refused(context: Flask, tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_bytes(b"day,kind,name\n2027-05-01,holiday,\xff\n")
    result = run(context, "calendar", "import", str(path), "--note", "next year")
    assert result.exit_code == 1
    assert "The file is not UTF-8 text." in result.output


def test_a_seller_no_font_prints_is_refused(context: Flask, cast: Cast) -> None:
    seller = {**DEFAULTS[PolicyKey.SELLER], "name": "Lumen 😀"}
    told = ("--reason", "new name", "--as", cast.ana.email)
    result = run(context, "policy", "set", "seller", json.dumps(seller), *told)
    assert result.exit_code == 1
    assert "No font can print these characters: 😀" in result.output
    good = json.dumps({**seller, "name": "Lumen"})
    assert run(context, "policy", "set", "seller", good, *told).exit_code == 0
    assert '"name": "Lumen"' in run(context, "policy", "show").output


@pytest.mark.parametrize(("country", "code"), [("DE", 0), ("de", 1), ("DEU", 1), ("", 1), (None, 1)])
def test_a_seller_may_name_its_country_by_its_code(context: Flask, cast: Cast, country: str | None, code: int) -> None:
    seller = json.dumps({**DEFAULTS[PolicyKey.SELLER], "country": country})
    told = ("--reason", "we moved", "--as", cast.ana.email)
    assert run(context, "policy", "set", "seller", seller, *told).exit_code == code


@pytest.mark.one_database
def test_a_policy_is_set_by_administrators_and_the_threshold_by_two(context: Flask, cast: Cast) -> None:
    told = ("--reason", "more customers", "--as")
    assert run(context, "policy", "set", "minimum_amount", '"5.00"', "--reason", "x").exit_code == 2
    refused = run(context, "policy", "set", "minimum_amount", '"5.00"', *told, cast.max.email)
    assert (refused.exit_code, "changed by administrators" in refused.output) == (1, True)
    assert run(context, "policy", "set", "sla_business_days", "4", *told, cast.ana.email).exit_code == 0
    proposed = run(context, "policy", "set", "four_eyes_threshold", '"9000.00"', *told, cast.ana.email)
    assert "another administrator has to confirm it" in proposed.output
    shown = run(context, "policy", "show").output
    assert "sla_business_days = 5" in shown
    assert 'four_eyes_threshold = "200000.00"\n  proposed from' in shown
    known = re.findall(r"ID (\d+)", shown)
    assert len(known) == 2
    own = run(context, "policy", "confirm", known[1], "--as", cast.ana.email)
    assert (own.exit_code, "Another administrator has to look at it" in own.output) == (1, True)
    for policy_id in known:
        assert run(context, "policy", "take-back", policy_id, *told, cast.ana.email).exit_code == 0
    assert "ID" not in run(context, "policy", "show").output


def test_a_source_too_long_for_the_books_is_refused(context: Flask, tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("kind\n")
    result = run(context, "ledger", "import", str(path), "--source", "x" * 300)
    assert result.exit_code == 1
    assert "source: This is 300 characters long" in result.output
