"""Words that an administrator typed outlive the session, without JavaScript: sources, reasons, names of accounts."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage

from backoffice import clock
from tests.ledger.handed_in import GOOD, OTHER, Books, hand_in
from tests.support.people import Cast
from tests.support.visitor import Visitor

SAID = "You are signed in again. What you typed is still here."
STILL = "What you typed is still here."


def a_conflict(ana: Visitor, books: Books) -> str:
    """The address of an open one."""
    for line in (GOOD, OTHER):
        hand_in(ana, line)
        books.work()
    return f"/admin/imports/conflicts/{books.open_conflicts()[0].id}"


def comes_back(ana: Visitor, cast: Cast) -> str:
    """From the way to the sign-in page through it; the page that follows."""
    assert ana.page.headers["Location"].startswith("/login")
    ana.follow()
    ana.submit({"email": cast.ana.email, "password": "invoice-demo-2026"})
    return str(ana.follow().text)


def test_the_reason_for_a_conflict_is_there_after_signing_in_again(ana: Visitor, books: Books) -> None:
    ana.get(a_conflict(ana, books))
    with clock.shifted(timedelta(hours=12)):
        ana.submit({"reason": "The platform was wrong."}, button="Settle the conflict")
        assert len(books.open_conflicts()) == 1
        text = comes_back(ana, books.cast)
        assert SAID in text
        assert "The platform was wrong." in text
        assert ana.submit({}, button="Settle the conflict").status_code == 303
        assert books.open_conflicts() == []
        assert SAID not in ana.follow().text


def test_source_and_ticks_of_an_import_are_there_after_signing_in_again(ana: Visitor, books: Books) -> None:
    ana.get("/admin/imports")
    with clock.shifted(timedelta(hours=12)):
        sent = FileStorage(io.BytesIO(GOOD.encode()), "march.csv")
        ana.submit({"file": sent, "source": "erp", "dry_run": "y"}, button="Import")
        text = comes_back(ana, books.cast)
        assert SAID in text
        form = next(form for form in ana.forms() if "source" in form.names)
        kept = dict(form.values)
        assert (kept["source"], "dry_run" in kept, "strict" in kept) == ("erp", True, False)


def test_of_a_large_file_without_a_session_nothing_is_read(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.get("/admin/imports")
    monkeypatch.setitem(books.app.config, "MAX_CONTENT_LENGTH", 1000)
    with clock.shifted(timedelta(hours=12)):
        sent = FileStorage(io.BytesIO(b"x" * 5000), "march.csv")
        ana.submit({"file": sent, "source": "erp"}, button="Import")
        assert 'value="erp"' not in comes_back(ana, books.cast)


def test_the_name_of_a_new_account_is_there_after_signing_in_again(ana: Visitor, books: Books) -> None:
    ana.get("/admin/accounts/new")
    with clock.shifted(timedelta(hours=12)):
        ana.submit({"code": "north", "name": "North Star"}, button="Create")
        text = comes_back(ana, books.cast)
        assert SAID in text
        assert 'value="North Star"' in text
        assert ana.submit({}, button="Create").status_code == 302
        assert "North Star" in ana.follow().text


@pytest.mark.parametrize("where", ["import", "account", "conflict"])
def test_another_language_keeps_what_was_typed(ana: Visitor, books: Books, where: str) -> None:
    address, fields = {
        "import": ("/admin/imports", {"source": "erp"}),
        "account": ("/admin/accounts/new", {"code": "north"}),
        "conflict": ("", {"reason": "Typed so far"}),
    }[where]
    ana.get(address or a_conflict(ana, books))
    ana.submit(fields, button="Dark")
    text = ana.follow().text
    assert STILL in text
    assert next(iter(fields.values())) in text


def test_beside_a_conflict_that_is_settled_the_theme_changes_as_anywhere(ana: Visitor, books: Books) -> None:
    address = a_conflict(ana, books)
    ana.get(address)
    ana.submit({"reason": "The platform was wrong."}, button="Settle the conflict")
    ana.get(address)
    ana.submit(button="Dark")
    assert ana.follow().status_code == 200
    assert 'data-theme="dark"' in ana.page.text
