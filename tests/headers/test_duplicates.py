"""A header that repeats another one is noticed: told with a link, kept only when somebody insists."""

from __future__ import annotations

from collections.abc import Callable

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
