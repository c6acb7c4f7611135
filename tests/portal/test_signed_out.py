"""An application that arrives after its session ended waits for its owner, in their browser, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from backoffice.accounts import services as accounts
from backoffice.database import session
from backoffice.portal import services
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.services import LIFE
from backoffice.web import drafts
from tests.portal.conftest import APPLY, NOW, Customer, World, text
from tests.portal.test_supporting_file import choose
from tests.support import files
from tests.support.people import PASSWORD
from tests.support.visitor import Visitor

Freeze = Callable[[datetime], None]
REMARKS = "订单 4500\n第二行"


def typed_too_late(browser: Customer, freeze: Freeze, button: str = "review", **typed: str) -> str:
    """Type an application, let the session run out, press a button; ends on the sign-in page. Returns its key."""
    browser.get(APPLY)
    key = browser.key
    freeze(NOW + timedelta(hours=3))
    answer = browser.press(button, **{"amount": "123.45", "email": "cw@lumen.example", "remarks": REMARKS, **typed})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")
    browser.follow()
    return key


def sign_in_again(browser: Customer, email: str) -> None:
    browser.submit({"email": email, "password": "invoice-demo-2026"})
    browser.follow()


def test_what_was_typed_is_there_after_signing_in_again(ada: Customer, world: World, freeze: Freeze) -> None:
    key = typed_too_late(ada, freeze, copies="boss@lumen.example")
    sign_in_again(ada, "ada@lumen.example")
    assert ada.path == f"{APPLY}/{key}?back=1"
    assert "You are signed in again." in text(ada.page)
    typed = ada.typed()
    assert (typed["amount"], typed["email"], typed["copies"]) == ("123.45", "cw@lumen.example", "boss@lumen.example")
    assert typed["remarks"].splitlines() == REMARKS.splitlines()
    assert typed["header_id"] == str(world.header_id)
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).remarks == REMARKS
    # The next application begins anew.
    ada.get(APPLY)
    assert ada.typed()["amount"] == ""


def test_a_submit_that_came_too_late_loses_nothing_and_makes_nothing(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="5")
    freeze(NOW + timedelta(hours=3))
    assert ada.press("submit").status_code == 302
    assert world.count() == 0
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert ada.is_at_review
    assert "order.pdf" in text(ada.page)
    ada.press("submit")
    assert world.count() == 1


def test_a_file_that_was_only_chosen_is_asked_for_again(ada: Customer, freeze: Freeze) -> None:
    ada.get(APPLY)
    freeze(NOW + timedelta(hours=3))
    assert choose(ada, files.pdf(), amount="5").status_code == 302
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert ada.typed()["amount"] == "5"
    assert "choose it again" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]
    # It is not passed over in silence afterwards.
    ada.press("review")
    assert ada.is_refused
    assert "choose it again" in text(ada.page)


def test_a_file_that_was_kept_before_is_still_there(ada: Customer, freeze: Freeze) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="x")
    freeze(NOW + timedelta(hours=3))
    ada.press("review", amount="5")
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.typed()["amount"], "order.pdf" in text(ada.page)) == ("5", True)
    assert "You are signed in again. What you typed is still here." in text(ada.page)


def test_a_resubmission_is_still_one(ada: Customer, world: World, freeze: Freeze) -> None:
    number = ada.apply(amount="5")
    world.reject(number)
    ada.get(f"{APPLY}?resubmit={number}")
    freeze(NOW + timedelta(hours=3))
    ada.press("review", amount="6")
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.typed()["resubmit"], ada.typed()["amount"]) == (number, "6")


@pytest.mark.parametrize("who", ["lin@lumen.example", "bo@yunqi.example"])
def test_another_person_at_the_same_browser_does_not_see_it(ada: Customer, freeze: Freeze, who: str) -> None:
    typed_too_late(ada, freeze)
    sign_in_again(ada, who)
    page = text(ada.page)
    assert "This application is not here any more, or it is somebody else's." in page
    assert "123.45" not in page
    assert "cw@lumen.example" not in page
    assert "订单" not in page


def test_it_does_not_wait_for_ever(ada: Customer, world: World, freeze: Freeze) -> None:
    typed_too_late(ada, freeze)
    freeze(NOW + timedelta(hours=3, minutes=1) + LIFE)
    world.act(services.forget_old)
    sign_in_again(ada, "ada@lumen.example")
    assert ada.typed()["amount"] == ""


def test_nobody_can_put_words_into_anothers_application(ada: Customer, bo: Customer, freeze: Freeze) -> None:
    """A form that another site lets a browser send carries no word of ours, or only the attacker's own."""
    bo.get(APPLY)
    foreign = bo.typed()["owner"]
    freeze(NOW + timedelta(hours=3))
    for owner, key in (("", "a" * 32), ("x", "b" * 32), (foreign, "c" * 32)):
        evil = {"owner": owner, "email": "evil@x.example", "amount": "1", "remarks": "Evil", "action": "review"}
        ada.client.post(f"{APPLY}/{key}", data=evil)
        ada.get("/login")
        sign_in_again(ada, "ada@lumen.example")
        assert "unfinished application" not in text(ada.get(APPLY)), owner
        assert "Evil" not in text(ada.get(f"{APPLY}/{key}")), owner
        # Nor while her session lasts: the request lacks its token.
        answer = ada.client.post(f"{APPLY}/{key}", data=evil)
        assert answer.headers.get("Location", "/") == "/", owner
        assert "Evil" not in text(ada.get(f"{APPLY}/{key}")), owner
        ada.get(APPLY)
        ada.client.post("/logout", data={"csrf_token": ada.typed()["csrf_token"]})


