"""What opens after a verdict: the next request one may decide on, the same one, or the list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape, unescape
from typing import Any
from urllib.parse import quote

import pytest

from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.rules import Reason
from backoffice.review.queries import upcoming
from backoffice.review.services import claims, decisions
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor


@pytest.mark.parametrize(
    ("choice", "leads_to"), [("next", "/review/{next}"), ("stay", "/review/{same}"), ("list", "/review")]
)
def test_a_verdict_leads_where_the_person_wants(
    desk: Desk, visit: Callable[..., Visitor], choice: str, leads_to: str
) -> None:
    following, decided = desk.apply(days_ago=1), desk.apply(days_ago=6)
    rita = visit(desk.cast.rita)
    rita.get("/shortcuts")
    rita.submit(button=choice)
    rita.get(f"/review/{decided}")
    location = rita.submit({"remarks": ""}, button="Approve").headers["Location"].partition("#")[0]
    assert location == leads_to.format(next=following, same=decided)


def test_what_comes_next_is_due_first_and_nobody_elses(desk: Desk) -> None:
    later, taken, first = desk.apply(days_ago=3), desk.apply(days_ago=4), desk.apply(days_ago=5)
    desk.run(claims.claim, desk.cast.rui.actor, taken, now=NOW)
    rita = desk.cast.rita.actor
    assert desk.run(upcoming.most_urgent, rita, now=NOW) == first
    assert desk.run(upcoming.most_urgent, rita, now=NOW, besides=first) == later
    assert desk.run(upcoming.most_urgent, desk.cast.rui.actor, now=NOW, besides=first) == taken


def test_a_form_cannot_lead_out_of_the_queue(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    data = {"csrf_token": dict(rita.forms()[-1].values)["csrf_token"], "list": "https://elsewhere.example/review"}
    answer = rita.client.post(f"/review/{number}/approve", data=data)
    assert answer.headers["Location"] == "/review#heading"


# Of these the first is due last, and the third has the largest amount.
LIST = "/review?min=150&sort=-amount"


@pytest.mark.parametrize(
    ("decided", "choice", "beside", "leads_to"),
    [
        (1, "next", {}, "/review/{2}?list={list}#heading"),
        (1, "next", {"beside": "1"}, "/review?min=150&sort=-amount#{2}"),
        (1, "list", {}, "/review?min=150&sort=-amount#{2}"),
        (1, "stay", {}, "/review/{1}?list={list}#heading"),
        (1, "stay", {"beside": "1"}, "/review?min=150&sort=-amount#{1}"),
        # Behind the last one comes the first of those that are left, on the first page.
        (0, "next", {"beside": "1"}, "/review?sort=-amount&min=150#{3}"),
    ],
)
def test_the_next_one_of_the_list_follows_without_scripts(
    desk: Desk, visit: Callable[..., Visitor], decided: int, choice: str, beside: dict[str, str], leads_to: str
) -> None:
    amounts = ("200.00", "400.00", "300.00", "900.00")
    numbers = [desk.apply(amount=amount, days_ago=at) for at, amount in enumerate(amounts, start=1)]
    most_urgent = desk.apply(days_ago=9)
    rita = visit(desk.cast.rita)
    rita.get("/shortcuts")
    rita.submit(button=choice)
    rita.get(f"/review/{numbers[decided]}", headers={"Referer": f"http://localhost{LIST}"})
    form = next(form for form in rita.forms() if form.action.endswith("/approve"))
    answer = rita.client.post(form.action, data={**form.filled({}, None), **beside})
    wanted = leads_to.replace("{list}", quote(LIST, safe="/?")).format(*numbers)
    assert answer.headers["Location"] == wanted
    assert most_urgent not in wanted


def test_the_list_is_not_forgotten_on_the_way_through_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    first, second, third = (desk.apply(amount=amount) for amount in ("900.00", "800.00", "700.00"))
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{first}?list={quote(LIST)}")
    for following in (second, third):
        answer = rita.submit({"remarks": ""}, button="Approve")
        assert answer.headers["Location"].startswith(f"/review/{following}?list=")
        rita.follow()
    assert f'href="{escape(LIST)}#{third}"' in rita.page.text
    answer = rita.submit({"remarks": ""}, button="Approve")
    assert answer.headers["Location"] == "/review?sort=-amount&min=150#heading"


@pytest.mark.parametrize(
    ("beside", "leads_to"),
    [({}, "/review/{same}?list=/review?view%3Dmine#claim"), ({"beside": "1"}, "/review?view=mine#{same}")],
)
def test_a_claim_leads_back_to_where_it_was_made(
    desk: Desk, visit: Callable[..., Visitor], beside: dict[str, str], leads_to: str
) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    token = dict(rita.forms()[-1].values)["csrf_token"]
    data = {"csrf_token": token, "list": "/review?view=mine", **beside}
    answer = rita.client.post(f"/review/{number}/claim", data=data)
    assert answer.headers["Location"] == leads_to.format(same=number)


def test_single_keys_can_be_switched_off(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    assert 'data-keys="off"' not in rita.get(f"/review/{number}").text
    rita.get("/shortcuts")
    rita.submit(button="off")
    page = rita.get(f"/review/{number}").text
    assert 'data-keys="off"' in page
    assert 'aria-keyshortcuts="A"' not in page
    assert 'aria-keyshortcuts="Control+K"' in page


def test_z_is_the_last_approval_then_the_one_before_whichever_page_is_open(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = desk.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(desk.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))
    first, second, third = (desk.apply(days_ago=days) for days in (5, 4, 3))
    rita = visit(desk.cast.rita)
    for number in (first, second, third):
        rita.get(f"/review/{number}")
        rita.submit({"remarks": ""}, button="Approve")
    page = rita.get(f"/review/{first}").text
    assert pressed_by_z(page) == [f"/review/{third}/undo"]
    assert f"Undo the approval of {first}" in page
    rita.submit(button=f"Undo the approval of {first}")
    for number in (third, second):
        assert pressed_by_z(rita.follow().text) == [f"/review/{number}/undo"]
        rita.submit(button="Undo")
    assert pressed_by_z(rita.follow().text) == []
    assert {desk.state(number) for number in (first, second, third)} == {"pending"}


def pressed_by_z(page: str) -> list[str]:
    """Where the forms lead whose button the key presses."""
    return re.findall(r'action="([^"]+)">(?:(?!</form>).)*data-key="z"', page, re.DOTALL)


@pytest.mark.parametrize("address", ["/review/{}/reject", "/review/bulk/new?action=reject&number={}"])
def test_digits_of_the_reasons_obey_the_switch(desk: Desk, visit: Callable[..., Visitor], address: str) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    for choice, told in (("on", len(Reason)), ("off", 0)):
        rita.get("/shortcuts")
        rita.submit(button=choice)
        page = rita.get(address.format(number)).text
        keyed = re.findall(r'<input(?=[^>]* data-key="([1-9])")(?=[^>]* aria-keyshortcuts="\1")', page)
        assert keyed == list("123456789"[:told])
        assert len(re.findall(r'<kbd class="kbd"[^>]*>[1-9]</kbd>', page)) == told
        # Ctrl is not a single key: it stays.
        assert page.count('data-key="Control+Enter" aria-keyshortcuts="Control+Enter"') == 1


@pytest.fixture
def patient(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose approvals can be undone for a minute."""
    settings = desk.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(desk.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))
    return desk


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("page", "button", "typed"),
    [("reject", "Reject", {"remarks": "No.", "reason": ["other"]}), ("hold", "Ask", {"question": "Which contract?"})],
)
def test_a_rejection_or_question_takes_the_offer_of_ones_first_approval_away(
    four_eyes: Desk, patient: Desk, visit: Callable[..., Visitor], page: str, button: str, typed: dict[str, Any]
) -> None:
    number, rita = four_eyes.apply(amount="1000.00"), visit(patient.cast.rita)
    rita.get(f"/review/{number}")
    rita.submit({"remarks": ""}, button="Approve")
    assert pressed_by_z(rita.follow().text) == [f"/review/{number}/undo"]
    rita.get(f"/review/{number}/{page}")
    rita.submit(typed, button=button)
    assert f"/review/{number}/undo" not in rita.follow().text


