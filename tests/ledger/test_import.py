"""`backoffice ledger import`: streamed, by line, repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select

from backoffice.cli.command import cli
from backoffice.database import session
from backoffice.ledger.models import LedgerEntry, LedgerFile, LedgerLineProblem
from backoffice.ledger.services import files
from tests.support.office import Office, contradictions

HEAD = "kind,external_id,account,status,amount,currency,occurred_at,refund_of"
GOOD = [
    "recharge,P-1,lumen,completed,1000.50,CNY,2026-03-02T09:30:00+08:00,",
    "recharge,P-2,yunqi,completed,20.00,CNY,2026-03-02T09:31:00+08:00,",
    "refund,P-3,lumen,completed,0.50,CNY,2026-03-03T09:30:00+08:00,P-1",
    "consumption,P-4,lumen,completed,5.00,CNY,2026-03-03T10:00:00+08:00,",
]
BAD = "recharge,P-5,lumen,completed,1.005,CNY,2026-03-02T09:30:00+08:00,"


@pytest.fixture
def load(context: Flask, office: Office, tmp_path: Path) -> Callable[..., Result]:
    """Write lines to a file and import it through the command."""

    def load(*lines: str, options: tuple[str, ...] = (), head: str = HEAD, encoding: str = "utf-8") -> Result:
        path = tmp_path / "platform.csv"
        path.write_bytes("\r\n".join([head, *lines, ""]).encode(encoding))
        return context.test_cli_runner().invoke(
            cli,
            ["ledger", "import", str(path), *options],
            obj=ScriptInfo(create_app=lambda: context, set_debug_flag=False),
        )

    return load


def count(model: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_file_is_booked_and_reported(load: Callable[..., Result], office: Office) -> None:
    result = load(*GOOD, options=("--as", office.cast.ana.email))
    assert result.exit_code == 0, result.output
    assert "4 lines: 4 added, 0 updated, 0 unchanged, 0 conflict, 0 refused" in result.output
    assert "recharge: 1,020.50" in result.output
    assert (office.invoiceable(), office.invoiceable(office.cast.yunqi)) == ("1000.00", "20.00")
    record = session.scalars(select(LedgerFile)).one()
    assert (record.imported_by, record.lines, record.added, record.name) == (office.cast.ana.name, 4, 4, "platform.csv")
    assert record.finished_at is not None
    assert contradictions() == []


def test_the_same_file_twice_changes_nothing(load: Callable[..., Result], office: Office) -> None:
    load(*GOOD)
    result = load(*GOOD)
    assert result.exit_code == 0
    assert "0 added, 0 updated, 4 unchanged" in result.output
    assert (count(LedgerEntry), office.invoiceable()) == (4, "1000.00")


def test_a_dry_run_says_the_same_and_changes_nothing(load: Callable[..., Result], office: Office) -> None:
    tried = load(*GOOD, BAD, options=("--dry-run",))
    assert (tried.exit_code, count(LedgerEntry), count(LedgerFile), office.invoiceable()) == (1, 0, 0, "0.00")
    assert tried.output.endswith("nothing was changed\n")
    assert tried.stdout.removesuffix("nothing was changed\n") == load(*GOOD, BAD).stdout


def test_a_bad_line_is_reported_and_the_good_ones_are_kept(load: Callable[..., Result], office: Office) -> None:
    result = load(GOOD[0], BAD, *GOOD[1:])
    assert result.exit_code == 1
    assert "line 3: refused (P-5): amount: An amount has at most two decimals." in result.output
    assert (count(LedgerEntry), office.invoiceable()) == (4, "1000.00")
    problem = session.scalars(select(LedgerLineProblem)).one()
    assert (problem.line, problem.kind, problem.external_id) == (3, "refused", "P-5")


def test_strict_is_all_or_nothing(load: Callable[..., Result], office: Office) -> None:
    assert load(*GOOD, BAD, options=("--strict",)).exit_code == 1
    assert (count(LedgerEntry), office.invoiceable()) == (0, "0.00")
    undone = session.scalars(select(LedgerFile)).one()
    assert (undone.state, undone.lines, undone.refused) == ("undone", 5, 1)
    assert session.scalars(select(LedgerLineProblem.line)).one() == 6
    assert load(*GOOD, options=("--strict",)).exit_code == 0
    assert (count(LedgerEntry), office.invoiceable()) == (4, "1000.00")


def test_a_byte_order_mark_and_chinese_are_read(load: Callable[..., Result]) -> None:
    head = HEAD + ",description"
    assert load(GOOD[0] + ",模型调用", head=head, encoding="utf-8-sig").exit_code == 0
    assert session.scalars(select(LedgerEntry.description)).one() == "模型调用"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("recharge,X,nobody,completed,1.00,CNY,2026-03-02T09:30:00+08:00,", "there is no account nobody"),
        ("recharge,X,lumen,completed,1.00,USD,2026-03-02T09:30:00+08:00,", "currency is USD, not CNY"),
        ("gift,X,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,", "kind is gift"),
        ("recharge,X,lumen,completed,1.00,CNY,yesterday,", "ISO 8601"),
        ("recharge,,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,", "external_id is empty"),
        ("refund,X,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,", "refund_of names"),
        ("recharge,X,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,,more", "more values than columns"),
        ("recharge,X,lumen,completed,1.00", "fewer values than columns"),
    ],
)
def test_each_fault_of_a_line_is_named(load: Callable[..., Result], line: str, words: str) -> None:
    result = load(line)
    assert (result.exit_code, count(LedgerEntry)) == (1, 0)
    assert result.stdout.startswith("line 2: refused")
    assert words in result.output


def test_another_currency_of_a_known_id_is_a_conflict(load: Callable[..., Result]) -> None:
    load(GOOD[0])
    result = load(GOOD[0].replace("CNY", "USD"), GOOD[1].replace("CNY", "USD"))
    assert "line 2: conflict (P-1): currency is USD, not CNY" in result.stdout
    assert "line 3: refused (P-2): currency is USD, not CNY" in result.stdout
    assert "0 unchanged, 1 conflict, 1 refused" in result.stdout


def test_a_time_without_offset_is_of_the_installations_zone_and_said(load: Callable[..., Result]) -> None:
    result = load("recharge,X,lumen,completed,1.00,CNY,2026-03-02T00:30:00,")
    assert "1 line(s) had a time without an offset" in result.output
    assert session.scalars(select(LedgerEntry.occurred_at)).one().isoformat() == "2026-03-01T16:30:00+00:00"


def test_a_date_alone_is_said_to_be_taken_as_midnight(load: Callable[..., Result]) -> None:
    dates = ("2026-03-02", "2026-03-02T00:30:00")
    result = load(*(f"recharge,X-{at},lumen,completed,1.00,CNY,{at}," for at in dates))
    assert "2 line(s) had a time without an offset" in result.output
    assert "1 of them told a date alone; midnight in the installation's zone was assumed" in result.output
    assert session.scalars(select(LedgerFile.assumed_midnight)).one() == 1


def test_a_file_of_another_kind_is_refused_whole(load: Callable[..., Result]) -> None:
    result = load("a,b", head="kind,account")
    assert result.exit_code == 1
    assert "lacks the columns external_id" in result.output
    assert "not UTF-8" in load(GOOD[0], head=HEAD + ",é", encoding="latin-1").output
    assert count(LedgerEntry) == 0


def test_a_line_that_is_no_text_costs_that_line_alone(load: Callable[..., Result]) -> None:
    lines = [GOOD[0] + ",fine", GOOD[0].replace("P-1", "R-2", 1) + ",é"]
    result = load(*lines, head=HEAD + ",description", encoding="latin-1")
    assert "line 3: refused: not UTF-8 text" in result.output
    assert count(LedgerEntry) == 1


def test_an_open_quote_costs_its_line_alone(load: Callable[..., Result]) -> None:
    after = [GOOD[0].replace("P-1", f"R-{number}", 1) for number in range(10, 13)]
    result = load(GOOD[0], 'recharge,"P-2,lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,', *after)
    assert "line 3: refused: not readable as CSV" in result.output
    assert "5 lines: 4 added" in result.output
    assert count(LedgerEntry) == 4


def test_what_no_font_prints_is_refused_by_line(load: Callable[..., Result]) -> None:
    result = load(GOOD[0] + ",😀", head=HEAD + ",description")
    assert "line 2: refused" in result.output
    assert "No font can print these characters: 😀" in result.output
    assert count(LedgerEntry) == 0


def test_long_files_go_in_batches_and_begin_again_after_an_interruption(
    load: Callable[..., Result], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"recharge,B-{n},lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00," for n in range(2500)]
    real, taken = files.take_batch, []

    def interrupted(*arguments: object, **options: object) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(1)
        real(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(files, "take_batch", interrupted)
        assert load(*lines).exit_code != 0
    assert office.invoiceable() == "2000.00"
    result = load(*lines)
    assert "2500 lines: 500 added, 0 updated, 2000 unchanged" in result.output
    assert office.invoiceable() == "2500.00"
    assert contradictions() == []
