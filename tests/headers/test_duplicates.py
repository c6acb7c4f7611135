"""A header that repeats another one is noticed: told with a link, kept only when somebody insists."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from backoffice.headers import rules
from tests.headers.conftest import GOOD, OTHER, Clerk
from tests.support.people import Cast, Person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("流明（上海）有限公司", "流明(上海)有限公司"),
        ("Lumen Ltd", "ＬＵＭＥＮ  LTD"),
        ("Lumen [China] Ltd", "lumen（china）ltd"),
        ("Straße GmbH", "STRASSE GmbH"),
        ("甲 乙", "甲乙"),
    ],
)
def test_names_are_compared_by_what_they_say(one: str, other: str) -> None:
    assert rules.name_key(one) == rules.name_key(other)
    assert rules.name_key(one) != rules.name_key(other + "2")


def test_the_same_name_or_tax_id_is_told_with_a_link_and_may_be_kept(ada: Clerk) -> None:
    first = ada.saved(**GOOD)
    for typed, said in (
        ({"name": "上海流明机器人 有限公司", "tax_id": OTHER["tax_id"]}, "same name"),
        ({"name": "Lumen 2", "tax_id": "9131 0000 ma1f l0a2 77"}, "same tax ID"),
    ):
        assert ada.new(**typed) == 422
        told = ada.text.partition(f'href="/invoice-headers/{first.id}/edit"')[2].partition("</li>")[0]
        assert f">{GOOD['name']}<" in told
        assert told.strip().endswith(said)
        before = len(ada.kept())
        assert ada.press("Save all the same") == 303
        assert len(ada.kept()) == before + 1


def test_insisting_covers_only_what_was_told(ada: Clerk) -> None:
    ada.saved(**GOOD)
    ada.saved(**OTHER)
    assert ada.new(name="Third", tax_id=GOOD["tax_id"]) == 422
    # Changed meanwhile, so that it repeats a header nobody spoke of.
    assert ada.press("Save all the same", name="SECOND") == 422
    assert f"{OTHER['name']} has the same name." in ada.told("name")
    assert len(ada.kept()) == 2


def test_a_header_that_says_all_the_same_is_refused_with_the_link(ada: Clerk) -> None:
    first = ada.saved(**GOOD)
    assert ada.new(**GOOD, email="other@x.example") == 422
    assert "says all the same already" in ada.told("name")
    assert f"/invoice-headers/{first.id}/edit" in ada.text
    assert "Save all the same" not in ada.text
    answer = ada.client.post(ada.path, data={**ada.typed(), "known_look_alikes": str(first.id)})
    assert answer.status_code == 422
    # Another language is another invoice.
    assert ada.new(**GOOD, language="en") == 422
    assert ada.press("Save all the same") == 303


def test_an_edit_is_asked_only_about_what_it_brings_in(ada: Clerk) -> None:
    ada.saved(**GOOD)
    ada.new(name="Twin", tax_id=GOOD["tax_id"])
    ada.press("Save all the same")
    twin = ada.kept()[-1]
    ada.get(f"/invoice-headers/{twin.id}/edit")
    assert ada.press(phone="021-1") == 303
    ada.get(f"/invoice-headers/{twin.id}/edit")
    assert ada.press(name=GOOD["name"]) == 422
    assert "has the same name" in ada.told("name")
    assert ada.told("tax_id") == ""
    assert ada.press("Save all the same") == 303


def test_persons_without_an_id_do_not_repeat_each_other(ada: Clerk) -> None:
    ada.saved(kind="personal", name="王小明")
    ada.saved(kind="personal", name="王小红")
    assert len(ada.kept()) == 2


def test_only_usable_headers_of_the_own_account_count(app: Flask, cast: Cast, clerk: Callable[[Person], Clerk]) -> None:
    ada, lin, bo = clerk(cast.ada), clerk(cast.lin), clerk(cast.bo)
    header = ada.saved(**GOOD)
    assert lin.new(**GOOD) == 422
    bo.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/archive")
    ada.submit(button="Remove")
    lin.saved(**GOOD)
    assert GOOD["name"] in lin.follow().get_data(as_text=True)


PERSON = {"kind": "personal", "name": "Twin GmbH", "tax_id": ""}


def removed_and_made_anew(ada: Clerk, **anew: str) -> int:
    """Remove a header and make another one in its place; the id of the removed one."""
    first = ada.saved(**PERSON | {"tax_id": "11010519491231002X"})
    ada.get(f"/invoice-headers/{first.id}/archive")
    ada.submit(button="Remove")
    ada.saved(**PERSON | anew)
    return first.id


@pytest.mark.parametrize(
    ("anew", "said"),
    [({"tax_id": ""}, "same name"), ({"name": "Other", "tax_id": "11010519491231002X"}, "same tax ID")],
)
def test_a_restored_header_is_asked_about_what_it_looks_like(ada: Clerk, anew: dict[str, str], said: str) -> None:
    first = removed_and_made_anew(ada, **anew)
    other = ada.kept()[0]
    ada.get("/invoice-headers/removed")
    assert ada.submit(button="Restore").status_code == 422
    told = ada.text.partition(f'href="/invoice-headers/{other.id}/edit"')[2].partition("</li>")[0]
    assert told.strip().endswith(said)
    assert [kept.id for kept in ada.kept()] == [other.id]
    assert ada.submit(button="Restore all the same").status_code == 303
    assert {kept.id for kept in ada.kept()} == {first, other.id}


def test_a_restore_covers_only_what_was_told(ada: Clerk) -> None:
    first = removed_and_made_anew(ada)
    ada.get(f"/invoice-headers/{first}/restore")
    assert "Restore all the same" in ada.text
    data = {**dict(ada.forms()[-1].values), "known_look_alikes": "987654"}
    assert ada.client.post(f"/invoice-headers/{first}/restore", data=data).status_code == 422
    assert len(ada.kept()) == 1


def test_the_question_can_be_opened_by_its_address(ada: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/restore")
    assert "is in the list already" in unescape(ada.follow().text)
    ada.get(f"/invoice-headers/{header.id}/archive")
    ada.submit(button="Remove")
    ada.get(f"/invoice-headers/{header.id}/restore")
    assert ada.kept() == []
    assert ada.submit(button="Restore").status_code == 303
    assert len(ada.kept()) == 1


def test_a_double_save_is_one_header(ada: Clerk) -> None:
    for typed in (GOOD, PERSON):
        ada.get("/invoice-headers/new")
        sent = {**ada.typed(), **typed, "action": "save"}
        answers = [ada.client.post("/invoice-headers/new", data=sent) for _ in range(3)]
        assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/invoice-headers")] * 3
    assert [kept.name for kept in ada.kept()] == [GOOD["name"], PERSON["name"]]


def test_a_form_that_is_filled_in_anew_makes_another_header(ada: Clerk) -> None:
    """Somebody goes back after saving, and types another header into the form that stands there."""
    ada.get("/invoice-headers/new")
    sent = {**ada.typed(), "action": "save"}
    for typed in (GOOD, OTHER, PERSON):
        assert ada.client.post("/invoice-headers/new", data=sent | typed).status_code == 303
    assert [kept.name for kept in ada.kept()] == [GOOD["name"], OTHER["name"], PERSON["name"]]
    # And of one that was removed meanwhile.
    first = ada.kept()[0]
    ada.get(f"/invoice-headers/{first.id}/archive")
    ada.submit(button="Remove")
    assert ada.client.post("/invoice-headers/new", data=sent | GOOD).status_code == 303
    assert len(ada.kept()) == 3


def test_another_form_that_says_the_same_is_still_told(ada: Clerk) -> None:
    ada.saved(**GOOD)
    assert ada.new(**GOOD) == 422
    ada.get("/invoice-headers/new")
    for wrong in ("", "x", "<script>" * 9):
        answer = ada.client.post(
            "/invoice-headers/new", data={**ada.typed(), **OTHER, "submit_token": wrong, "name": ""}
        )
        assert answer.status_code == 422
        assert wrong == "" or f'value="{wrong}"' not in answer.text


def test_two_saves_at_once_are_one_header(cast: Cast, clerk: Callable[[Person], Clerk]) -> None:
    windows = [clerk(cast.ada), clerk(cast.ada)]
    for turn in range(6):
        for window in windows:
            window.get("/invoice-headers/new")
        token = windows[0].typed()["submit_token"]
        sent = {"kind": "personal", "name": f"Person {turn}", "submit_token": token, "action": "save"}
        both = threading.Barrier(2)
        answers: list[int] = []

        def save(window: Clerk, sent: Any = sent, both: Any = both, answers: Any = answers) -> None:
            data = {**window.typed(), **sent}
            both.wait()
            answers.append(window.client.post("/invoice-headers/new", data=data).status_code)

        running = [threading.Thread(target=save, args=(window,)) for window in windows]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert answers == [303, 303]
    assert [kept.name for kept in windows[0].kept()] == [f"Person {turn}" for turn in range(6)]
