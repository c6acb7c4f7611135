"""Who changed what of a header; what was removed comes back; colleagues share and see who made it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import func, select

from backoffice.audit import services as audit
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.headers import invariants, labels, services
from backoffice.permissions import SYSTEM, Actor, Role
from tests.headers.conftest import GOOD, OTHER, Clerk
from tests.support.people import Cast, Person
from tests.support.sql import statements

NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)


def remove(clerk: Clerk, header_id: int) -> None:
    clerk.get(f"/invoice-headers/{header_id}/archive")
    clerk.submit(button="Remove")


def main_of(clerk: Clerk) -> str:
    return " ".join(clerk.text.partition("<main")[2].replace("\n", " ").split())


def test_each_change_is_listed_with_who_field_before_and_after(cast: Cast, clerk: Callable[[Person], Clerk]) -> None:
    ada, lin = clerk(cast.ada), clerk(cast.lin)
    header = ada.saved(**GOOD, email="a@x.example")
    lin.get(f"/invoice-headers/{header.id}/edit")
    lin.press(name="流明", vat_kind="ordinary", language="en", email="", copies="b@x.example", country="CN")
    remove(lin, header.id)
    for reader in (ada, lin):
        page = (reader.get(f"/invoice-headers/{header.id}/history"), main_of(reader))[1]
        assert page.index("Removed</p>") < page.index("Changed</p>") < page.index("Created</p>")
        changed = page.partition("Changed</p>")[2].partition("Created</p>")[0]
        assert "林晓" in changed
        for label, after, before in (
            ("Name", "流明", GOOD["name"]),
            ("Invoice language", "English", "Chinese and English"),
            ("Receiving Email", "(empty)", "a@x.example"),
            ("Copies to", "b@x.example", "(empty)"),
        ):
            assert f'<dt>{label}</dt><dd>{after}<span class="fact-note">Before: {before}<' in changed
        assert changed.count("<dt>") == 4
        assert "Ada Lin" in page.partition("Created</p>")[2]


def test_a_save_that_changes_nothing_is_no_change(app: Flask, ada: Clerk) -> None:
    header = ada.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/edit")
    assert ada.press() == 303
    with app.app_context():
        assert session.scalar(select(func.count()).where(AuditEvent.object_type == "invoice_header")) == 1
    assert ada.kept()[0].updated_at == header.updated_at


def test_the_default_moves_in_the_history_of_both(ada: Clerk) -> None:
    first, second = ada.saved(**GOOD), ada.saved(**OTHER)
    ada.get("/invoice-headers")
    ada.submit(button="Make default")
    for header, said in ((first, "No longer the default"), (second, "Made the default")):
        ada.get(f"/invoice-headers/{header.id}/history")
        assert said in ada.text


def test_the_back_office_is_named_by_its_role(app: Flask) -> None:
    actors = (
        (Actor(1, "Ada Lin", Role.CUSTOMER, 1), "Ada Lin"),
        (Actor(2, "Ana Sousa", Role.ADMINISTRATOR), "Administrator"),
        (SYSTEM, "The system"),
    )
    with app.test_request_context("/"), transaction():
        events = [audit.record(actor, "header.edit", "invoice_header", 1, at=NOW) for actor, _ in actors]
        events.append(audit.record(SYSTEM, "header.default", "invoice_header", 1, at=NOW, after={"default": 1}))
        told = labels.history(events)
    assert [entry.who for entry in told[:3]] == [name for _, name in actors]
    assert told[3].title == "Made the default"


def test_what_was_removed_is_listed_and_comes_back(
    app: Flask, cast: Cast, ada: Clerk, clerk: Callable[[Person], Clerk]
) -> None:
    ada.get("/invoice-headers/removed")
    assert "Nothing was removed" in ada.text
    header = ada.saved(**GOOD)
    remove(ada, header.id)
    lin = clerk(cast.lin)
    lin.get("/invoice-headers")
    assert "Show removed headers" in lin.text
    assert GOOD["name"] not in lin.text
    lin.get("/invoice-headers/removed")
    assert GOOD["name"] in lin.text
    assert "Created by Ada Lin" in lin.text
    lin.submit(button="Restore")
    assert [(kept.id, kept.is_default, kept.archived_at) for kept in ada.kept()] == [(header.id, True, None)]
    lin.follow()
    assert f"{GOOD['name']} is restored." in lin.text
    with app.app_context():
        assert list(invariants.check()) == []


def test_a_restored_header_leaves_the_default_where_it_is(ada: Clerk) -> None:
    first = ada.saved(**GOOD)
    second = ada.saved(**OTHER)
    remove(ada, first.id)
    ada.get(f"/invoice-headers/{first.id}/history")
    ada.submit(button="Restore")
    assert [(kept.id, kept.is_default) for kept in ada.kept()] == [(first.id, False), (second.id, True)]
    ada.get(f"/invoice-headers/{first.id}/history")
    assert "Restored" in ada.text


def test_a_header_that_was_made_anew_since_is_not_restored(ada: Clerk) -> None:
    first = ada.saved(**GOOD)
    remove(ada, first.id)
    second = ada.saved(**GOOD)
    ada.get("/invoice-headers/removed")
    ada.submit(button="Restore")
    ada.follow()
    assert "was created anew since and says all the same" in ada.text
    assert [kept.id for kept in ada.kept()] == [second.id]


def test_a_colleagues_header_is_used_and_shows_who_made_it(
    app: Flask, cast: Cast, clerk: Callable[[Person], Clerk]
) -> None:
    ada, lin, bo = clerk(cast.ada), clerk(cast.lin), clerk(cast.bo)
    header = ada.saved(**GOOD)
    lin.get("/invoice-headers")
    assert f"Created by {cast.ada.name}" in lin.text
    lin.get("/invoices/apply")
    lin.follow()
    assert f'value="{header.id}">{GOOD["name"]}<' in lin.text
    lin.get(f"/invoice-headers/{header.id}/edit")
    assert lin.press(phone="021-9") == 303
    assert ada.kept()[0].phone == "021-9"
    for path in ("", "/removed", f"/{header.id}/history"):
        bo.get(f"/invoice-headers{path}")
        assert GOOD["name"] not in bo.text


def test_pages_cost_the_same_however_many_headers_there_are(app: Flask, cast: Cast, ada: Clerk) -> None:
    def cost() -> list[int]:
        counted = []
        for path in ("", "/removed", "/new", f"/{first}/edit", f"/{first}/history"):
            with statements(app) as sent:
                assert ada.get(f"/invoice-headers{path}").status_code == 200
            counted.append(len(sent))
        return counted

    first = ada.saved(**GOOD).id
    few = cost()
    with app.app_context(), transaction():
        for number in range(30):
            made = services.create(cast.lin.actor, {"kind": "personal", "name": f"甲{number}"}, now=NOW)
            if number % 2:
                services.archive(cast.lin.actor, made.id, now=NOW)
    assert cost() == few
    # The session, and the headers; the form for a new one needs none, a history has its events as well.
    assert few == [2, 2, 1, 2, 3]
