"""What a page offers beside its form, pressed without JavaScript: no word of the form is lost, and the deed is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.portal.conftest import APPLY, NOW, Customer, World, text
from tests.portal.test_signed_out import sign_in_again
from tests.portal.written import Freeze, keys, overtaken, two_applications

WORDS = {"amount": "1,234.5x", "remarks": "采购单 7\r\n第二行", "copies": "boss@lumen.example"}


def assert_typed(ada: Customer) -> None:
    """The form of the present page says what was typed."""
    typed = ada.typed()
    # A text area sends CR LF, and what waited over the end of a session has LF.
    assert {name: typed[name].replace("\r", "") for name in WORDS} == {
        name: words.replace("\r", "") for name, words in WORDS.items()
    }


@pytest.mark.parametrize(("button", "done"), [("中文", 'lang="zh-CN"'), ("Dark", 'data-theme="dark"')])
def test_another_language_or_theme_keeps_what_was_typed(ada: Customer, button: str, done: str) -> None:
    ada.get(APPLY)
    where = ada.path
    ada.submit(WORDS, button=button)
    ada.follow()
    assert (ada.path, done in ada.page.text) == (where, True)
    assert_typed(ada)
    # Once more over what is kept now, and with the errors that the page had told.
    ada.press("review")
    assert ada.is_refused
    where = ada.path
    ada.submit({"email": "other@lumen.example"}, button="auto")
    ada.follow()
    assert (ada.path, ada.typed()["email"], 'id="amount-error"' in ada.page.text) == (
        where,
        "other@lumen.example",
        True,
    )


def test_nothing_is_kept_of_a_form_into_which_nothing_was_typed(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    where = ada.path
    ada.submit(button="中文")
    ada.follow()
    assert (ada.path, keys(world)) == (where, set())


def test_another_application_is_thrown_away_and_put_back_beside_what_is_typed(ada: Customer, world: World) -> None:
    older, newer = two_applications(ada)
    ada.get(APPLY)
    where, key = ada.path, ada.key
    ada.submit(WORDS, button="Throw away")
    assert "1 unfinished application" in text(ada.follow())
    assert ada.path == where
    assert_typed(ada)
    ada.submit({"remarks": "Typed on"}, button="Undo")
    ada.step()
    assert (ada.key, ada.typed()["remarks"]) == (newer, "Newer")
    assert "What you typed is kept among your unfinished applications." in text(ada.page)
    assert keys(world) == {older, newer, key}
    ada.get(f"{APPLY}/{key}")
    assert (ada.typed()["remarks"], ada.typed()["amount"]) == ("Typed on", WORDS["amount"])


def test_signing_out_keeps_it_for_the_next_time(ada: Customer) -> None:
    ada.get(APPLY)
    key = ada.key
    ada.submit(WORDS, button="Sign out")
    assert ada.page.headers["Location"] == "/login"
    assert ada.get("/invoices").status_code == 302
    ada.sign_in("ada@lumen.example")
    assert "1 unfinished application" in text(ada.get(APPLY))
    ada.get(f"{APPLY}/{key}")
    assert_typed(ada)


def test_a_chosen_file_is_asked_for_again(ada: Customer) -> None:
    ada.get(APPLY)
    ada.submit({"support_file": "order.pdf"}, button="中文")  # of a file such a button sends the name
    ada.follow()
    ada.submit(button="English")
    ada.follow()
    assert "choose it again" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]


def test_what_another_window_wrote_meanwhile_stays_too(ada: Customer) -> None:
    key = overtaken(ada)
    ada.submit(WORDS, button="中文")
    ada.follow()
    assert ada.key != key
    assert_typed(ada)
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of another window"


def test_more_text_than_a_draft_holds_is_shown_and_nothing_is_done(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada.submit({"remarks": "x" * 70_000}, button="中文")
    assert (ada.page.status_code, ada.typed()["remarks"]) == (422, "x" * 70_000)
    assert "nothing was done" in text(ada.page)
    assert ('lang="en"' in ada.page.text, keys(world)) == (True, set())


def test_after_the_session_ended_the_words_come_back_first(ada: Customer, freeze: Freeze) -> None:
    ada.get(APPLY)
    freeze(NOW + timedelta(hours=9))
    ada.submit(WORDS, button="中文")
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert_typed(ada)


@pytest.mark.parametrize("deed", ["//evil.example/x", "https://evil.example", "", "x" * 3000, "self"])
def test_a_deed_that_is_none_of_ours_leads_back_to_the_form(ada: Customer, deed: str) -> None:
    ada.get(APPLY)
    address = f"{APPLY}/{ada.key}"
    answer = ada.client.post(
        address, query_string={"aside": address if deed == "self" else deed}, data={**ada.typed(), "remarks": "Order"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, address)


def test_a_deed_still_needs_its_token_and_its_guard(ada: Customer, world: World) -> None:
    older, _ = two_applications(ada)
    ada.get(APPLY)
    data, deed = {**ada.typed(), "csrf_token": "x"}, f"{APPLY}/{older}/discard"
    assert ada.client.post(f"{APPLY}/{ada.key}", query_string={"aside": deed}, data=data).status_code in (303, 400)
    assert f'href="{APPLY}/{older}"' in text(ada.get(APPLY))
    answer = ada.client.post(f"{APPLY}/{ada.key}", query_string={"aside": "/review/next"}, data=ada.typed())
    assert answer.status_code == 307
    assert ada.client.post("/review/next", data=ada.typed()).status_code in (403, 404)


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("/invoices/{asked}/answer", {"answer": "回答\r\n第二行"}),
        ("/invoices/{pending}/correct", {"email": "right@lumen.example", "copies": "x"}),
        ("/invoice-headers/new?next=apply", {"name": "流明", "tax_id": "9131", "pasted_text": "税号：1"}),
        ("/invoice-headers/{header}/edit", {"phone": "021-7"}),
    ],
)
def test_the_other_long_forms_keep_their_words_in_the_browser(
    ada: Customer, world: World, form: str, typed: dict[str, str]
) -> None:
    asked, pending = (ada.apply(amount="5") for _ in range(2))
    world.ask(asked, "Which order?")
    address = form.format(asked=asked, pending=pending, header=world.header_id)
    name = next(iter(typed))

    def there() -> dict[str, str]:
        return dict(next(each for each in ada.forms() if name in each.names).values)

    ada.get(address)
    before = there()
    ada.submit(button="中文")
    assert "typed" not in "".join(ada.page.headers.getlist("Set-Cookie"))
    ada.follow()
    assert there().items() >= {key: value for key, value in before.items() if key in typed}.items()
    ada.submit(typed, button="English")
    ada.follow()
    assert (ada.path, 'lang="en"' in ada.page.text) == (address, True)
    assert there().items() >= typed.items()
    assert "What you typed is still here." in text(ada.page)
    # Whoever signs out leaves nothing in the browser that is not theirs alone: that button stands by itself.
    assert not any(each.fits(typed, "Sign out") for each in ada.forms())


def test_words_too_long_for_the_browser_stay_on_the_page(ada: Customer, world: World) -> None:
    asked = ada.apply(amount="5")
    world.ask(asked, "Which order?")
    long = "".join(chr(0x4E00 + 37 * sign % 20_000) for sign in range(4000))
    for address, name in ((f"/invoices/{asked}/answer", "answer"), ("/invoice-headers/new", "name")):
        ada.get(address)
        ada.submit({name: long}, button="中文")
        assert ada.page.status_code == 200, name
        assert "too long to wait while you do something else" in text(ada.page)
        assert long in text(ada.page)


def test_enter_still_presses_the_next_step(ada: Customer, world: World) -> None:
    asked = ada.apply(amount="5")
    world.ask(asked, "Which order?")
    for address, field, pressed in (
        (APPLY, "amount", ("action", "review")), ("/invoice-headers/new", "tax_id", ("action", "save")),
        (f"/invoices/{asked}/answer", "answer", ("", "")),
    ):  # fmt: skip
        ada.get(address)
        first = next(form for form in ada.forms() if field in form.names).buttons[0]
        assert ((first.name, first.value), first.target) == (pressed, ""), address
