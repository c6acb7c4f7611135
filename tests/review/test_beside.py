"""Without scripts: what stands beside a form of the desk, like the switch of language, loses none of its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backoffice.requests.models import Decision
from backoffice.review.services import claims, decisions
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor, as_read

WORDS = "第一行\r\nSecond line"


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("reject", {"remarks": WORDS, "reason": ["amount", "other"]}),
        ("hold", {"question": WORDS}),
        ("notes", {"note": WORDS}),
        ("return", {"why": WORDS}),
    ],
)
def test_a_switch_of_language_keeps_what_was_typed(
    desk: Desk, visit: Callable[..., Visitor], page: str, typed: dict[str, list[str] | str]
) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    if page == "return":
        desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    address, name = f"/review/{number}/{page}", next(iter(typed))

    def there() -> dict[str, list[str]]:
        form = next(each for each in rita.forms() if name in each.names)
        return {key: [value for there, value in form.values if there == key] for key in typed}

    rita.get(address)
    rita.submit(typed, button="中文")
    rita.follow()
    assert 'lang="zh' in rita.page.text
    assert there() == {key: text if isinstance(text, list) else [as_read(text)] for key, text in typed.items()}
    assert desk.state(number) == ("approved" if page == "return" else "pending")


def test_enter_in_a_rejection_still_shows_the_mail_first(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}/reject")
    form = next(each for each in rita.forms() if "remarks" in each.names)
    first = form.buttons[0]
    assert (first.name, first.value, first.target) == ("preview", "1", f"/review/{number}/reject/draft")


def test_the_language_after_a_preview_comes_back_to_the_form(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}/reject")
    typed = {"remarks": WORDS, "reason": ["other"]}
    rita.submit(typed, button="Preview the email")
    assert rita.page.status_code == 200
    rita.submit(typed, button="中文")
    rita.follow()
    assert (rita.path, "Second line" in rita.page.text) == (f"/review/{number}/reject", True)


@pytest.mark.parametrize("button", ["中文", "Claim"])
def test_remarks_on_the_requests_own_page_outlast_what_stands_beside_them(
    desk: Desk, visit: Callable[..., Visitor], button: str
) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}?list=/review?view%3Dmine")
    rita.submit({"remarks": WORDS}, button=button)
    rita.follow()
    (form,) = [one for one in rita.forms() if ("remarks", WORDS) in one.values]
    assert (rita.path, dict(form.values)["list"]) == (f"/review/{number}?list=/review?view%3Dmine", "/review?view=mine")
    assert desk.state(number) == "pending"
    assert rita.submit(button="Approve" if button == "Claim" else "通过").status_code == 303
    assert desk.count(Decision, Decision.remarks == WORDS.replace("\r\n", "\n")) == 1
    assert "is still here" not in rita.get(f"/review/{number}").text


@pytest.mark.parametrize(
    ("button", "typed", "kept_at"),
    [
        ("Approve", {"remarks": WORDS}, ""),
        ("Ask", {"question": WORDS}, "/hold"),
        ("Reject", {"remarks": WORDS, "reason": ["other"]}, "/reject"),
    ],
)
def test_taking_over_after_a_refusal_keeps_the_words(
    desk: Desk, visit: Callable[..., Visitor], button: str, typed: dict[str, list[str] | str], kept_at: str
) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}")
    desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    assert rita.submit(typed, button=button).status_code == 409
    rita.submit(button="Take over")
    assert "You work on this until" in rita.follow().text
    page = rita.get(f"/review/{number}{kept_at}").text
    assert "Second line" in page
    assert rita.submit({}, button=button).status_code == 303
