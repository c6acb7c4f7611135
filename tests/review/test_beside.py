"""Without scripts: what stands beside a form of the desk, like the switch of language, loses none of its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from backoffice.requests.models import Decision, RequestNote
from backoffice.review.services import claims, decisions
from tests.review.desk import NOW, Desk
from tests.support.office import Office
from tests.support.people import Cast
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


NOTE, LINES = "The contract is signed.", WORDS.replace("\r\n", "\n")


def typed(visitor: Visitor, name: str) -> list[str]:
    """What the page's fields of that name say."""
    found = [value for form in visitor.forms() for there, value in form.values if there == name and value]
    return [value.replace("\r\n", "\n") for value in found]


@pytest.mark.one_database
@pytest.mark.parametrize("button", ["中文", "Claim"])
def test_a_note_and_remarks_outlast_what_stands_beside_them(
    desk: Desk, visit: Callable[..., Visitor], button: str
) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}")
    rita.submit({"remarks": WORDS, "note": NOTE}, button=button)
    rita.follow()
    assert (typed(rita, "remarks"), typed(rita, "note")) == ([LINES], [NOTE])
    assert desk.count(RequestNote) == 0


@pytest.mark.one_database
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_saving_a_note_keeps_the_remarks(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None], is_signed_in: bool
) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}?list=/review?view%3Dmine")
    if not is_signed_in:
        freeze(NOW + timedelta(hours=3))
    rita.submit({"remarks": WORDS, "note": NOTE}, button="Save the note")
    if not is_signed_in:
        rita.follow()
        rita.submit({"email": desk.cast.rita.email, "password": "invoice-demo-2026"})
        rita.follow()
        rita.submit({}, button="Save the note")
    rita.follow()
    assert rita.path.startswith(f"/review/{number}?list=/review?view%3Dmine")
    assert (typed(rita, "remarks"), typed(rita, "note")) == ([LINES], [])
    assert f'data-accepted="/review/{number}/notes"' in rita.page.text
    assert desk.count(RequestNote, RequestNote.text == NOTE) == 1
    assert rita.submit({"note": " "}, button="Save the note").status_code == 422
    assert (typed(rita, "remarks"), "Write the note." in rita.page.text) == ([LINES], True)
    assert "data-accepted" not in rita.page.text, "scripts keep what was refused"
    assert rita.submit(button="Approve").status_code == 303
    assert desk.count(Decision, Decision.remarks == LINES) == 1


@pytest.mark.one_database
def test_a_note_is_saved_with_the_approval_it_was_typed_beside(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, number = visit(desk.cast.rita), desk.apply()
    rita.get(f"/review/{number}")
    desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    assert rita.submit({"note": NOTE}, button="Approve").status_code == 409
    assert (typed(rita, "note"), desk.count(RequestNote)) == ([NOTE], 0)
    desk.run(claims.release, desk.cast.rui.actor, number, now=NOW)
    assert rita.submit(button="Approve").status_code == 303
    assert (desk.state(number), desk.count(RequestNote, RequestNote.text == NOTE)) == ("approved", 1)
    assert "The note is saved." in rita.follow().text
    rita.get(f"/review/{number}")
    rita.submit({"note": NOTE}, button="中文")
    rita.follow()
    assert typed(rita, "note") == [NOTE], "where nothing is decided the note is the page's own form"


@pytest.mark.parametrize(
    ("button", "goes_to"),
    [
        ("Reject", "reject"), ("Ask the customer", "hold"), ("Hand over", "assign"), ("Skip", ""),
        ("Take the next one", ""),
    ],
)  # fmt: skip
def test_another_page_of_the_request_costs_no_word_of_an_approval(
    desk: Desk, visit: Callable[..., Visitor], button: str, goes_to: str
) -> None:
    rita, (number, other) = visit(desk.cast.rita), (desk.apply(), desk.apply())
    page = f"/review/{number}"
    rita.get(page)
    rita.submit({"remarks": WORDS, "note": "To be kept"}, button=button)
    rita.follow()
    assert rita.path.startswith(f"/review/{number}/{goes_to}" if goes_to else f"/review/{other}")
    assert "Second line" not in rita.page.text
    rita.get(page)
    typed = {value for form in rita.forms() for _, value in form.values}
    assert {WORDS, "To be kept"} <= typed
    assert desk.state(number) == "pending"


@pytest.mark.one_database
def test_what_an_issued_request_offers_costs_no_word_of_a_note(
    office: Office, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    office.recharge("50.00")
    rita, page = visit(cast.rita), f"/review/{office.issued('20.00')}"
    for button in (
        "Take the next one", "Credit note...", "Issue anew...", "Record the official number", "Open PDF", "Audit pack",
    ):  # fmt: skip
        rita.get(page)
        rita.submit({"note": NOTE}, button=button)
        rita.get(page)
        assert typed(rita, "note") == [NOTE], button
