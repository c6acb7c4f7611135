"""Two people at one header: nobody undoes a change unseen, and nobody loses what was typed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.database import transaction
from backoffice.errors import Conflict
from backoffice.headers import invariants, services
from backoffice.headers.models import InvoiceHeader
from tests.headers.conftest import GOOD, OTHER, Clerk
from tests.support.people import Cast, Person
from tests.support.visitor import as_read


@pytest.fixture
def lin(cast: Cast, clerk: Callable[[Person], Clerk]) -> Clerk:
    """Lin, a colleague of Ada."""
    return clerk(cast.lin)


def edit_page(header: InvoiceHeader) -> str:
    return f"/invoice-headers/{header.id}/edit"


def remove(clerk: Clerk, header_id: int) -> None:
    clerk.get(f"/invoice-headers/{header_id}/archive")
    clerk.submit(button="Remove")


def test_the_second_save_is_told_what_the_first_changed_and_goes_through_when_pressed_again(
    ada: Clerk, lin: Clerk
) -> None:
    header = ada.saved(**GOOD, phone="021-1")
    for each in (ada, lin):
        each.get(edit_page(header))
    assert lin.press(phone="021-2", bank="建设银行") == 303
    assert ada.press(address="宜山路900号") == 409
    for said in ("林晓", "Phone: now: 021-2", "Before: 021-1", "Bank: now: 建设银行"):
        assert said in ada.text
    # What Ada did not touch follows, what she typed stays.
    assert (ada.typed()["address"], ada.typed()["phone"], ada.typed()["bank"]) == ("宜山路900号", "021-2", "建设银行")
    kept = ada.kept()[0]
    assert (kept.phone, kept.address) == ("021-2", "")
    assert ada.press() == 303
    kept = ada.kept()[0]
    assert (kept.phone, kept.bank, kept.address) == ("021-2", "建设银行", "宜山路900号")


def test_lines_that_nobody_touched_follow_as_any_other_field(ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD, remarks="line one\nline two")
    assert header.remarks == "line one\nline two"
    for each in (ada, lin):
        each.get(edit_page(header))
    assert lin.press(remarks="LIN CHANGED") == 303
    assert ada.press(phone="021-2") == 409
    assert "Remarks: now: LIN CHANGED" in ada.text
    assert ada.typed()["remarks"] == "LIN CHANGED"
    assert ada.press() == 303
    assert (ada.kept()[0].remarks, ada.kept()[0].phone) == ("LIN CHANGED", "021-2")


@pytest.mark.parametrize("remarks", ["", "line one\nline two"])
def test_what_nobody_touched_is_no_word_to_be_kept_beside_another_deed(ada: Clerk, remarks: str) -> None:
    ada.get(edit_page(ada.saved(**GOOD, remarks=remarks)))
    ada.press("Dark")
    ada.follow()
    assert 'data-theme="dark"' in ada.page.text
    assert "What you typed is still here." not in ada.text


def test_lines_that_somebody_typed_stay(ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD, remarks="line one\nline two")
    for each in (ada, lin):
        each.get(edit_page(header))
    assert lin.press(remarks="LIN CHANGED") == 303
    assert ada.press(remarks="line one\nline 2") == 409
    assert ada.typed()["remarks"] == as_read("line one\nline 2")


def test_a_third_change_before_the_second_press_is_told_again(ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(edit_page(header))
    for number in "23":
        lin.get(edit_page(header))
        assert lin.press(phone=number) == 303
        assert ada.press(address="x") == 409
        assert f"Phone: now: {number}" in ada.text
    assert ada.press() == 303


def test_a_mistake_in_between_forgets_nothing(ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD)
    for each in (ada, lin):
        each.get(edit_page(header))
    assert lin.press(phone="2") == 303
    assert ada.press(name="") == 422
    assert ada.press(name="Lumen") == 409


def test_the_same_change_by_both_and_a_new_default_are_no_quarrel(ada: Clerk, lin: Clerk) -> None:
    ada.saved(**GOOD)
    header = ada.saved(**OTHER)
    for each in (ada, lin):
        each.get(edit_page(header))
    assert lin.press(phone="2") == 303
    assert ada.press(phone="2") == 303
    ada.get(edit_page(header))
    lin.get("/invoice-headers")
    lin.submit(button="Make default")
    assert ada.press(phone="3") == 303


def test_a_removed_header_keeps_what_was_typed_and_comes_back_with_it(app: Flask, ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(edit_page(header))
    remove(lin, header.id)
    assert ada.press(phone="021-7") == 409
    assert "林晓 removed it on " in ada.text
    assert ada.typed()["phone"] == "021-7"
    assert ada.kept() == []
    assert ada.press("Restore and save", tax_id="9") == 422
    assert ada.kept() == []
    assert ada.press("Restore and save", tax_id=GOOD["tax_id"]) == 303
    assert [(kept.id, kept.phone) for kept in ada.kept()] == [(header.id, "021-7")]
    with app.app_context():
        assert list(invariants.check()) == []


def test_a_removed_header_that_was_made_anew_is_not_restored_beside_its_twin(ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(edit_page(header))
    remove(lin, header.id)
    lin.saved(**GOOD)
    assert ada.press(phone="021-7") == 409
    assert ada.press("Restore and save", phone="") == 409
    assert "was created anew since and says all the same" in ada.text
    assert ada.press("Restore and save", phone="021-7") == 422
    assert "says all the same" not in ada.text
    assert ada.typed()["phone"] == "021-7"
    assert header.id not in {kept.id for kept in ada.kept()}


@pytest.mark.parametrize("way", ["", "?next=apply&draft=0123456789abcdef"])
def test_the_form_of_a_removed_header_says_who_removed_it_and_restores_it(ada: Clerk, lin: Clerk, way: str) -> None:
    header = ada.saved(**GOOD)
    remove(lin, header.id)
    assert ada.get(f"{edit_page(header)}{way}").status_code == 200
    assert "This header was removed." in ada.text
    assert "林晓 removed it on " in ada.text
    assert ada.typed()["name"] == GOOD["name"]
    assert ada.kept() == []
    assert ada.press("Restore and save", phone="021-7") == 303
    assert [(kept.id, kept.phone) for kept in ada.kept()] == [(header.id, "021-7")]
    assert "/invoices/apply/" in ada.page.headers["Location"] or not way


def test_a_second_remove_and_a_second_restore_say_what_was_done_before(app: Flask, ada: Clerk, lin: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.saved(**OTHER)
    page = f"/invoice-headers/{header.id}"
    asked = ada.get(f"{page}/archive"), ada.path
    remove(lin, header.id)
    ada.page, ada.path = asked
    ada.submit(button="Remove")
    assert f"{GOOD['name']} is removed already: by 林晓 on " in unescape(ada.follow().text)
    ada.get(f"{page}/archive")
    assert "is removed already" in unescape(ada.follow().text)
    token = ada.forms()[-1].filled({}, None)["csrf_token"]
    ada._arrive(ada.client.post(f"{page}/default", data={"csrf_token": token}))
    assert "is removed already" in unescape(ada.follow().text)
    assert [kept.name for kept in ada.kept()] == [OTHER["name"]]
    ada.get("/invoice-headers/removed")
    restored = ada.page, ada.path
    for said in ("is restored.", "is in the list already."):
        ada.page, ada.path = restored
        ada.submit(button="Restore")
        assert f"{GOOD['name']} {said}" in unescape(ada.follow().text)
    with app.app_context():
        events = [event.action for event in audit.events_of("invoice_header", header.id)]
    assert [events.count(f"header.{verb}") for verb in ("archive", "restore")] == [1, 1]


def test_removed_for_another_account_is_not_there(ada: Clerk, cast: Cast, clerk: Callable[[Person], Clerk]) -> None:
    header = ada.saved(**GOOD)
    remove(ada, header.id)
    bo = clerk(cast.bo)
    bo.get("/invoice-headers/new")
    token = bo.typed()["csrf_token"]
    assert bo.client.post(edit_page(header), data={**GOOD, **bo.typed()}).status_code == 404
    for verb in ("edit", "archive", "restore"):
        assert bo.get(f"/invoice-headers/{header.id}/{verb}").status_code == 404, verb
    for verb in ("archive", "default", "restore"):
        answer = bo.client.post(f"/invoice-headers/{header.id}/{verb}", data={"csrf_token": token})
        assert answer.status_code == 404, verb


@pytest.mark.parametrize("version", ["", "x", "2026-01-01", "9" * 5000, "0001-01-01T00:00:00+14:00"])
def test_a_form_that_says_nothing_of_what_it_saw_is_saved_and_nonsense_does_no_harm(ada: Clerk, version: str) -> None:
    header = ada.saved(**GOOD)
    ada.get(edit_page(header))
    assert ada.press(version=version, phone="1") == 303


def test_the_service_itself_refuses_what_was_not_seen_even_when_the_clock_stands(
    app: Flask, cast: Cast, ada: Clerk, freeze: Callable[..., None]
) -> None:
    header = ada.saved(**GOOD)
    freeze(header.updated_at)
    with app.app_context():
        with transaction():
            services.edit(cast.lin.actor, header.id, GOOD | {"kind": "enterprise", "phone": "2"}, now=clock.now())
        values = GOOD | {"kind": "enterprise", "phone": "3"}
        with pytest.raises(Conflict), transaction():
            services.edit(cast.ada.actor, header.id, values, now=clock.now(), seen=header.updated_at)
        later = header.updated_at + timedelta(days=1)
        with pytest.raises(Conflict), transaction():
            services.edit(cast.ada.actor, header.id, values, now=clock.now(), seen=later)
    assert ada.kept()[0].phone == "2"


def test_a_version_from_the_far_future_is_one_that_nobody_saw(ada: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(edit_page(header))
    assert ada.press(version="9999-12-31T23:59:59.999999+00:00", phone="1") == 409
    assert ada.press() == 303


def at_once(*presses: tuple[Clerk, str]) -> list[int]:
    """What each browser is answered when they press the button of their page at the same moment."""
    both, answers = threading.Barrier(len(presses)), []

    def press(browser: Clerk, page: str) -> None:
        browser.get(page)
        data = {"csrf_token": dict(browser.forms()[-1].values)["csrf_token"]}
        both.wait()
        answers.append(browser.client.post(page, data=data).status_code)

    running = [threading.Thread(target=press, args=each) for each in presses]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return answers


def test_two_who_remove_or_restore_at_once_do_it_once(app: Flask, ada: Clerk, lin: Clerk) -> None:
    for turn in range(8):
        header = ada.saved(kind="personal", name=f"Person {turn}")
        for way, action in (("archive", "header.archive"), ("restore", "header.restore")):
            page = f"/invoice-headers/{header.id}/{way}"
            assert at_once((ada, page), (lin, page)) == [303, 303]
            with app.app_context():
                events = [event.action for event in audit.events_of("invoice_header", header.id)]
            assert events.count(action) == 1


def test_two_headers_that_come_back_at_once_leave_one_default(app: Flask, ada: Clerk, lin: Clerk) -> None:
    pair = [ada.saved(kind="personal", name=f"Person {which}").id for which in "AB"]
    for _ in range(8):
        for header_id in pair:
            remove(ada, header_id)
        presses = [
            (who, f"/invoice-headers/{header_id}/restore") for who, header_id in zip((ada, lin), pair, strict=True)
        ]
        assert at_once(*presses) == [303, 303]
        with app.app_context():
            assert list(invariants.check()) == []