@pytest.mark.one_database
def test_what_was_done_last_is_told_in_the_language_of_the_page(patient: Desk, visit: Callable[..., Visitor]) -> None:
    first, second = patient.apply(days_ago=5), patient.apply(amount="1234.50", days_ago=4)
    rita = visit(patient.cast.rita)
    for number, page, button, typed in (
        (second, "", "Approve", {"remarks": ""}),
        (first, "/reject", "Reject", {"remarks": "No.", "reason": ["other"]}),
    ):
        rita.get(f"/review/{number}{page}")
        rita.submit(typed, button=button)
    said = rita.follow().text
    assert (f"Approved: {second}, ¥1,234.50" in said, f"was to reject {first}" in said) == (True, True)
    rita.submit(button="中文")
    said = rita.follow().text
    assert f"已通过：{second}，¥1,234.50" in said
    assert f"您最近一次操作是驳回 {first}" in said
    assert "The last thing" not in said


def approved(visitor: Visitor, number: str) -> str:
    """Approve on the request's page; the page that follows."""
    visitor.get(f"/review/{number}")
    visitor.submit({"remarks": ""}, button="Approve")
    return visitor.follow().text


def told_by_z(page: str) -> str:
    """What the key says where it presses nothing."""
    (said,) = re.findall(r'data-no-undo="([^"]*)"', page)
    return str(said)


