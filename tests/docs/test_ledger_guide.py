"""The guide to the ledger's file names every column and every refusal, and its sample imports."""

from __future__ import annotations

import ast
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from backoffice.database import session
from backoffice.ledger import jobs, rules
from backoffice.ledger.services import encodings, reading
from backoffice.ledger.services.deciding import Outcome
from tests.docs.reading import DOCS, ROOT, bare, table, tables, text_of
from tests.support.people import Cast

AMOUNT = "amount: {}"


def test_the_column_guide_equals_the_code() -> None:
    rows = table(DOCS / "reference" / "ledger-import.md", "column")
    told = [bare(row[0]) for row in rows]
    assert told == [*rules.REQUIRED_COLUMNS, *rules.OPTIONAL_COLUMNS]
    assert [row[1] for row in rows] == ["yes"] * len(rules.REQUIRED_COLUMNS) + ["no"] * len(rules.OPTIONAL_COLUMNS)
    assert {bare(row[0]): int(row[2]) for row in rows if row[2]} == rules._LIMITS
    meanings = {bare(row[0]): row[3] for row in rows}
    assert tuple(re.findall(r"`(\w+)`", meanings["kind"])) == rules.KINDS
    assert tuple(re.findall(r"`(\w+)`", meanings["status"])) == rules.STATUSES


def test_the_sample_of_the_ledger_imports_and_changes_nothing_the_second_time(context: Flask, cast: Cast) -> None:
    def run(**options: bool) -> Any:
        return jobs.import_file(
            DOCS / "guide" / "ledger-sample.csv", cast.ana.actor, source="platform", currency="CNY",
            zone=ZoneInfo("Asia/Shanghai"), **options,
        )  # fmt: skip

    guide = text_of(DOCS / "reference" / "ledger-import.md")
    assert "\n".join(jobs.describe(run(dry_run=True))) in guide, "the guide shows what a dry run prints"
    first = run()
    assert first.clean
    assert first.counts[Outcome.ADDED] == first.lines == 6
    second = run()
    assert second.clean
    assert second.counts[Outcome.UNCHANGED] == 6
    session.rollback()


def refusals() -> set[str]:
    """Every sentence that refuses a ledger file or a line of it, its values written as three dots."""
    sentences = {
        AMOUNT.format(each) for each in (
            "An amount has at most two decimals.", "Enter an amount in figures, for example 1234.50.",
            "This amount is too large.",
        )
    }  # fmt: skip
    for name in ("rules.py", "spreadsheets.py", "services/encodings.py", "services/reading.py", "services/entries.py"):
        for node in ast.walk(ast.parse(text_of(ROOT / "backoffice" / "ledger" / name))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                sentences.add(node.args[0].value)  # type: ignore[attr-defined]
    labels = {*encodings.ENCODINGS.values(), *reading.DELIMITERS.values()}
    return sentences - labels - {"%(column)s: %(fault)s"}


@pytest.mark.parametrize("guide", ["ledger-import.md", "ledger-import.zh.md"])
def test_the_column_guide_names_every_column_and_every_refusal(guide: str) -> None:
    page = DOCS / "guide" / guide
    chinese = guide.endswith(".zh.md")
    rows = table(page, "列" if chinese else "column")
    assert [bare(row[0]) for row in rows] == list(rules.COLUMNS)
    assert [row[1] in ("yes", "是") for row in rows] == [name in rules.REQUIRED_COLUMNS for name in rules.COLUMNS]
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)

    def told(sentence: str) -> str:
        prefix, said = "", sentence
        if sentence.startswith("amount: "):
            prefix, said = ("amount：" if chinese else "amount: "), sentence.removeprefix("amount: ")
        if chinese:
            said = str(catalogue.get(said).string)  # type: ignore[union-attr]
        return prefix + re.sub(r"%\(\w+\)s", "...", said)

    listed = {row[0] for rows in tables(page) for row in rows}
    assert {told(sentence) for sentence in refusals()} - listed == set()