def test_a_form_older_than_its_word_is_not_kept(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.get(APPLY)
    # A week with a margin: as long as what was kept there before.
    assert drafts.OWNER_LIFE > LIFE
    freeze(NOW + drafts.OWNER_LIFE)
    answer = ada.press("review", amount="123.45")
    assert answer.headers["Location"].startswith("/login")
    assert kept(world) == 0


def test_whoever_has_no_account_any_more_keeps_nothing(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.get(APPLY)
    freeze(NOW + timedelta(hours=3))
    world.act(accounts.deactivate_user, world.cast.ana.actor, world.cast.ada.id)
    assert ada.press("review", amount="5").headers["Location"].startswith("/login")
    assert kept(world) == 0


@pytest.mark.parametrize("number", ["x\x00", "IR-20260306-000000", "9" * 500])
def test_a_number_that_is_none_of_the_writers_is_no_error(ada: Customer, freeze: Freeze, number: str) -> None:
    typed_too_late(ada, freeze, resubmit=number, words="\x00")
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.typed()["amount"], ada.typed()["resubmit"]) == ("123.45", "")


def kept(world: World) -> int:
    """How many drafts there are."""
    with world.app.app_context():
        return session.scalar(select(func.count()).select_from(ApplicationDraft)) or 0


@pytest.mark.parametrize("line", ["x\n", "x\r\n"])
def test_a_line_break_counts_once_as_it_does_when_it_is_submitted(
    ada: Customer, world: World, freeze: Freeze, line: str
) -> None:
    longest = line * 14 + "y" * (500 - 28)
    typed_too_late(ada, freeze, remarks=longest.replace("\r\n", "\n").replace("\n", "\r\n"))
    sign_in_again(ada, "ada@lumen.example")
    assert "What you typed is still here." in text(ada.page)
    assert ada.typed()["remarks"].splitlines() == longest.splitlines()
    form = ada.path
    assert ada.press("new-header").status_code == 303
    ada.get(form)
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert len(world.request(number).remarks) == 500


@pytest.mark.parametrize(("name", "value"), [("remarks", "x" * 501), ("amount", "1" * 61), ("copies", "c" * 1025)])
def test_what_is_too_long_to_be_kept_is_named_and_the_rest_is_there(
    ada: Customer, freeze: Freeze, name: str, value: str
) -> None:
    typed = {"amount": "123.45", "remarks": "Order", "copies": "boss@lumen.example", name: value}
    typed_too_late(ada, freeze, **typed)
    sign_in_again(ada, "ada@lumen.example")
    page = text(ada.page)
    assert "What you typed is still here." not in page
    assert "What could be kept is still here; look at the marked fields." in page
    for other in typed:
        fault = page.partition(f'id="{other}-error"')[2].partition("</p>")[0]
        assert ("too long to be kept" in fault) == (other == name)
        assert ada.typed()[other] == ("" if other == name else typed[other])


def test_much_more_than_a_form_holds_is_no_error(ada: Customer, freeze: Freeze) -> None:
    typed_too_late(ada, freeze, remarks="x" * 1_000_000, email="e" * 5000)
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("123.45", "")


def signed_in_elsewhere(browser: Customer, who: str, freeze: Freeze) -> None:
    """The session of the present page runs out, and in another window of the same browser somebody signs in."""
    page, where = browser.page, browser.path
    freeze(NOW + timedelta(hours=3))
    browser.get("/login")
    browser.submit({"email": who, "password": "invoice-demo-2026"})
    browser.page, browser.path = page, where


def test_a_form_of_the_session_before_is_kept_and_shown(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.get(APPLY)
    key = ada.key
    signed_in_elsewhere(ada, "ada@lumen.example", freeze)
    ada.press("review", amount="123.45", remarks=REMARKS)
    assert ada.path == f"{APPLY}/{key}?back=1"
    assert "You are signed in again. What you typed is still here." in text(ada.page)
    assert ada.typed()["amount"] == "123.45"
    assert ada.typed()["remarks"].splitlines() == REMARKS.splitlines()
    assert world.count() == 0
    ada.press("review")
    assert ada.press("submit").headers["Location"].startswith("/invoices/IR-")


def test_a_submit_of_the_session_before_is_looked_at_once_more(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.review(amount="5")
    review = ada.path
    signed_in_elsewhere(ada, "ada@lumen.example", freeze)
    ada.press("submit")
    assert ada.path == review
    assert "You signed in again after this page was opened." in text(ada.page)
    assert world.count() == 0
    assert ada.press("submit").headers["Location"].startswith("/invoices/IR-")


def test_a_form_of_somebody_elses_session_is_kept_for_them(ada: Customer, world: World, freeze: Freeze) -> None:
    """A colleague signed in at the same browser in another window."""
    ada.get(APPLY)
    form = ada.path
    signed_in_elsewhere(ada, "lin@lumen.example", freeze)
    answer = ada.press("review", amount="123.45", remarks="Of Ada")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = text(ada.follow())
    assert "Somebody else was signed in when this form was opened." in page
    assert "Of Ada" not in text(ada.get(APPLY))
    lin = ada
    lin.submit({}, button="Sign out")
    lin.sign_in(world.cast.ada)
    lin.get(form)
    assert (lin.typed()["amount"], lin.typed()["remarks"]) == ("123.45", "Of Ada")


def test_a_form_sent_after_a_reviewer_signed_in_is_kept_for_its_writer(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    ada.get(APPLY)
    form = ada.path
    signed_in_elsewhere(ada, "rita@backoffice.example", freeze)
    answer = ada.press("review", amount="123.45", remarks="Of Ada")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    rita = ada
    assert "Somebody else was signed in when this form was opened." in text(rita.follow())
    rita.submit({}, button="Sign out")
    rita.sign_in(world.cast.ada)
    rita.get(form)
    assert (rita.typed()["amount"], rita.typed()["remarks"]) == ("123.45", "Of Ada")


def test_a_form_that_came_too_late_overwrites_nothing_of_another_window(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    key, form, where = ada.key, ada.page, ada.path
    ada.press("all", remarks="Of one window")
    ada.page, ada.path = form, where
    signed_in_elsewhere(ada, "ada@lumen.example", freeze)
    ada.press("review", remarks="Of the other")
    assert ada.key != key
    assert ada.typed()["remarks"] == "Of the other"
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of one window"


@pytest.mark.parametrize("button", ["Withdraw", "Throw away", "中文"])
def test_a_button_of_the_session_before_leads_to_its_page_anew(
    ada: Customer, world: World, freeze: Freeze, button: str
) -> None:
    number = ada.apply(amount="5")
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    ada.get(f"/invoices/{number}/withdraw" if button == "Withdraw" else APPLY)
    page = ada.path
    signed_in_elsewhere(ada, "ada@lumen.example", freeze)
    ada.submit(button=button, headers={"Referer": f"http://localhost{page}"})
    assert ada.page.status_code == 303
    assert ada.page.headers["Location"].partition("?")[0] == page.partition("?")[0]
    assert "nothing was done" in text(ada.follow())
    assert world.request(number).state == "pending"
    ada.submit(button=button)
    assert ada.page.status_code in (302, 303)
    # Another site gets the page that refuses.
    stranger = ada.client.post(page, headers={"Referer": "https://evil.example/"})
    assert stranger.status_code in (400, 405)


@pytest.mark.parametrize(
    ("who", "wanted", "home"),
    [
        ("rita", "/invoices/apply?amount=5", "/review"),
        ("ada", "/review/IR-20260302-480213", "/invoices"),
        ("ana", "/invoice-headers", "/admin"),
    ],
)
def test_whoever_may_not_enter_the_page_asked_for_is_told_and_led_home(
    world: World, who: str, wanted: str, home: str
) -> None:
    browser = Visitor(world.app)
    browser.get(wanted)
    browser.follow()
    browser.submit({"email": getattr(world.cast, who).email, "password": PASSWORD})
    browser.follow()
    assert (browser.path, browser.page.status_code) == (home, 200)
    assert "You wanted to open a page that is not for your role." in text(browser.page)
    # So is whoever is signed in already; nothing is said of a page they may enter, or of one that is not there.
    assert browser.get("/login", query_string={"next": wanted}).headers["Location"] == "/"
    for target in (home, "/settings", "/no-such-page", "/logout", "/static/js/main.js"):
        assert browser.get("/login", query_string={"next": target}).headers["Location"] == target