def test_z_takes_nothing_older_back_than_what_was_done_last(patient: Desk, visit: Callable[..., Visitor]) -> None:
    first, second, third, fourth = (patient.apply(days_ago=days) for days in (9, 8, 7, 6))
    rita = visit(patient.cast.rita)
    assert told_by_z(rita.get("/review").text) == "There is nothing to undo."
    assert pressed_by_z(approved(rita, first)) == [f"/review/{first}/undo"]
    rita.get(f"/review/{second}/reject")
    rita.submit({"reason": "other", "remarks": "Please name the contract."}, button="Reject")
    page = rita.follow().text
    assert pressed_by_z(page) == []
    assert told_by_z(page).startswith(f"The last thing you did was to reject {second}.")
    assert f'action="/review/{first}/undo"' in page, "it is offered still, to whoever presses the button"
    rita.get(f"/review/{third}/hold")
    rita.submit({"question": "Which contract?"}, button="Ask")
    assert told_by_z(rita.follow().text).startswith(f"The last thing you did was to ask about {third}.")
    rita.get(f"/review/{fourth}/notes")
    rita.submit({"note": "Looks right."})
    page = rita.follow().text
    assert told_by_z(page) == f"The last thing you did was to write a note on {fourth}. Notes stay."
    assert "The note is saved." in page
    assert {patient.state(number) for number in (first, second)} == {"approved", "rejected"}


