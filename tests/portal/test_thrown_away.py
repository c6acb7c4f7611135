"""Cancel and Throw away: what goes is offered back, and nothing else goes with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from backoffice.database import transaction
from backoffice.headers import services as headers
from backoffice.portal import services
from backoffice.portal.queries.drafts import Writer
from backoffice.portal.services import Content
from tests.portal.conftest import APPLY, NOW, Customer, World, text
from tests.portal.test_supporting_file import enclosed
from tests.portal.written import TYPED, Freeze, keys, overtaken, two_applications
from tests.support import files
from tests.support.visitor import as_read


def test_cancel_throws_away_and_one_press_puts_it_back(ada: Customer, world: World) -> None:
    former = ada.apply(amount="5")
    world.reject(former)
    for address in (APPLY, f"{APPLY}?resubmit={former}"):
        ada.get(address)
        ada.press("all", remarks="Thrown away")
        key = ada.key
        last = f"Typed last at {address}"
        ada.submit({"remarks": last}, button="cancel")
        assert (ada.page.status_code, ada.page.headers["Location"]) == (303, "/invoices")
        assert "The application is thrown away." in text(ada.follow())
        undo = ada.page, ada.path
        ada.get(address)
        assert ada.key != key
        assert last not in text(ada.page)
        # Its own page tells what became of it, and takes it back too.
        assert "The application is thrown away." in text(ada.get(f"{APPLY}/{key}"))
        assert "Put it back" in text(ada.page)
        ada.page, ada.path = undo
        ada.submit(button="Undo")
        assert ada.page.headers["Location"] == f"{APPLY}/{key}"
        ada.step()
        assert ada.typed()["remarks"] == last
        assert "The application is thrown away." not in text(ada.page)


def test_cancel_of_a_form_with_words_that_were_never_sent_can_be_undone_too(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    key = ada.key
    ada.submit({"remarks": "Never sent before"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert (ada.key, ada.typed()["remarks"]) == (key, "Never sent before")


def test_cancel_keeps_and_sets_aside_in_one_step(ada: Customer) -> None:
    """No moment in between, in which it stands among the unfinished ones or a crash would leave it there."""
    commits: list[object] = []

    def note(done: object) -> None:
        commits.append(done)

    ada.get(APPLY)
    event.listen(Session, "after_commit", note)
    try:
        ada.submit({"remarks": "Order"}, button="cancel")
    finally:
        event.remove(Session, "after_commit", note)
    assert len(commits) == 1
    assert "The application is thrown away." in text(ada.follow())


def test_cancel_of_an_untouched_form_leaves_nothing_behind(ada: Customer, world: World) -> None:
    former = enclosed(ada, files.pdf())
    world.reject(former)
    before = keys(world)
    for address in (APPLY, f"{APPLY}?resubmit={former}"):
        ada.get(address)
        ada.submit(button="cancel")
        assert "thrown away" not in text(ada.follow())
    assert keys(world) == before


def test_one_of_the_list_is_thrown_away_and_put_back(ada: Customer) -> None:
    older, newer = two_applications(ada)
    ada.get(APPLY)
    ada.submit(button="Throw away")
    page = text(ada.follow())
    assert "1 unfinished application" in page
    assert (f'href="{APPLY}/{older}"' in page, f'href="{APPLY}/{newer}"' in page) == (True, False)
    ada.get(f"{APPLY}/{newer}")
    ada.submit(button="Put it back")
    ada.step()
    assert ada.typed()["remarks"] == "Newer"


def test_writing_on_in_another_window_takes_it_back(ada: Customer) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    form, where = ada.page, ada.path
    ada.submit(button="cancel")
    ada.page, ada.path = form, where
    ada.press("all", remarks="Order 2")
    assert "The application is thrown away." not in text(ada.page)
    assert f'href="{APPLY}/{ada.key}"' in text(ada.get(APPLY))


def test_words_cancelled_in_a_window_that_another_has_overtaken_can_be_had_back(ada: Customer) -> None:
    key = overtaken(ada)
    ada.submit({"remarks": "Long and unsent"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert ada.typed()["remarks"] == "Long and unsent"
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of another window"


def test_words_cancelled_at_a_form_that_has_made_its_request_can_be_had_back(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    form, where = ada.page, ada.path
    ada.press("review", amount="5")
    ada.press("submit")
    ada.get(where)
    ada.page, ada.path = form, where
    ada.submit({"remarks": "Something else"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert ada.typed()["remarks"] == "Something else"
    assert world.count() == 1


@pytest.mark.parametrize("typed", [{"amount": "5"}, {}], ids=["beside words", "alone"])
def test_a_file_that_cancel_did_not_send_is_asked_for_after_undo(ada: Customer, typed: dict[str, str]) -> None:
    ada.get(APPLY)
    # What a browser sends of a chosen file with this button: its name.
    data = {**ada.typed(), **typed, "action": "cancel", "support_file": "order.pdf"}
    ada._arrive(ada.client.post(f"{APPLY}/{ada.key}", data=data))
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert "choose it again" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]


def test_undo_and_throw_away_after_another_window_submitted_tell_of_the_request(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    review = ada.path
    ada.get(APPLY)
    listed = ada.page, ada.path
    ada.get(review.removesuffix("/review"))
    ada.submit(button="cancel")
    undo = ada.follow(), ada.path
    # The review of what was thrown away says so, and makes nothing.
    ada.get(review)
    ada.step()
    assert "The application is thrown away." in text(ada.page)
    ada.submit(button="Put it back")
    ada.step()
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    for (ada.page, ada.path), button in ((undo, "Undo"), (listed, "Throw away")):
        ada.submit(button=button)
        assert ada.page.headers["Location"] == f"/invoices/{number}", button
        assert f"This application was submitted as {number}." in text(ada.follow())
    assert world.count() == 1


def test_what_was_thrown_away_last_is_put_back_however_much_was_before(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    ada.get(APPLY)
    ada.press("all", remarks="Precious")
    key = ada.key
    for number in range(services.MOST_DRAFTS):
        freeze(NOW + timedelta(seconds=number))
        world.act(services.keep, writer, f"{number:032}", Content(TYPED), since="")
        world.act(services.discard, writer, f"{number:032}")
    ada.get(APPLY)
    ada.submit(button="Throw away")
    page, where = ada.follow(), ada.path
    ada.press("all", remarks="Another")
    ada.page, ada.path = page, where
    ada.submit(button="Undo")
    ada.step()
    assert (ada.key, ada.typed()["remarks"]) == (key, "Precious")


def test_undo_after_the_session_ended_leads_to_what_can_be_put_back(ada: Customer, freeze: Freeze) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    ada.submit(button="cancel")
    ada.follow()
    freeze(NOW + timedelta(seconds=60))
    ada.client.delete_cookie("session")
    ada.submit(button="Undo")
    ada.follow()
    ada.submit({"email": "ada@lumen.example", "password": "invoice-demo-2026"})
    ada.follow()
    assert "The application is thrown away." in text(ada.page)
    ada.submit(button="Put it back")
    ada.step()
    assert ada.typed()["remarks"] == "Order"


def test_a_submit_of_what_was_thrown_away_meanwhile_makes_nothing(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    review, where = ada.page, ada.path
    ada.get(where.removesuffix("/review"))
    ada.submit(button="cancel")
    ada.page, ada.path = review, where
    ada.press("submit")
    assert "The application is thrown away." in text(ada.page)
    assert world.count() == 0


def test_lines_that_the_header_brought_are_nobodys_words_when_another_window_writes(
    ada: Customer, world: World
) -> None:
    other = {"kind": "personal", "name": "Person", "remarks": "line one\nline two"}
    with world.app.app_context(), transaction():
        chosen = str(headers.create(world.cast.ada.actor, other, now=NOW).id)
    ada.get(APPLY)
    ada.press("all", header_id=chosen)
    assert ada.typed()["remarks"] == as_read("line one\nline two")
    form, where = ada.page, ada.path
    ada.press("all", remarks="Of another window")
    before = keys(world)
    ada.page, ada.path = form, where
    ada.submit({"remarks": "line one\r\nline two"}, button="cancel")  # as browsers send what stands there
    assert "thrown away" not in text(ada.follow())
    assert keys(world) == before


def test_cancel_does_not_throw_away_what_another_window_wrote(ada: Customer) -> None:
    key = overtaken(ada)
    ada.submit(button="cancel")
    assert "thrown away" not in text(ada.follow())
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of another window"
