"""What opens after a verdict: the next request one may decide on, the same one, or the list."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import quote

import pytest

from backoffice.requests.rules import Reason
from backoffice.review.queries import upcoming
from backoffice.review.services import claims
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
        (1, "stay", {}, "/review/{1}#heading"),
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
    ("beside", "leads_to"), [({}, "/review/{same}"), ({"beside": "1"}, "/review?view=mine#{same}")]
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


def test_digits_of_the_reasons_obey_the_switch(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    for choice, told in (("on", len(Reason)), ("off", 0)):
        rita.get("/shortcuts")
        rita.submit(button=choice)
        page = rita.get(f"/review/{number}/reject").text
        assert len(re.findall(r'<input[^>]* data-key="[1-9]"[^>]* aria-keyshortcuts="[1-9]"', page)) == told
        assert len(re.findall(r'<kbd class="kbd"[^>]*>[1-9]</kbd>', page)) == told
        # Ctrl is not a single key: it stays.
        assert page.count('data-key="Control+Enter" aria-keyshortcuts="Control+Enter"') == 1
