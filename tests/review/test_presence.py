"""Working beside others: who looks at what, what an open page hears, and handing a request over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from backoffice.accounts.models import LoginSession
from backoffice.database import session
from backoffice.errors import Forbidden
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import changes
from backoffice.review.models import Presence
from backoffice.review.rules import LOOKING
from backoffice.review.services import claims, decisions, holds, presence
from backoffice.sla import jobs
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import threshold
from tests.support.sql import statements
from tests.support.visitor import Visitor

MOMENT = timedelta(seconds=1)


def heard(visitor: Visitor, number: str, **said: str) -> dict[str, str | None]:
    """What an open page hears when it says that it shows the request."""
    visitor.get(f"/review/{number}")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.page.text)
    assert token
    answer = visitor.client.post(f"/review/{number}/looking", data={"csrf_token": token[1], **said})
    assert answer.status_code == (204 if "leaving" in said else 200)
    return dict(answer.json or {})


def people(visitor: Visitor, number: str) -> list[str]:
    """What the list says of whom the request occupies."""
    row = visitor.get("/review").text.partition(number)[2].partition("</tr>")[0]
    said = re.findall(r'class="row-people".*?</span>\s*(?:</span>)?', row, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", "<" + one).strip() for one in said]


def test_the_list_says_who_looks_and_who_works(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    number, other = desk.apply(), desk.apply()
    rita, rui = visit(desk.cast.rita), visit(desk.cast.rui)
    assert heard(rita, number) == {"looking": "", "claim": None, "news": None}
    assert people(rui, number) == ["Rita Moreau is looking at it"]
    assert people(rui, other) == []
    assert people(rita, number) == [], "one knows what one looks at oneself"
    assert "Rita Moreau is looking at it" in rui.get(f"/review/{number}").text
    assert rui.get("/review/looking").json == {number: {"works": "", "looks": "Rita Moreau is looking at it"}}
    assert heard(rui, number)["looking"] == "Rita Moreau is looking at it"
    desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    assert people(rita, number) == ["芮明 works on it", "芮明 is looking at it"]
    assert rita.get("/review/looking").json == {number: {"works": "芮明 works on it", "looks": "芮明 is looking at it"}}
    assert rui.get("/review/looking").json[number]["works"] == "You work on it"
    assert people(visit(desk.cast.max), number)[1] == "Rita Moreau, 芮明 are looking at it"
    freeze(NOW + LOOKING)
    assert people(rita, number) == ["芮明 works on it"], "a page that has not spoken for a minute is closed"


def test_a_closed_page_is_no_more_looked_at(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita, rui = visit(desk.cast.rita), visit(desk.cast.rui)
    heard(rita, number)
    heard(rita, number, leaving="1")
    assert people(rui, number) == []
    heard(rita, number)
    desk.run(presence.look, desk.cast.rui.actor, number, now=NOW + MOMENT)
    assert desk.run(presence.forget_old, now=NOW + LOOKING) == 1
    assert desk.count(Presence) == 1
    with desk.app.app_context():
        jobs.sweep()
    assert desk.count(Presence) == 1


def test_a_manager_who_looks_is_shown_with_their_role(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita, manager = visit(desk.cast.rita), visit(desk.cast.max)
    assert heard(manager, number, stage="pending") == {"looking": "", "claim": None, "news": None}
    told = "Max Weber (Manager) is looking at it"
    assert people(rita, number) == [told]
    assert told in rita.get(f"/review/{number}").text
    assert rita.get("/review/looking").json == {number: {"works": "", "looks": told}}
    assert heard(visit(desk.cast.rui), number)["looking"] == told
    assert heard(rita, number)["looking"] == "Max Weber (Manager), 芮明 are looking at it"
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    news = heard(manager, number, stage="pending")["news"]
    assert news == "芮明 approved this request at 23 Nov 2026, 10:00.", "whoever reads along hears it, too"
    assert "What you see is older. <" in manager.page.text, "and has typed nothing that could stay"
    heard(manager, number, leaving="1")
    assert heard(rita, number)["looking"] == "芮明 is looking at it"


def test_those_who_only_read_are_not_shown(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, otto = desk.apply(), visit(desk.cast.otto)
    assert "data-looking" not in otto.get(f"/review/{number}").text
    with pytest.raises(Forbidden):
        desk.run(presence.look, desk.cast.otto.actor, number, now=NOW)
    heard(visit(desk.cast.rita), number)
    assert "Rita Moreau is looking at it" in otto.get(f"/review/{number}").text


def test_an_open_page_hears_what_happened_meanwhile(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, rui = visit(desk.cast.rita), desk.cast.rui.actor
    asked, approved, rejected, taken, withdrawn = (desk.apply() for _ in range(5))
    large = desk.apply(desk.cast.bo, amount="6000.00")
    threshold(desk, "6000.00")
    desk.run(holds.hold, rui, asked, question="Which?", now=NOW)
    desk.run(decisions.approve, rui, approved, now=NOW)
    desk.run(decisions.reject, rui, rejected, reason="other", remarks="No.", now=NOW)
    desk.run(decisions.approve, rui, large, now=NOW)
    desk.run(claims.claim, rui, taken, now=NOW)
    desk.run(changes.withdraw, desk.cast.ada.actor, withdrawn, now=NOW)
    for number, news in (
        (asked, "芮明 asked the customer at 23 Nov 2026, 10:00. The question waits for its answer."),
        (approved, "芮明 approved this request at 23 Nov 2026, 10:00."),
        (withdrawn, "The customer withdrew this request at 23 Nov 2026, 10:00."),
        (rejected, "芮明 rejected this request at 23 Nov 2026, 10:00."),
        (large, "芮明 gave this request its first approval at 23 Nov 2026, 10:00."),
    ):
        assert heard(rita, number, stage="pending")["news"] == news
        stage = re.search(r'data-stage="(\w+)"', rita.page.text)
        assert stage
        assert heard(rita, number, stage=stage[1])["news"] is None, "what the page itself shows is no news"
    assert heard(rita, taken, stage="pending", mine="1")["news"] == "芮明 works on this request now."
    assert heard(rita, taken, stage="pending")["news"] is None
    assert heard(rita, taken, stage="approved")["news"] == "This request waits for a decision again."


def test_whoever_is_at_the_page_keeps_their_claim(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    desk.run(claims.claim, desk.cast.rita.actor, number, now=NOW)
    freeze(NOW + claims.CLAIM - MOMENT)
    until = "You work on this until 23 Nov 2026, 10:{}."
    assert heard(rita, number)["claim"] == until.format(15)
    assert heard(rita, number, active="1")["claim"] == until.format(29)
    assert heard(visit(desk.cast.rui), number, active="1")["claim"] is None


def test_an_open_page_does_not_keep_its_person_signed_in(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    page = rita.get(f"/review/{number}").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token

    def last_seen() -> datetime:
        with desk.app.app_context():
            return session.scalars(select(LoginSession.last_seen_at).order_by(LoginSession.id.desc())).first() or NOW

    before = last_seen()
    freeze(NOW + timedelta(minutes=20))
    rita.client.post(f"/review/{number}/looking", data={"csrf_token": token[1]})
    rita.client.get("/review/looking")
    assert last_seen() == before
    rita.get("/review")
    assert last_seen() == NOW + timedelta(minutes=20)


def test_who_looks_costs_no_statement_more(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    desk.run(presence.look, desk.cast.rui.actor, number, now=NOW)
    with statements(desk.app) as sent:
        assert "芮明 is looking at it" in rita.get("/review").text
    assert len(sent) == 3, "session, list, counts"
    with statements(desk.app) as sent:
        rita.get("/review/looking")
    assert len(sent) == 3, "session, who works, who looks"


def test_a_request_is_handed_to_a_colleague(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    rita.get(f"/review/{number}/assign")
    refused = rita.submit({"assignee": ""}, button="Hand over")
    assert refused.status_code == 422
    assert "Choose somebody who decides on requests." in refused.text
    assert desk.cast.max.name not in refused.text.partition("<select")[2].partition("</select>")[0]
    assert rita.submit({"assignee": str(desk.cast.rui.id)}, button="Hand over").status_code == 303
    assert "芮明 works on this request now." in rita.follow().text
    assert people(rita, number)[0] == "芮明 works on it"
    rita.get(f"/review/{number}")
    rita.submit({"assignee": str(desk.cast.rita.id)}, button="Hand over")
    assert people(rita, number)[0] == "You work on it", "in the dialog of its page, too, and back again"
    desk.run(decisions.reject, desk.cast.rita.actor, number, reason="other", remarks="No.", now=NOW)
    assert rita.get(f"/review/{number}/assign").status_code == 302
    with desk.app.app_context():
        assert session.scalars(select(InvoiceRequest.claimed_by_id)).one() is None
