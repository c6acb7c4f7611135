"""The seller on the invoices: edited with the face beside it, from a day on, with reason and history."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.issuing.models import Invoice
from backoffice.issuing.services import logos
from backoffice.permissions import SYSTEM
from backoffice.policies import queries
from backoffice.policies import services as policies
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, HOME, PolicyKey
from backoffice.policies.services import selling
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
PAGE = "/admin/seller"


@pytest.fixture
def ana(visit: Callable[..., Visitor], cast: Cast, freeze: Callable[[datetime], None]) -> Visitor:
    freeze(NOON)
    return visit(cast.ana)


def seller_of(app: Flask, cast: Cast, office: Office) -> str:
    with app.app_context():
        office.recharge("10.00")
        office.issued("10.00")
        newest = session.scalars(select(Invoice.snapshot).order_by(Invoice.id.desc())).first()
        assert newest is not None
        name: str = newest["seller"]["name"]
        return name


def test_it_holds_from_its_day_on_and_nothing_before_changes(
    ana: Visitor, app: Flask, cast: Cast, freeze: Callable[[datetime], None]
) -> None:
    with app.app_context():
        office = Office(cast)
    old = seller_of(app, cast, office)
    ana.get(PAGE)
    save(ana, {"name": "新云台科技有限公司", "starts_on": "2026-03-12", "reason": "renamed"})
    page = ana.follow().text
    for words in ("renamed", "Planned", "新云台科技有限公司", "Now"):
        assert words in page
    assert seller_of(app, cast, office) == old
    freeze(datetime(2026, 3, 12, 4, tzinfo=UTC))
    assert seller_of(app, cast, office) == "新云台科技有限公司"
    with app.app_context():
        first = session.scalars(select(Invoice.snapshot).order_by(Invoice.id)).first() or {}
        assert first["seller"]["name"] == old
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        wanted = select(AuditEvent).where(AuditEvent.action == "policy.set", AuditEvent.reason == "renamed")
        event = session.scalars(wanted).one()
        assert event.actor_label == cast.ana.actor.label
        assert (event.before or {})["value"]["name"] == old


def save(ana: Visitor, typed: dict[str, Any]) -> TestResponse:
    """Send the form that is shown, and once more where it tells first what that changes: the last answer."""
    answer = ana.submit(typed, button="Save the seller")
    return ana.submit({}, button="Save the seller") if answer.status_code == 200 else answer


def saved(ana: Visitor, typed: dict[str, str]) -> TestResponse:
    """The answer to the form with what is typed into it."""
    ana.get(PAGE)
    return save(ana, {"reason": "because", "starts_on": "2026-03-10", **typed})


def change_told(page: str) -> str:
    """What the page says that saving its form changes, as plain text."""
    part = page.partition('id="seller-change"')[2].partition("form-actions")[0]
    return " ".join(re.sub("<[^>]+>", " ", part).split())


@pytest.mark.one_database
def test_what_a_change_replaces_is_told_before_it_is_saved(ana: Visitor, app: Flask, cast: Cast) -> None:
    assert "as soon as something is changed" in change_told(ana.get(PAGE).text)
    with app.app_context():
        office = Office(cast)
        office.recharge("10.00")
        office.apply("10.00")
        held = queries.value(PolicyKey.SELLER, date(2026, 3, 10))
        later = {"country": HOME, **held, "phone": "021-55550199"}
        with transaction():
            selling.set_seller(cast.ana.actor, later, starts_on=date(2026, 3, 20), reason="moved", now=clock.now())
    # The form begins with what holds today, not with what is planned: untouched it saves nothing.
    assert "as soon as something is changed" in change_told(ana.get(PAGE).text)
    assert ana.submit({"reason": "nothing touched"}, button="Save the seller").status_code == 422
    assert "Nothing is changed" in ana.page.text
    typed = {"name": "新云台科技有限公司", "reason": "renamed", "starts_on": "2026-03-12"}
    page = ana.submit(typed, button="Save the seller")
    assert page.status_code == 200
    assert "Look at it, then save." in page.text
    told = change_told(page.text)
    for words in ("12 Mar 2026", "20 Mar 2026", f"新云台科技有限公司 Until then: {held['name']}", "1 request is open"):
        assert words in told
    assert held["phone"] not in told, "what stays as it is"
    with app.app_context():
        assert session.scalars(select(Policy).where(Policy.reason == "renamed")).all() == []
    # Another change than the one that was told is told first, too.
    assert ana.submit({"starts_on": "2026-03-13"}, button="Save the seller").status_code == 200
    assert "13 Mar 2026" in change_told(ana.page.text)
    assert ana.submit({}, button="Save the seller").status_code == 303
    with app.app_context():
        assert queries.value(PolicyKey.SELLER, date(2026, 3, 12))["name"] == held["name"]
        assert queries.value(PolicyKey.SELLER, date(2026, 3, 13))["name"] == "新云台科技有限公司"


@pytest.mark.one_database
def test_a_seller_for_a_day_that_has_one_planned_says_what_is_given_up(ana: Visitor, app: Flask, cast: Cast) -> None:
    day = date(2026, 3, 20)
    with app.app_context():
        held = queries.value(PolicyKey.SELLER, date(2026, 3, 10))
        later = {"country": HOME, **held, "phone": "021-55550199"}
        with transaction():
            selling.set_seller(cast.ana.actor, later, starts_on=day, reason="moved", now=clock.now())
    ana.get(PAGE)
    ana.submit(
        {"name": "新云台科技有限公司", "reason": "renamed", "starts_on": day.isoformat()}, button="Save the seller"
    )
    told = change_told(ana.page.text)
    assert f"新云台科技有限公司 Until then: {held['name']}" in told
    assert "Planned for that day and replaced by it" in told
    assert "Phone 021-55550199" in told.split("replaced by it")[1]
    assert ana.submit({}, button="Save the seller").status_code == 303
    with app.app_context():
        assert queries.value(PolicyKey.SELLER, day)["phone"] == held["phone"]
        assert next(row.reason for row, _ in queries.history(PolicyKey.SELLER)) == "renamed"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"tax_id": "91310000MA1FL0A278", "country": "CN"}, True),
        ({"tax_id": "91310000MA1FL0A278", "country": "SG"}, False),
        ({"tax_id": "XX", "country": "SG"}, False),
        ({"tax_id": "91310000MA1FL0A277", "country": "cn", "name": "Another"}, False),
    ],
)
def test_a_check_digit_that_does_not_fit_is_told_before_it_is_saved(
    ana: Visitor, typed: dict[str, str], told: bool
) -> None:
    ana.get(PAGE)
    typed = {"reason": "because", "starts_on": "2026-03-10", **typed}
    shown = change_told(ana.submit(typed, button="Save the seller").text)
    assert ("check symbols do not fit" in shown) is told
    assert ("Did you mean one of these" in shown) is told
    assert ana.submit({}, button="Save the seller").status_code == 303
    assert "The seller is saved" in ana.follow().text


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"tax_id": " "}, "needs the seller&#39;s tax ID"),
        ({"tax_id": "XX"}, "this one has 2"),
        ({"tax_id": "91310000MA1FL0A27O"}, "91310000MA1FL0A27O"),
        ({"name": ""}, "An invoice names its seller."),
        ({"name": "Lumen 😀"}, "No font can print these characters"),
        ({"address": "x" * 129}, "129 characters"),
        ({"country": "C1"}, "A country is a code of two letters"),
        ({"country": "uk"}, "UK is the code of no country"),
        ({"reason": ""}, "Say why the seller changes."),
        ({"starts_on": "2026-03-09"}, "This day is over"),
        ({"starts_on": ""}, "Please fill this in."),
        ({}, "Nothing is changed"),
    ],
)
def test_what_no_invoice_could_carry_is_refused_beside_its_field(
    ana: Visitor, typed: dict[str, str], said: str
) -> None:
    answer = saved(ana, typed)
    assert answer.status_code == 422
    assert said in answer.text
    for kept in typed.values():
        assert kept.strip() in answer.text


def test_what_a_colleague_saved_meanwhile_is_not_overwritten(ana: Visitor, app: Flask, cast: Cast) -> None:
    ana.get(PAGE)
    with app.app_context(), transaction():
        held = queries.value(PolicyKey.SELLER, date(2026, 3, 10))
        selling.set_seller(
            cast.ana.actor, {"country": HOME, **held, "phone": "021-55550199"},
            starts_on=date(2026, 3, 11), reason="moved", now=clock.now(),
        )  # fmt: skip
    typed = {"name": "新云台科技有限公司", "reason": "renamed", "starts_on": "2026-03-12"}
    refused = ana.submit(typed, button="Save the seller")
    assert refused.status_code == 409
    assert "changed this policy at" in refused.text
    assert "021-55550199" in refused.text
    for kept in typed.values():
        assert kept in refused.text
    with app.app_context():
        assert session.scalars(select(Policy).where(Policy.reason == "renamed")).all() == []
    # Sent again, it rests on what the page says now.
    assert ana.submit({}, button="Save the seller").status_code == 303
    with app.app_context():
        assert queries.value(PolicyKey.SELLER, date(2026, 3, 12))["name"] == "新云台科技有限公司"


@pytest.mark.one_database
def test_what_was_typed_is_there_after_signing_in_again_with_what_it_changes(ana: Visitor, cast: Cast) -> None:
    ana.get(PAGE)
    ana.client.delete_cookie("session")
    typed = {"phone": "021-55550199", "reason": "moved", "starts_on": "2026-03-12"}
    assert ana.submit(typed, button="Save the seller").status_code == 302
    ana.follow()
    ana.submit({"email": cast.ana.email, "password": "invoice-demo-2026"})
    page = ana.follow()
    assert page.status_code == 200
    for words in typed.values():
        assert words in page.text
    assert "12 Mar 2026" in change_told(page.text)
    assert ana.submit({}, button="Save the seller").status_code == 303


@pytest.mark.one_database
def test_the_face_follows_what_is_typed_with_and_without_scripts(ana: Visitor, app: Flask) -> None:
    began = ana.get(PAGE).text
    assert 'data-live="/admin/seller/preview"' in began
    typed: dict[str, Any] = {"name": "试看<b>有限公司", "reason": "", "starts_on": str(date(2026, 3, 10))}
    answer = ana.submit(typed, button="Preview")
    assert answer.status_code == 200
    face = answer.text.partition('id="seller-face"')[2]
    assert "试看&lt;b&gt;有限公司" in face
    form = next(form for form in ana.forms() if form.fits(typed, "Preview"))
    part = ana.client.post("/admin/seller/preview", data=form.filled({**typed, "name": "另一家"}, "Preview")).text
    assert "另一家" in part
    assert "<form" not in part
    with app.app_context():
        assert session.scalars(select(AuditEvent).where(AuditEvent.reason == "because")).all() == []


def picture(colour: str, kind: str = "PNG") -> tuple[io.BytesIO, str]:
    """A file to choose; its name says something else than it is."""
    file = io.BytesIO()
    Image.new("RGB", (400, 100), colour).save(file, kind)
    return io.BytesIO(file.getvalue()), "logo.exe"


def shown_logos(page: str) -> list[str]:
    return re.findall(r'<img class="face-logo" src="([^"]+)"', page)


@pytest.mark.one_database
def test_a_logo_is_previewed_kept_through_mistakes_replaced_and_removed(
    ana: Visitor, app: Flask, cast: Cast, freeze: Callable[[datetime], None]
) -> None:
    with app.app_context():
        office = Office(cast)
    assert "Without a logo" not in ana.get(PAGE).text
    assert shown_logos(ana.page.text) == []
    wrong = {"logo": (io.BytesIO(b"%PDF-1.7"), "logo.png"), "reason": "brand", "phone": "010 1"}
    assert ana.submit(wrong, button="Save the seller").status_code == 422
    assert "not a complete PNG or JPEG" in ana.page.text
    assert 'value="010 1"' in ana.page.text
    preview = ana.submit({"logo": picture("navy", "JPEG"), "reason": "brand"}, button="Preview")
    (address,) = shown_logos(preview.text)
    # Kept from here on: neither a mistake elsewhere nor the way there asks for the file again.
    assert ana.submit({"starts_on": "2026-03-01"}, button="Save the seller").status_code == 422
    assert shown_logos(ana.page.text) == [address]
    save(ana, {"starts_on": "2026-03-12"})
    page = ana.follow().text
    # The form goes on with what holds today; what is planned stands below it.
    assert (shown_logos(page), 'class="logo-then"' in page) == ([], True)
    answer = app.test_client().get(address)
    assert answer.mimetype == "image/png"
    assert Image.open(io.BytesIO(answer.data)).size == (400, 100)
    assert app.test_client().get(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404

    def logo_of_next() -> str | None:
        seller_of(app, cast, office)
        with app.app_context():
            newest = session.scalars(select(Invoice.snapshot).order_by(Invoice.id.desc())).first()
            logo: str | None = (newest or {})["seller"].get("logo")
            return logo

    assert logo_of_next() is None, "not before its day"
    freeze(datetime(2026, 3, 12, 4, tzinfo=UTC))
    first = logo_of_next()
    assert first == hashlib.sha256(answer.data).hexdigest()

    ana.sign_in(cast.ana)
    ana.get(PAGE)
    save(ana, {"logo": picture("maroon"), "starts_on": "2026-03-12", "reason": "red"})
    (second,) = shown_logos(ana.follow().text)
    assert second != address
    assert logo_of_next() not in (None, first)
    ana.get(PAGE)
    save(ana, {"without_logo": "y", "starts_on": "2026-03-12", "reason": "plain"})
    assert shown_logos(ana.follow().text) == []
    assert logo_of_next() is None
    with app.app_context():
        kept = session.scalars(select(Invoice.snapshot).order_by(Invoice.id)).all()
        assert [one["seller"].get("logo") == first for one in kept] == [False, True, False, False]
    # What the form carries is ours alone to write: another document of the store is no logo.
    form = next(form for form in ana.forms() if "kept_logo" in form.names)
    forged = form.filled({"kept_logo": first or "", "reason": "x"}, "Preview")
    assert shown_logos(ana.client.post("/admin/seller/preview", data=forged).text) == []


@pytest.mark.one_database
def test_customer_and_reviewer_see_the_logo_before_anything_is_issued(
    visit: Callable[..., Visitor], app: Flask, cast: Cast
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("10.00")
        logo = logos.receive(picture("teal")[0].read())
        with transaction():
            seller = {**DEFAULTS[PolicyKey.SELLER], "logo": logo}
            policies.set_policy(
                SYSTEM, PolicyKey.SELLER, seller, starts_on=date(2026, 1, 1), reason="logo", now=clock.now()
            )
        number = office.apply("10.00")
    (address,) = shown_logos(visit(cast.rita).get(f"/review/{number}").text)
    assert app.test_client().get(address).status_code == 200


@pytest.mark.one_database
def test_what_issuing_would_refuse_stands_on_the_request_before_approval(
    visit: Callable[..., Visitor], app: Flask, cast: Cast
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("10.00")
        number = office.apply("10.00")
        rita = visit(cast.rita)
        assert "This cannot be issued as it is" not in rita.get(f"/review/{number}").text
        with transaction():  # as it could be written before the page refused it
            nameless = {**DEFAULTS[PolicyKey.SELLER], "tax_id": ""}
            row = {"key": PolicyKey.SELLER, "value": nameless, "starts_on": date(2026, 1, 1)}
            session.add(Policy(**row, reason="a slip", set_by="system", created_at=clock.now()))
    page = rita.get(f"/review/{number}").text
    assert "This cannot be issued as it is" in page
    assert "needs the seller&#39;s tax ID" in page
