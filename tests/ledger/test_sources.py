"""Whose ids they are: one system is one source however it is spelled, and a wrong source is asked about beforehand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select

from backoffice import clock
from backoffice.cli.command import cli
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid
from backoffice.ledger.models import LedgerEntry, LedgerFile, LedgerSource
from backoffice.ledger.queries import entries as entry_queries
from backoffice.ledger.services import entries, sources
from backoffice.review.queries import work
from backoffice.review.queries.work import Kind
from tests.ledger.handed_in import BOOKS_HEAD, GOOD, Books, hand_in
from tests.support.office import Office
from tests.support.visitor import Visitor

NEXT = GOOD.replace("W-1", "W-2")


@pytest.fixture
def load(context: Flask, office: Office, tmp_path: Path) -> Callable[..., Result]:
    """Import lines under a source through the command."""

    def load(source: str, *lines: str, options: tuple[str, ...] = ()) -> Result:
        path = tmp_path / "platform.csv"
        path.write_text("\n".join([BOOKS_HEAD, *lines, ""]))
        return context.test_cli_runner().invoke(
            cli,
            ["ledger", "import", str(path), "--source", source, *options],
            obj=ScriptInfo(create_app=lambda: context, set_debug_flag=False),
        )

    return load


def booked() -> list[tuple[str, str]]:
    """Source and id of every entry."""
    session.rollback()
    rows = session.execute(select(LedgerEntry.source, LedgerEntry.external_id).order_by(LedgerEntry.id))
    return [(row.source, row.external_id) for row in rows]


@pytest.mark.parametrize("spelled", ["Platform", "PLATFORM", "ｐｌａｔｆｏｒｍ", " platform "])
def test_another_spelling_is_the_same_source(load: Callable[..., Result], office: Office, spelled: str) -> None:
    load("platform", GOOD)
    result = load(spelled, GOOD, NEXT)
    assert (result.exit_code, "warning" in result.stderr) == (0, False)
    assert "1 added, 0 updated, 1 unchanged" in result.stdout
    assert (booked(), office.invoiceable()) == ([("platform", "W-1"), ("platform", "W-2")], "20.00")


def test_a_new_source_is_kept_as_it_is_typed_but_for_full_width_letters(load: Callable[..., Result]) -> None:
    assert load("Ｍy  ERP", GOOD).exit_code == 0
    assert booked() == [("My ERP", "W-1")]


def test_the_first_source_of_an_installation_is_not_asked_about(load: Callable[..., Result]) -> None:
    result = load("erp", GOOD)
    assert (result.exit_code, "warning" in result.stderr) == (0, False)


def test_a_script_is_warned_of_a_new_source_and_goes_on(load: Callable[..., Result]) -> None:
    load("platform", GOOD)
    result = load("erp", NEXT)
    assert result.exit_code == 0
    assert "warning: erp was never used as a source before; known are: platform." in result.stderr
    assert booked() == [("platform", "W-1"), ("erp", "W-2")]
    assert "warning" not in load("shop", GOOD.replace("W-1", "W-3"), options=("--new-source",)).stderr
    assert "warning" not in load("erp", NEXT).stderr


def test_whoever_sits_at_the_terminal_is_asked_before_anything_is_booked(
    load: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    load("platform", GOOD)
    asked: list[list[tuple[str, str]]] = []

    def says_no(question: str, **options: object) -> None:
        asked.append(booked())
        raise KeyboardInterrupt

    monkeypatch.setattr("backoffice.cli.books._is_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", says_no)
    assert load("erp", NEXT).exit_code != 0
    assert load("erp", NEXT, options=("--dry-run",)).exit_code == 0
    assert asked == [booked()] == [[("platform", "W-1")]]


def test_what_is_handed_in_while_the_question_stands_is_told_before_anything_is_booked(
    load: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    load("shop", NEXT)
    questions: list[str] = []

    def another_shell_is_quicker(question: str, **options: object) -> None:
        questions.append(question)
        if len(questions) == 1:
            load("platform", GOOD, options=("--new-source",))
        else:
            raise click.Abort

    monkeypatch.setattr("backoffice.cli.books._is_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", another_shell_is_quicker)
    result = load("platfrom", GOOD)
    assert len(questions) == 2, "the shell in between was told that its source is meant"
    assert "The same file was imported as platform on " in result.stderr
    assert (result.exit_code, booked()) == (1, [("shop", "W-2"), ("platform", "W-1")])


def test_the_same_file_under_another_source_is_warned_of(load: Callable[..., Result]) -> None:
    load("platform", GOOD)
    result = load("erp", GOOD, options=("--new-source", "--dry-run"))
    assert "warning: The same file was imported as platform on " in result.stderr
    assert "Under erp its entries count once more." in result.stderr
    load("erp", NEXT)
    assert "imported as platform" in load("erp", GOOD).stderr, "also under a source that is known"


def test_spellings_from_before_stay_two_sources(load: Callable[..., Result], office: Office) -> None:
    for name in ("platform", "Platform"):
        with transaction():
            session.add(LedgerSource(name=name, folded="platform"))
    load("Platform", GOOD)
    load("platform", NEXT)
    assert booked() == [("Platform", "W-1"), ("platform", "W-2")]
    result = load("PLATFORM", GOOD)
    assert result.exit_code == 1
    assert "These are several sources: Platform, platform. Type one of them exactly as it stands." in result.output
    with pytest.raises(Invalid):
        sources.named("ｐlatform")


def test_a_spelling_that_became_known_meanwhile_is_refused(office: Office) -> None:
    office.recharge("10.00")
    with pytest.raises(Conflict, match="known as platform by now"), transaction():
        entries.book([office.line("recharge", "10.00", "R-9")], source="Platform", now=clock.now())
    assert len(booked()) == 1


def test_a_file_from_a_new_source_waits_until_it_is_confirmed(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD, source="platform")
    assert books.work() == 1
    page = hand_in(ana, NEXT, source="erp")
    assert books.work() == 0
    text = ana.get(page).text
    assert "erp was never used as a source before; known are: platform." in text
    assert "Asks about its source" in ana.get("/admin/imports").text
    assert '<option value="platform">' in ana.page.text
    ana.get(page)
    ana.submit({}, button="Import under this source")
    assert (ana.page.status_code, books.work()) == (400, 0)
    assert "Choose the system that the ids belong to." in ana.page.text
    ana.submit({"source": "erp"}, button="Import under this source")
    assert (ana.page.status_code, books.work(), books.record().source) == (303, 1, "erp")
    hand_in(ana, GOOD.replace("W-1", "W-3"), source="ERP")
    assert (books.work(), books.record().source, books.record().asks) == (1, "erp", False)


def test_a_file_that_asks_can_be_given_to_a_known_source(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD, source="platform")
    books.work()
    page = hand_in(ana, GOOD, source="platfrom")
    assert "The same file was imported as platform on" in ana.get(page).text
    ana.submit({"source": "platform"}, button="Import under this source")
    books.work()
    assert (books.record().source, books.record().unchanged, books.invoiceable()) == ("platform", 1, "10.00")


def test_the_same_file_under_another_known_source_waits_too(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD, source="platform")
    books.work()
    hand_in(ana, NEXT, source="erp")
    ana.get(ana.page.headers["Location"])
    ana.submit({"source": "erp"}, button="Import under this source")
    books.work()
    page = hand_in(ana, GOOD, source="erp")
    assert (books.work(), books.invoiceable()) == (0, "20.00")
    assert "The same file was imported as platform on" in ana.get(page).text
    assert "never used" not in ana.page.text
    ana.submit(button="Stop the import")
    assert (books.record().state, books.work()) == ("interrupted", 0)


def test_a_file_that_asks_is_compared_with_what_was_handed_in_after_it(ana: Visitor, books: Books) -> None:
    hand_in(ana, NEXT.replace("W-2", "W-9"), source="platform")
    books.work()
    asking = hand_in(ana, GOOD, source="crm")
    ana.get(asking)
    form = ana.page
    hand_in(ana, GOOD, source="platform")
    hand_in(ana, NEXT, source="crm")
    ana.get(ana.page.headers["Location"])
    ana.submit({"source": "crm"}, button="Import under this source")
    books.work(), books.work()
    taken = books.invoiceable()
    assert "The same file was imported as platform on" in ana.get(asking).text
    # Nor is it booked from a page that was opened before.
    ana.page = form
    ana.submit({"source": "crm"}, button="Import under this source")
    assert (ana.page.status_code, books.work(), books.invoiceable()) == (400, 0, taken)
    assert "The same file was imported as platform on" in ana.page.text
    ana.submit({"source": "crm"}, button="Import under this source")
    assert (ana.page.status_code, books.work()) == (303, 1)


def test_two_spellings_that_ask_at_once_become_one_source(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD, source="platform")
    books.work()
    first, second = hand_in(ana, NEXT, source="Stripe"), hand_in(ana, NEXT.replace("W-2", "W-3"), source="stripe")
    ana.get(second)
    form = ana.page
    ana.get(first)
    ana.submit({"source": "Stripe"}, button="Import under this source")
    ana.page = form
    ana.submit({"source": "stripe"}, button="Import under this source")
    assert (ana.page.status_code, books.work()) == (400, 1)
    assert "This source is known as Stripe by now. Choose that one." in ana.page.text
    assert "stripe was never used" not in ana.page.text
    ana.submit(button="中文")
    assert ana.follow().status_code == 200, "whoever was refused can go on in the other language"
    ana.submit(button="English")
    ana.follow()
    assert 'value="stripe"' not in ana.page.text
    ana.submit({"source": "Stripe"}, button="Import under this source")
    assert (ana.page.status_code, books.work(), books.record().source) == (303, 1, "Stripe")


def test_a_trial_says_so_and_asks_nothing(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD, source="platform")
    books.work()
    page = hand_in(ana, GOOD, source="erp", dry_run="y")
    books.work()
    text = ana.get(page).text
    assert books.record().state == "undone"
    assert "erp was never used as a source before" in text
    assert "The same file was imported as platform on" in text
    assert books.ask(lambda: session.scalar(select(func.count()).select_from(LedgerSource))) == 1


def test_a_refund_whose_recharge_came_from_another_source_says_so(load: Callable[..., Result], office: Office) -> None:
    load("platform", GOOD)
    load("erp", "refund,F-1,lumen,completed,4.00,CNY,2026-03-03T09:30:00+08:00,W-1")
    load("erp", "refund,F-2,lumen,completed,4.00,CNY,2026-03-03T09:30:00+08:00,W-0")
    session.rollback()
    told = {item.about: str(item.detail) for item in work.items(Kind.REFUND, clock.today())}
    assert told == {
        "F-1": "W-1 is known from the source platform; this refund came from erp",
        "F-2": "W-0",
    }
    refund = session.scalars(select(LedgerEntry).where(LedgerEntry.external_id == "F-1")).one()
    assert entry_queries.recharge_of(refund) is None
    assert entry_queries.sources_elsewhere([refund]) == {refund.id: "platform"}


def test_the_customer_is_not_told_that_a_recharge_of_another_source_is_missing(
    ana: Visitor, books: Books, visit: Callable[..., Visitor]
) -> None:
    hand_in(ana, GOOD, source="platform")
    books.work()
    hand_in(ana, "refund,F-1,lumen,completed,4.00,CNY,2026-03-03T09:30:00+08:00,W-1", source="erp")
    ana.get(ana.page.headers["Location"])
    ana.submit({"source": "erp"}, button="Import under this source")
    books.work()
    refund = books.ask(lambda: session.scalar(select(LedgerEntry.id).where(LedgerEntry.external_id == "F-1")))
    text = visit(books.cast.ada).get(f"/bills/entries/{refund}").text
    assert "Its recharge W-1 came from another system than this refund" in text
    assert "not in the books" not in text


def test_files_of_the_command_never_ask(load: Callable[..., Result]) -> None:
    load("platform", GOOD)
    load("erp", GOOD)
    session.rollback()
    assert session.scalars(select(LedgerFile.asks)).all() == [False, False]
