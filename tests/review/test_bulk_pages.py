"""Bulk actions on the pages, without JavaScript: tick, look again, start."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import update

from backoffice.database import session
from backoffice.issuing.services import stops
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.models import BulkRun
from backoffice.review.queries import bulk as queries
from backoffice.review.services import claims, decisions, holds
from backoffice.review.views import queue
from tests.review.desk import NOW, Desk
from tests.review.runs import started, words, work
from tests.support.office import contradictions
from tests.support.visitor import Visitor


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def test_ticked_requests_are_approved_after_a_second_look(desk: Desk, rita: Visitor) -> None:
    first, second, third = (desk.apply(amount=amount) for amount in ("100.00", "200.50", "7.00"))
    rita.get("/review")
    rita.submit({"number": [first, second]}, button="Approve")
    assert "Approve 2 requests" in words(rita)
    assert "¥300.50" in words(rita)
    assert first in words(rita)
    assert third not in words(rita)
    assert desk.count(BulkRun) == 0, "looking does nothing"
    run = started(rita, "Approve 2 requests", remarks="Thanks")
    assert "0 of 2" in words(rita)
    work(desk)
    rita.get(run)
    assert "Everything is done." in words(rita)
    assert [desk.state(number) for number in (first, second, third)] == ["approved", "approved", "pending"]
    assert desk.count(Decision, Decision.remarks == "Thanks") == 2
    with desk.app.app_context():
        assert contradictions() == []


@pytest.mark.one_database
def test_while_issuing_is_stopped_no_invoice_is_promised(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    assert "The invoices follow by themselves." in words(rita)
    desk.run(stops.stop, desk.cast.max.actor, reason="The series is wrong")
    rita.get(rita.path)
    assert "The invoices follow" not in words(rita)
    run = started(rita, "Approve 1 request")
    work(desk)
    for address in (f"/review/bulk/new?action=approve&number={desk.apply()}", run):
        rita.get(address)
        assert "The series is wrong" in words(rita)
        assert "What is approved waits until somebody lets it go on." in words(rita)


def test_a_rejection_wants_reason_and_remarks_and_keeps_what_was_typed(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get("/review?min=5")
    rita.submit({"number": [number]}, button="Reject")
    assert rita.submit({"remarks": "Look at it"}, button="Reject 1 request").status_code == 422
    assert "Choose a reason." in words(rita)
    assert "Look at it" in rita.page.text
    assert f'href="/review?min=5&amp;number={number}"' in rita.page.text, "the way back to the list"
    started(rita, "Reject 1 request", reason="tax_id")
    work(desk)
    assert desk.state(number) == "rejected"


def test_requests_are_handed_to_a_colleague(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get("/review")
    rita.submit({"number": [number]}, button="Assign")
    assert rita.submit({"assignee": "x"}, button="Assign 1 request").status_code == 422
    assert "Choose somebody who decides on requests." in words(rita)
    run = started(rita, "Assign 1 request", assignee=str(desk.cast.rui.id))
    assert "芮明" in words(rita)
    work(desk)
    assert desk.count(InvoiceRequest, InvoiceRequest.claimed_by_id == desk.cast.rui.id) == 1
    rita.get(f"/review/bulk/new?action=assign&number={number}")
    assert started(rita, "Assign 1 request", assignee="nobody") != run
    assert "Nobody" in words(rita)
    work(desk)
    assert desk.count(InvoiceRequest, InvoiceRequest.claimed_by_id.is_not(None)) == 0


def test_all_that_match_are_taken_by_the_filters_of_the_address(desk: Desk, rita: Visitor) -> None:
    ours = [desk.apply(amount="1.00", days_ago=3) for _ in range(52)]
    other = desk.apply(desk.cast.bo)
    rita.get("/review?customer=lumen")
    rita.submit({"all": "1", "number": [other]}, button="Approve")
    assert "Approve 52 requests" in words(rita)
    assert "¥52.00" in words(rita)
    new = desk.apply(amount="1.00", days_ago=9)
    started(rita, "Approve 52 requests")
    work(desk)
    assert {desk.state(number) for number in ours} == {"approved"}
    assert desk.state(new) == "pending", "what came after the second look was not looked at"
    assert desk.state(other) == "pending"


def test_the_bar_is_told_how_many_match_and_what_they_come_to(
    desk: Desk, rita: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        desk.apply(amount="1000.25")
    desk.apply(desk.cast.bo)
    told = rita.get("/review/bulk/matching?customer=lumen").json
    assert told == {"label": "All 3 that match", "said": "3 requests, ¥3,000.75"}
    monkeypatch.setattr(queries, "BULK_LIMIT", 2)
    assert rita.get("/review/bulk/matching").json["said"] == "2 requests, ¥2,000.50"
    rita.get("/review/bulk/new?action=approve&all=1")
    assert "These are the most urgent ones; the others come next." in words(rita)


def test_a_double_submit_is_one_run(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=approve&number={number}")
    form = rita.page
    first = started(rita, "Approve 1 request")
    rita.page, rita.path = form, "/review/bulk/new"
    assert started(rita, "Approve 1 request") == first
    assert "had been sent before" not in words(rita)
    rita.page, rita.path = form, "/review/bulk/new"
    assert started(rita, "Approve 1 request", remarks="Other words") == first
    assert "This selection had been sent before. What you typed since then was not taken." in words(rita)
    assert desk.count(BulkRun) == 1


def test_nothing_ticked_leads_back_to_the_list(desk: Desk, rita: Visitor) -> None:
    desk.apply()
    rita.get("/review?view=all&min=1")
    rita.submit({}, button="Approve")
    assert rita.page.headers["Location"] == "/review?view=all&min=1"
    rita.follow()
    assert "Tick the requests first." in words(rita)


def test_only_what_waits_for_a_verdict_has_a_box(desk: Desk, rita: Visitor, visit: Callable[..., Visitor]) -> None:
    pending, decided = desk.apply(), desk.apply()
    desk.run(decisions.approve, desk.cast.rui.actor, decided, now=NOW)
    page = rita.get("/review?view=all").text
    assert f'value="{pending}" data-pick="10000"' in page
    assert f'value="{decided}"' not in page
    assert "data-pick" not in rita.get("/review?view=approved").text
    for who in (desk.cast.max, desk.cast.otto):
        assert "data-pick" not in visit(who).get("/review").text


@pytest.mark.parametrize("address", ["/review/bulk/matching", "/review/bulk/new"])
def test_all_that_match_is_never_more_than_what_a_filter_asks_for(
    desk: Desk, visit: Callable[..., Visitor], address: str
) -> None:
    desk.apply()
    rita = visit(desk.cast.rita)
    assert rita.get(f"{address}?action=approve&all=1&from=2026-02-30").status_code == 404
    assert rita.get(f"{address}?action=approve&all=1&min=x").status_code == 404


def test_an_export_of_entries_wants_readable_filters(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply()
    assert visit(desk.cast.rita).get("/review/accounts/lumen/entries/export.csv?from=2026-02-30").status_code == 404
    assert visit(desk.cast.rita).get("/review/accounts/lumen/entries/export.csv").status_code == 200


def test_open_questions_are_not_decided_without_a_word(desk: Desk, rita: Visitor) -> None:
    held, free = desk.apply(), desk.apply()
    desk.run(holds.hold, desk.cast.rui.actor, held, question="Which contract?", now=NOW)
    for query in ("status=pending", "view=all", "view=unassigned"):
        assert rita.get(f"/review/bulk/matching?{query}").json["said"] == "1 request, ¥100.00"
        rita.get(f"/review/bulk/new?action=approve&all=1&{query}")
        assert (free in words(rita), held in words(rita)) == (True, False)
        assert "wait for an answer" not in words(rita)
    assert rita.get("/review/bulk/matching?view=on-hold").json["said"] == "1 request, ¥100.00"
    for action in ("approve", "reject"):
        rita.get(f"/review/bulk/new?action={action}&number={held}&number={free}")
        assert "1 of them waits for an answer of the customer." in words(rita)
    rita.get(f"/review/bulk/new?action=assign&number={held}")
    assert "waits for an answer" not in words(rita)


@pytest.mark.parametrize("query", ["status=pending", "view=all", "view=on-hold"])
def test_a_row_says_that_it_waits_for_the_customer(desk: Desk, rita: Visitor, query: str) -> None:
    held, free = desk.apply(), desk.apply()
    desk.run(holds.hold, desk.cast.rui.actor, held, question="Which contract?", now=NOW)
    rows = rita.get(f"/review?{query}").text.partition("<tbody")[2].split("</tr>")
    assert [held in row for row in rows if "On hold" in row] == [True]
    assert query == "view=on-hold" or any(free in row for row in rows)


def test_a_list_of_several_pages_says_that_ticks_are_for_one(
    desk: Desk, rita: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        desk.apply()
    for size, is_told in ((2, False), (1, True)):
        monkeypatch.setattr(queue, "PAGE_SIZE", size)
        assert ("Ticks are for this page alone." in rita.get("/review").text) is is_told


def test_the_page_that_asks_says_what_the_evidence_comes_to(desk: Desk, rita: Visitor) -> None:
    twins = [desk.apply(amount="12.34") for _ in range(2)]
    rita.get("/review")
    rita.submit({"number": twins}, button="Approve")
    assert "A check failed on 2 of them" in words(rita)
    assert words(rita).count("¥12.34 Fail Duplicate, ") == 2
    assert "As things stand those are 2 of them." in words(rita)
    rita.get("/review")
    rita.submit({"number": twins}, button="Reject")
    assert "A check failed" not in words(rita)
    desk.run(decisions.reject, desk.cast.rui.actor, twins[0], reason="other", remarks="No.", now=NOW)
    rita.get(f"/review/bulk/new?action=approve&number={twins[0]}")
    assert "will be left as it is" in words(rita)
    assert "The checks of so many" not in words(rita)


@pytest.mark.parametrize("after", ["the first page", "a refusal"])
def test_another_language_keeps_the_selection_and_the_words(desk: Desk, rita: Visitor, after: str) -> None:
    numbers = [desk.apply(amount="1.00"), desk.apply(amount="2.00")]
    rita.get("/review?min=1")
    rita.submit({"number": numbers}, button="Reject")
    if after == "a refusal":
        assert rita.submit({"remarks": "Mend the tax ID"}, button="Reject 2 requests").status_code == 422
    rita.submit({"remarks": "Mend the tax ID, please"}, button="中文")
    rita.follow()
    assert "驳回 2 件申请" in words(rita)
    assert "Mend the tax ID, please" in rita.page.text
    way_back = "&amp;number=".join(["/review?min=1", *numbers])
    assert f'href="{way_back}"' in rita.page.text, "the way back to the list"
    rita.submit(button="English")
    rita.follow()
    started(rita, "Reject 2 requests", reason="tax_id")
    work(desk)
    assert [desk.state(number) for number in numbers] == ["rejected", "rejected"]
    assert desk.count(Decision, Decision.remarks == "Mend the tax ID, please") == 2


@pytest.mark.one_database
def test_ready_texts_in_the_customers_languages_and_the_mail_to_one_of_them(desk: Desk, rita: Visitor) -> None:
    decided, claimed = desk.apply(), desk.apply()
    desk.run(decisions.approve, desk.cast.rui.actor, decided, now=NOW)
    desk.run(claims.claim, desk.cast.rui.actor, claimed, now=NOW)
    rita.get(f"/review/bulk/new?action=reject&number={decided}&number={claimed}&number={desk.apply()}")
    rita.submit({"reason": "other", "remarks": "Hello"}, button="Preview the email")
    ours = re.findall(r'<section class="letter".*?</section>', rita.page.text, re.DOTALL)[0]
    assert (decided in ours, claimed in ours) == (False, False), "the mail is about one that will be rejected"
    rita.get(f"/review/bulk/new?action=reject&number={decided}&number={claimed}")
    rita.submit({"reason": "other", "remarks": "Hello"}, button="Preview the email")
    assert "As things stand none of these will be rejected" in words(rita)
    assert "ap@bills.example" not in rita.page.text
    assert rita.submit({"remarks": ""}, button="Preview the email").status_code == 422
    first, second = desk.apply(), desk.apply(desk.cast.bo)
    desk.run(lambda: session.execute(update(InvoiceRequest).where(InvoiceRequest.number == second).values(locale="zh")))
    rita.get("/review")
    rita.submit({"number": [first, second]}, button="Reject")
    assert "Lumen Robotics Ltd" not in re.sub(r"<table.*</table>", "", rita.page.text, flags=re.DOTALL)
    texts = re.findall(r'data-offer="email" data-text="([^"]+)"', rita.page.text)
    assert [text[:10] for text in texts] == ["Mail to th", "发往该接收邮箱的邮件", "The receiv", "该接收邮箱看起来不像"]
    assert rita.submit({"remarks": ""}, button="Preview the email").status_code == 422
    assert "Choose a reason." in words(rita)
    rita.submit({"remarks": "Hello"}, button="email-0-zh")
    assert f"Hello\n{texts[1]}" in unescape(rita.page.text)
    rita.submit(button="Preview the email")
    letter = unescape(re.findall(r'<section class="letter".*?</section>', rita.page.text, re.DOTALL)[0])
    assert "to ap@bills.example" in letter
    assert texts[1] in letter
    started(rita, "Reject 2 requests")
    work(desk)
    assert desk.count(Decision, Decision.remarks == f"Hello\n{texts[1]}") == 2


@pytest.mark.one_database
def test_with_scripts_another_language_comes_back_to_what_was_chosen(desk: Desk, rita: Visitor) -> None:
    """There its button is a form of its own, which names the page that shows the answer once more."""
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=reject&number={number}")
    rita.submit({"remarks": "Hello"}, button="Preview the email")
    assert rita.page.status_code == 422
    assert came_back(rita) == "/review/bulk/start"
    assert number in words(rita)
    assert "Hello" in rita.page.text
    rita.submit({"remarks": "Hello"}, button="Reject 1 request")
    assert rita.page.status_code == 422
    assert came_back(rita) == "/review/bulk/start"
    run = started(rita, "Reject 1 request", reason="other")
    desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    work(desk)
    rita.get(run)
    rita.submit({}, button="reject")
    assert came_back(rita) == "/review/bulk/start"
    assert "Reject 1 request" in words(rita)
    rita.get(f"/review/{number}/reject")
    rita.submit({"remarks": "Hello"}, button="Preview the email")
    assert came_back(rita) == f"/review/{number}/reject"


def came_back(visitor: Visitor) -> str:
    """Where the present page leads back to; what is shown there."""
    (page,) = set(re.findall(r'<input type="hidden" name="next" value="([^"]*)">', visitor.page.text))
    visitor.get(unescape(page))
    assert visitor.page.status_code == 200
    return visitor.path


@pytest.mark.one_database
def test_a_ready_text_waits_for_whoever_was_signed_out(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    rita.get(f"/review/bulk/new?action=reject&number={number}")
    freeze(NOW + timedelta(hours=3))
    rita.submit({"remarks": "Hello"}, button="email-0-en")
    rita.follow()
    rita.submit({"email": desk.cast.rita.email, "password": "invoice-demo-2026"})
    rita.follow()
    assert "Reject 1 request" in words(rita)
    assert "Hello" in rita.page.text
