"""The page of policies: what a change does is shown before it is saved, and some are confirmed by a second person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.permissions import Role
from backoffice.policies import queries
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.policies.services import changing, selling
from backoffice.portal.queries.drafts import Writer
from backoffice.portal.services import Content, keep
from backoffice.requests.models import InvoiceRequest
from backoffice.sla.services import effects
from backoffice.sla.views.policy_forms import EDITORS, form_of
from tests.review.desk import NOW, Desk
from tests.support.people import Person, create_person
from tests.support.visitor import Visitor

PAGE, LOOK = "/admin/policies", "Show what it does"
TODAY, DAY = date(2026, 11, 23), date(2026, 12, 1)
pytestmark = pytest.mark.one_database


@pytest.fixture
def ana(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.ana)


@pytest.fixture
def abe(desk: Desk) -> Person:
    with desk.app.app_context(), transaction():
        return create_person("abe@backoffice.example", "Abe Osei", Role.ADMINISTRATOR, None, NOW)


def look(visitor: Visitor, key: str, **typed: str) -> str:
    visitor.get(f"{PAGE}/{key}")
    return visitor.submit({"starts_on": "2026-12-01", "reason": "Good <reasons>", **typed}, button=LOOK).text


def value(desk: Desk, key: PolicyKey, on: date = DAY) -> object:
    with desk.app.app_context():
        return queries.value(key, on)


def test_a_change_shows_what_it_does_then_is_saved_once_and_taken_back(desk: Desk, ana: Visitor) -> None:
    for days in (0, 3):
        desk.apply(days_ago=days)
    shown = look(ana, "sla_business_days", value="3")
    for words in (
        "5 business days", "3 business days", "2 open requests keep their promised day", "until the end of 30 Nov 2026",
        "An application of 1 Dec 2026, 23:59 is due on 4 Dec 2026; by the present value it would be 8 Dec 2026.",
    ):  # fmt: skip
        assert words in re.sub(r"<[^>]+>", "", shown), words
    assert value(desk, PolicyKey.SLA_BUSINESS_DAYS) == 5
    assert "This is what the change does now" in ana.submit({"value": "4"}, button="Save").text
    form = next(form for form in ana.forms() if form.fits({"value": "4"}, "Save"))
    sent = form.filled({}, "Save")
    ana.submit(button="Save")
    assert "The change is saved." in ana.follow().text
    assert ana.client.post(f"{PAGE}/sla_business_days", data=sent).status_code == 303, "a double press is no conflict"
    with desk.app.app_context():
        assert [row.value for row in queries.course(PolicyKey.SLA_BUSINESS_DAYS)] == [4, 5]
        due = {row.due_on for row in session.scalars(select(InvoiceRequest))}
    assert "4 business days" in ana.get(PAGE).text
    ana.get(re.findall(rf"{PAGE}/changes/\d+", ana.page.text)[0])
    assert ana.submit({"reason": " "}, button="Take back").status_code == 422
    assert "Say why." in ana.page.text
    ana.submit({"reason": "Too soon"}, button="Take back")
    assert "Too soon" in ana.follow().text
    assert value(desk, PolicyKey.SLA_BUSINESS_DAYS) == 5
    with desk.app.app_context():
        assert {row.due_on for row in session.scalars(select(InvoiceRequest))} == due


def test_what_is_wrong_stands_beside_its_field_with_everything_typed(ana: Visitor) -> None:
    for key, typed, said in (
        ("sla_business_days", {"value": "5x"}, "Enter a whole number from 1 to 60."),
        ("sla_business_days", {"value": "4", "starts_on": "2026-11-23"}, "Choose 24 Nov 2026 or later."),
        ("minimum_amount", {"value": "2", "starts_on": "2026-11-22"}, "This day is over"),
        ("minimum_amount", {"value": "1.00"}, "Nothing is changed"),
        ("escalation", {"reviewers": "120", "managers": ""}, "Enter a whole number from 1 to 99."),
        ("tax", {"rate": "6 parts"}, "Enter a number of per cent"),
        ("tax", {"kind": "exempt", "rate": "", "reason_of_tax": ""}, "Say what exempts"),
        ("tax", {"kind": "zero", "rate": "", "code": "VATEX-EU-132-1P"}, "Only an exemption has a code"),
    ):
        shown = look(ana, key, **typed)
        assert ana.page.status_code == 422, (key, typed)
        assert said in re.sub(r"<[^>]+>", "", shown), (key, typed)
        assert "Good &lt;reasons&gt;" in shown
        for kept in typed.values():
            assert kept in shown
    look(ana, "minimum_amount", value="2")
    assert ana.submit({"reason": ""}, button="Save").status_code == 422
    assert "Say why: it stands beside the value for good." in ana.page.text
    assert ana.get(f"{PAGE}/colour").status_code == 404


def test_whoever_comes_second_is_told_and_keeps_the_words(desk: Desk, ana: Visitor, abe: Person) -> None:
    ana.get(f"{PAGE}/minimum_amount")
    ana.submit({"value": "3.00", "starts_on": "2026-12-01", "reason": "Postage"}, button=LOOK)
    desk.run(changing.change, abe.actor, PolicyKey.MINIMUM_AMOUNT, "2.00", starts_on=DAY, reason="x", now=NOW)
    answer = ana.submit(button="Save")
    assert answer.status_code == 409
    assert "Abe Osei changed this policy" in answer.text
    assert "Postage" in answer.text
    assert value(desk, PolicyKey.MINIMUM_AMOUNT) == "2.00"
    ana.submit(button=LOOK)
    ana.submit(button="Save")
    assert value(desk, PolicyKey.MINIMUM_AMOUNT) == "3.00"


def test_a_second_change_from_the_same_day_replaces_the_first_and_both_say_so(desk: Desk, ana: Visitor) -> None:
    def planned(days: int) -> int:
        look(ana, "sla_business_days", value=str(days))
        ana.submit(button="Save")
        with desk.app.app_context():
            return queries.course(PolicyKey.SLA_BUSINESS_DAYS)[0].id

    first = planned(3)
    shown = re.sub(r"<[^>]+>", " ", look(ana, "sla_business_days", value="4"))
    assert re.search(r"Until then\s+5 business days\s+New\s+4 business days\s+Planned for that day", shown)
    assert re.search(r"replaced by it\s+3 business days", shown)
    assert "by the present value it would be 8 Dec 2026" in shown
    second = planned(4)
    with desk.app.app_context():
        assert queries.replaced(queries.course(PolicyKey.SLA_BUSINESS_DAYS))[first].id == second
        standing = next(one for one in queries.standing(TODAY) if one.key is PolicyKey.SLA_BUSINESS_DAYS)
        assert [row.id for row in standing.planned] == [second]
        assert next(row.id for row, _ in queries.history(PolicyKey.SLA_BUSINESS_DAYS)) == second
    course = ana.get(f"{PAGE}/sla_business_days").text
    assert (course.count("Replaced before its day"), course.count("Planned<")) == (1, 1)
    gone = re.sub(r"<[^>]+>", " ", ana.get(f"{PAGE}/changes/{first}").text)
    assert "This change holds on no day" in gone
    assert "is promised a day by the new value" not in gone, "an effect it has not"
    assert re.search(r"Before\s+5 business days\s+New\s+3 business days", gone)
    standing = re.sub(r"<[^>]+>", " ", ana.get(f"{PAGE}/changes/{second}").text)
    assert "is promised a day by the new value" in standing
    assert re.search(r"replaced by it\s+3 business days", standing)
    assert "What it replaced is due again from that day on: 3 business days." in standing
    ana.submit({"reason": "The first was right"}, button="Take back")
    assert "What it replaced is due again: 3 business days." in ana.follow().text
    assert value(desk, PolicyKey.SLA_BUSINESS_DAYS) == 3
    assert "is promised a day by the new value" in ana.get(f"{PAGE}/changes/{first}").text, "it holds again"


def test_a_proposal_is_confirmed_by_another(
    desk: Desk, ana: Visitor, abe: Person, visit: Callable[..., Visitor]
) -> None:
    desk.apply(amount="900.00")
    shown = look(ana, "four_eyes_threshold", value="500")
    assert "1 pending request needs a second person then" in shown
    assert "Another administrator has to confirm it" in shown
    ana.submit(button="Propose")
    assert "waits for another administrator" in ana.follow().text
    assert "Propose a change" not in ana.page.text
    assert value(desk, PolicyKey.FOUR_EYES_THRESHOLD) == "200000.00"
    other, otto, rita = visit(abe), visit(desk.cast.otto), visit(desk.cast.rita)
    work = other.get("/review/work").text
    assert "Four-eyes threshold" in work
    address = re.findall(rf"{PAGE}/changes/\d+", work)[0]
    assert address not in rita.get("/review/work").text
    assert "Policies to confirm" in rita.page.text
    for who, status in ((ana, 200), (otto, 200), (rita, 403)):
        assert who.get(address).status_code == status
        assert "Turn down" not in who.page.text
    ana.get(address)
    assert "You have proposed this change" in confirm_without_a_button(ana, address)
    other.get(address)
    assert other.submit({"reason": ""}, button="Turn down").status_code == 422
    other.get(address)
    other.submit(button="Confirm")
    assert "Confirmed by Abe Osei" in other.follow().text
    assert value(desk, PolicyKey.FOUR_EYES_THRESHOLD) == "500.00"
    assert "Policies to confirm" not in other.get("/review/work").text.partition("Nothing open")[0]


def confirm_without_a_button(visitor: Visitor, address: str) -> str:
    """Send what the page does not offer, with the token of another form of it."""
    token = next(dict(form.values)["csrf_token"] for form in visitor.forms() if "csrf_token" in form.names)
    answer = visitor.client.post(f"{address}/confirm", data={"csrf_token": token})
    assert answer.status_code == 403
    return answer.text


def test_a_seller_to_come_is_taken_back_and_auditors_only_read(
    desk: Desk, ana: Visitor, visit: Callable[..., Visitor]
) -> None:
    later = {**DEFAULTS[PolicyKey.SELLER], "name": "新云台科技有限公司", "country": "CN"}
    desk.run(selling.set_seller, desk.cast.ana.actor, later, starts_on=DAY, reason="Renamed", now=NOW)
    address = re.findall(rf"{PAGE}/changes/\d+", ana.get("/admin/seller").text)[0]
    otto = visit(desk.cast.otto)
    for page in (PAGE, f"{PAGE}/seller", address):
        assert "新云台科技有限公司" in otto.get(page).text
        assert not [form for form in otto.forms() if form.action.startswith(PAGE)]
    assert LOOK not in otto.get(f"{PAGE}/escalation").text
    assert "name this seller" in ana.get(address).text
    ana.submit({"reason": "Not yet"}, button="Take back")
    assert "新云台科技有限公司" not in ana.get("/admin/seller").text
    assert "Not yet" in ana.get(f"{PAGE}/seller").text


def test_what_is_counted_before_saving_agrees_with_the_rules(desk: Desk) -> None:
    large, _small, half = (desk.apply(amount=amount) for amount in ("900.00", "40.00", "950.00"))
    yunqi = desk.apply(who=desk.cast.bo, amount="60.00")
    actor = desk.cast.ana.actor

    def of(key: PolicyKey, value: object) -> effects.Effects:
        with desk.app.app_context(), clock.moved_to(NOW):
            return effects.of(changing.plan(actor, key, value, starts_on=DAY, now=NOW), now=NOW)

    found = of(PolicyKey.FOUR_EYES_THRESHOLD, "1890.00")  # lumen's week, together
    assert (found.open, found.more, found.fewer, found.looked_at) == (4, 3, 0, 4)
    assert of(PolicyKey.FOUR_EYES_THRESHOLD, None).fewer == 0
    with desk.app.app_context(), transaction():
        for number, amount in enumerate(("1.50", "x", "30")):
            keep(
                Writer(desk.cast.lumen, desk.cast.ada.id),
                f"draft-{number}".ljust(32, "x"),
                Content({"amount": amount}),
                since="",
                now=NOW,
            )
    assert of(PolicyKey.MINIMUM_AMOUNT, "30.00").more == 1
    assert of(PolicyKey.MINIMUM_AMOUNT, "0.50").fewer == 0
    assert of(PolicyKey.ESCALATION, {"reviewers": 50, "managers": None}).told == {"reviewers": 0, "managers": 0}
    overdue_soon = desk.apply(days_ago=5)
    assert of(PolicyKey.ESCALATION, {"reviewers": 20, "managers": 20}).told == {"reviewers": 0, "managers": 1}
    assert {large, half, yunqi, overdue_soon}


def test_every_policy_can_be_told_and_typed(desk: Desk) -> None:
    samples = {**DEFAULTS, PolicyKey.CUT_OFF_HOUR: 18, PolicyKey.ESCALATION: {"reviewers": None, "managers": 80}}
    with desk.app.test_request_context("/"):
        for value in (samples, DEFAULTS):
            for key in PolicyKey:
                editor = EDITORS[key]
                assert editor.words(value[key])
                if editor.fields:
                    form = form_of(key)(formdata=None, data=editor.shown(value[key]))
                    typed = MultiDict(
                        {
                            name: form[name]._value() if hasattr(form[name], "_value") else form[name].data
                            for name in editor.fields
                        }
                    )
                    again = form_of(key)(formdata=typed)
                    assert editor.read(again.data) == value[key], key
