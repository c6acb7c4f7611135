"""A header that is removed while an application with it is being written: told, and brought back in two presses."""

from __future__ import annotations

import pytest

from backoffice.headers import services as headers
from tests.portal.conftest import APPLY, HEADER, Customer, World, text


def beside_the_header(ada: Customer) -> str:
    """What is said beside the choice of header."""
    return text(ada.page).partition('id="header_id-error"')[2].partition("</p>")[0]


@pytest.mark.parametrize("others", [True, False], ids=["one of two", "the only one"])
def test_it_is_told_and_restored_on_the_way(ada: Customer, world: World, others: bool) -> None:
    if others:
        world.act(headers.create, world.cast.ada.actor, HEADER | {"name": "Second", "tax_id": "91110000MA00000152"})
    ada.review(amount="5", remarks="Order")
    world.act(headers.archive, world.cast.lin.actor, world.header_id)
    ada.press("submit")
    assert ada.is_refused
    page = text(ada.page)
    assert f"{HEADER['name']} was removed on " in page
    assert "Choose another header, or restore it." in page
    if others:
        assert "was removed on" in beside_the_header(ada)
    ada.submit({"remarks": "Order 2"}, button=f"Restore {HEADER['name']}")
    assert ada.page.headers["Location"].startswith(f"/invoice-headers/{world.header_id}/edit?next=apply&draft=")
    assert "This header was removed." in text(ada.follow())
    ada.submit(button="save")
    ada.follow()
    assert (ada.typed()["header_id"], ada.typed()["remarks"]) == (str(world.header_id), "Order 2")
    assert "was removed" not in text(ada.page)
    ada.press("review")
    assert ada.press("submit").status_code == 303
    assert world.count() == 1


def test_a_resubmission_says_so_from_the_first_page_on(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    world.reject(number)
    world.act(headers.create, world.cast.ada.actor, HEADER | {"name": "Second", "tax_id": "91110000MA00000152"})
    world.act(headers.archive, world.cast.lin.actor, world.header_id)
    ada.get(f"{APPLY}?resubmit={number}")
    assert "was removed on" in beside_the_header(ada)
    # Another one is chosen instead.
    assert "was removed on" not in text(ada.press("review", header_id=str(world.header_id + 1)))


@pytest.mark.parametrize("header_id", ["999999", "x", "9" * 30, ""])
def test_nothing_is_said_of_a_header_that_is_not_theirs(bo: Customer, world: World, header_id: str) -> None:
    world.act(headers.archive, world.cast.ada.actor, world.header_id)
    for chosen in (str(world.header_id), header_id):
        bo.get(APPLY)
        bo.submit({"amount": "5"}, button="all")
        bo.step()
        bo._arrive(bo.client.post(f"{APPLY}/{bo.key}", data={**bo.typed(), "header_id": chosen, "action": "all"}))
        assert "was removed" not in text(bo.step())
        answer = bo.client.post(f"{APPLY}/{bo.key}", data={**bo.typed(), "action": f"restore-header-{world.header_id}"})
        assert bo.get(answer.headers["Location"]).status_code == 404
