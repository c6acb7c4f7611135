"""The desk's one timeline of a request, and what of it stays among colleagues."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from sqlalchemy import update

from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.review.services import decisions, holds, notes
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import made_void, threshold
from tests.support.visitor import Visitor

MINUTE = timedelta(minutes=1)


def timeline(visitor: Visitor, number: str) -> str:
    """The words of the timeline, in their order; but for what the checks said, which may speak of anything."""
    page = visitor.get(f"/review/{number}").text
    listed = page[page.index('<ol class="timeline"') :].partition("</ol>")[0]
    listed = re.sub(r'<ul class="checks checks-then">.*?</ul>', "", listed, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", listed)).split())


def test_everything_stands_in_one_row_in_order(desk: Desk, visit: Callable[..., Visitor]) -> None:
    threshold(desk, "1.00")
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(decisions.approve, rita, number, remarks="First remarks", now=NOW + MINUTE)
    desk.run(notes.add, rui, number, "A note among us", now=NOW + 2 * MINUTE)
    desk.run(holds.hold, rui, number, question="Which contract?", now=NOW + 3 * MINUTE)
    desk.run(holds.resume, rui, number, now=NOW + 4 * MINUTE)
    desk.run(decisions.approve, rita, number, now=NOW + 5 * MINUTE)
    desk.run(decisions.approve, rui, number, now=NOW + 6 * MINUTE, undo_seconds=60)
    desk.run(decisions.return_to_queue, rui, number, why="Wrong series", now=NOW + 7 * MINUTE)
    rejection = {"reason": ["email", "other"], "remarks": "Please correct"}
    desk.run(decisions.reject, rita, number, now=NOW + 8 * MINUTE, **rejection)
    told = timeline(visit(desk.cast.rita), number)
    wanted = [
        "Submitted", "First approval", "First remarks", "A note among us", "Internal", "Which contract?",
        "The customer was asked.", "Back in the queue without an answer", "Approved", "Returned to the queue",
        "Wrong series", "Please correct", "The receiving email looks wrong", "Another reason",
        "Email to the customer: Rejection",
    ]  # fmt: skip
    at = [told.find(words) for words in wanted]
    assert -1 not in at, wanted[at.index(-1)]
    assert at == sorted(at)
    customers = visit(desk.cast.ada).get(f"/invoices/{number}").text
    for words in ("A note among us", "Wrong series", "The customer was asked.", "First approval", "First remarks"):
        assert words not in customers
    assert "Please correct" in customers


def test_the_chinese_page_has_one_word_for_notes_and_another_for_remarks(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    number = desk.apply()
    desk.run(notes.add, desk.cast.rui.actor, number, "Seen.", now=NOW)
    rita = visit(desk.cast.rita)
    rita.client.set_cookie("locale", "zh")
    for address in (f"/review/{number}", f"/review/{number}/notes"):
        page = rita.get(address).text
        assert ("备忘" in page, ">保存备注<" in page, f"{number} 的备注" in page) == (False, False, False)
        assert "<span>保存内部备注</span>" in page
    assert "内部备注" in timeline(rita, number)


def test_the_end_of_a_first_approval_says_who_ended_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    threshold(desk, "1.00")
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(decisions.approve, rita, number, now=NOW)
    desk.run(decisions.return_to_queue, rui, number, why="Wrong series", now=NOW + MINUTE)
    told = timeline(visit(desk.cast.max), number)
    assert re.search(r"The first approval of Rita Moreau ended [^.]*10:01 .{0,5}芮明 .*Wrong series", told), told


def test_the_money_ends_a_first_approval_in_nobodys_name(desk: Desk, visit: Callable[..., Visitor]) -> None:
    threshold(desk, "1000.00")
    number = made_void(desk)
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW + 2 * MINUTE)
    ended = timeline(visit(desk.cast.max), number).partition("The first approval of Rita Moreau ended")[2]
    assert "芮明" not in ended.partition("The money behind the request had changed.")[0]


def test_what_came_back_or_is_late_is_told_with_the_words_of_the_server(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    number = desk.apply()
    for state, accepted_at, words in (("accepted", NOW, "Late on its way"), ("failed", None, "Came back")):
        with desk.app.app_context(), transaction():
            values = {"state": state, "accepted_at": accepted_at, "reported_at": NOW, "server_answer": "4.4.1 they say"}
            session.execute(update(Message).values(**values))
        told = timeline(visit(desk.cast.rita), number)
        assert words in told
        assert "4.4.1 they say" in told
        assert "Accepted by the mail server" not in told