def test_an_undo_that_came_too_late_leads_z_to_nothing_older(
    patient: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    first, second = patient.apply(days_ago=9), patient.apply(days_ago=8)
    rita = visit(patient.cast.rita)
    approved(rita, first)
    page = approved(rita, second)
    patient.run(decisions.return_to_queue, patient.cast.rui.actor, second, why="Wrong buyer", now=NOW)
    assert pressed_by_z(page) == [f"/review/{second}/undo"]
    rita.submit(button="Undo")
    page = rita.get("/review").text
    assert pressed_by_z(page) == []
    assert "芮明 returned the request to the queue at 23 Nov 2026, 10:00: Wrong buyer" in told_by_z(page)
    freeze(NOW + timedelta(seconds=61))
    assert "/undo" not in rita.get("/review").text
    freeze(NOW + timedelta(minutes=15))
    assert told_by_z(rita.get("/review").text) == "There is nothing to undo."


def test_a_first_approval_is_taken_back_by_z(patient: Desk, visit: Callable[..., Visitor]) -> None:
    large = {"starts_on": NOW.date(), "reason": "x", "now": NOW}
    patient.run(policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "500.00", **large)
    small, number = patient.apply(patient.cast.bo, days_ago=9), patient.apply(amount="500.00", days_ago=8)
    rita = visit(patient.cast.rita)
    approved(rita, small)
    page = approved(rita, number)
    assert "First approval: " in page
    assert pressed_by_z(page) == [f"/review/{number}/undo"]
    rita.submit(button="Undo")
    assert pressed_by_z(rita.follow().text) == [f"/review/{small}/undo"]
    assert "This will be the first of two approvals" in rita.get(f"/review/{number}").text


@pytest.mark.parametrize("stands_in", ["/review?min=50", "/review/{other}?list=/review%3Fmin%3D50"])
def test_an_undo_leads_back_to_the_list_it_was_pressed_in(
    patient: Desk, visit: Callable[..., Visitor], stands_in: str
) -> None:
    number, other = patient.apply(days_ago=9), patient.apply(days_ago=8)
    rita = visit(patient.cast.rita)
    approved(rita, number)
    address = stands_in.format(other=other)
    rita.get(address)
    answer = rita.submit(button="Undo", headers={"Referer": f"http://localhost{address}"})
    wanted = f"/review/{number}?list=/review?min%3D50#heading" if other in address else f"/review?min=50#{number}"
    assert answer.headers["Location"] == wanted


def test_skip_leads_behind_and_from_the_last_one_where_a_verdict_would(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    amounts = ("900.00", "800.00", "100.00")
    first, second, third = (desk.apply(amount=each, days_ago=at) for at, each in zip((3, 2, 9), amounts, strict=True))
    rita = visit(desk.cast.rita)

    def skips(address: str) -> str:
        page = rita.get(address).text
        (link,) = [found for found in re.findall(r"<a [^>]*>.*?</a>", page, re.DOTALL) if "<span>Skip</span>" in found]
        (href,) = re.findall(r'href="([^"]+)"', link)
        return unescape(str(href))

    # By the promised day the third one is first.
    assert [skips(f"/review/{number}") for number in (third, first, second)] == [
        f"/review/{number}#heading" for number in (first, second, third)
    ]
    listed = quote(LIST, safe="/?")
    assert skips(f"/review/{first}?list={quote(LIST)}") == f"/review/{second}?list={listed}#heading"
    last = unescape(skips(f"/review/{second}?list={quote(LIST)}"))
    assert last.startswith(f"/review/{first}?list=/review?")


@pytest.mark.parametrize("page", ["reject", "hold", "return"])
def test_cancel_of_a_form_on_its_own_page_does_not_forget_the_list(
    desk: Desk, visit: Callable[..., Visitor], page: str
) -> None:
    number = desk.apply(amount="200.00")
    if page == "return":
        desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    rita = visit(desk.cast.rita)
    form = rita.get(f"/review/{number}/{page}?list={quote(LIST)}").text
    ways = {unescape(href) for href in re.findall(r'href="(/review/[^"]*)"', form)}
    assert f"/review/{number}?list={quote(LIST, safe='/?')}" in ways
    assert f"/review/{number}" not in ways


NAMED = f"?list={quote(LIST, safe='/?')}"


@pytest.mark.parametrize(("page", "button"), [("", "Approve"), ("reject", "Reject"), ("hold", "Ask"), ("return", "")])
def test_signing_in_again_does_not_forget_the_list(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None], page: str, button: str
) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    if page == "return":
        desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW, undo_seconds=7)
    rita.get(f"/review/{number}/{page}".rstrip("/") + NAMED)
    freeze(NOW + timedelta(hours=20))
    name = {"hold": "question", "return": "why"}.get(page, "remarks")
    rita.submit({name: "Words"}, button=button or "Return to the queue")
    rita.follow()
    rita.submit({"email": desk.cast.rita.email, "password": "invoice-demo-2026"})
    assert "What you typed is still here." in rita.follow().text
    (form,) = [one for one in rita.forms() if (name, "Words") in one.values]
    assert dict(form.values)["list"] == LIST


@pytest.mark.parametrize("button", ["Claim", "Save the note", "Undo", "Return to the queue"])
def test_an_act_on_its_own_page_does_not_forget_a_list_that_the_address_lacks(
    patient: Desk, visit: Callable[..., Visitor], button: str
) -> None:
    number, before = patient.apply(days_ago=3), patient.apply(days_ago=4)
    rita = visit(patient.cast.rita)
    if button == "Undo":
        approved(rita, before)
    if button == "Return to the queue":
        patient.run(decisions.approve, patient.cast.rui.actor, number, now=NOW)
    rita.get(f"/review/{number}", headers={"Referer": f"http://localhost{LIST}"})
    fields = {"Save the note": {"note": "Rang."}, "Return to the queue": {"why": "Wrong"}}.get(button, {})
    answer = rita.submit(fields, button=button, headers={"Referer": f"http://localhost/review/{number}"})
    where = before if button == "Undo" else number
    assert answer.headers["Location"].startswith(f"/review/{where}{NAMED}#"), answer.headers["Location"]
