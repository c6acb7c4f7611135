"""Apply, withdraw, resubmit: what each leaves behind, and what each refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.headers import services as headers
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import OPEN_STATES, TRANSITIONS, Action, Money, State, transition
from backoffice.requests.services import applying
from backoffice.requests.services.applying import AlreadySubmitted
from tests.support.office import EMAIL, Office, contradictions


def faults(office: Office, **typed: object) -> dict[str, str]:
    """The sentence by each field of an application Ada fills in."""
    application = replace(office.application("10.00"), **typed)
    with pytest.raises(Invalid) as refused:
        applying.plan(office.cast.ada.actor, application, now=clock.now())
    session.rollback()
    return {name: str(messages[0]) for name, messages in refused.value.fields.items()}


def test_a_plan_changes_nothing_and_says_what_apply_will_do(office: Office) -> None:
    office.recharge("60.00")
    office.recharge("60.00")
    plan = applying.plan(office.cast.ada.actor, office.application("100.00"), now=clock.now())
    parts = [(part.recharge.external_id, str(part.amount)) for part in plan.parts]
    assert parts == [("R-1", "60.00"), ("R-2", "40.00")]
    session.rollback()
    assert office.counters() == ("120.00", "0.00", "0.00")
    number = office.apply("100.00")
    assert office.parts(number) == parts
    request = office.request(number)
    assert (request.due_on, request.due_at) == (plan.due_on, plan.due_at)


def test_apply_freezes_the_header(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    with transaction():
        changed = {"kind": "enterprise", "name": "A new name", "tax_id": "91310000MA1FL0A277"}
        headers.edit(office.cast.ada.actor, office.headers[office.cast.lumen], changed, now=clock.now())
    request = office.request(number)
    assert request.header["name"] == request.header_name == "上海流明机器人有限公司"


def test_the_same_form_twice_is_one_request(office: Office) -> None:
    office.recharge("60.00")
    assert office.apply("10.00", token="t") == office.apply("10.00", token="t")
    # Even when its money is gone meanwhile, the form has made its request.
    office.apply("50.00")
    made = office.apply("10.00", token="t")
    # Another application is another request, and is never taken for the first in silence.
    with pytest.raises(AlreadySubmitted) as asked:
        office.apply("20.00", token="t")
    assert asked.value.number == made
    assert office.counters() == ("60.00", "60.00", "0.00")
    assert session.scalar(select(func.count()).select_from(Message).where(Message.template == "submitted")) == 2


def test_a_token_belongs_to_its_account(office: Office) -> None:
    office.recharge("60.00")
    office.recharge("60.00", to="yunqi")
    assert office.apply("10.00", token="t") != office.apply("10.00", office.cast.bo, token="t")


def test_every_field_is_explained_at_once(office: Office) -> None:
    office.recharge("60.00")
    assert set(faults(office, header_id=None, amount="-1", email="x", remarks="\x00")) == {
        "header_id",
        "amount",
        "email",
        "remarks",
    }


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "greater than zero"),
        ("0.99", "smallest amount is 1.00"),
        ("60.01", "at most 60.00"),
        ("1e3", "in figures"),
        ("NaN", "in figures"),
        ("1.005", "two decimals"),
    ],
)
def test_amounts_that_are_refused(office: Office, amount: str, words: str) -> None:
    office.recharge("60.00")
    assert words in faults(office, amount=amount)["amount"]


def test_with_nothing_left_the_form_says_so(office: Office) -> None:
    assert faults(office)["amount"] == "There is nothing left to invoice."


def test_a_header_of_another_account_or_an_archived_one_is_not_available(office: Office) -> None:
    office.recharge("60.00")
    gone = "This header is not available any more. Choose another one."
    assert faults(office, header_id=office.headers[office.cast.yunqi])["header_id"] == gone
    with transaction():
        headers.archive(office.cast.ada.actor, office.headers[office.cast.lumen], now=clock.now())
    assert faults(office)["header_id"] == gone


def test_only_people_of_a_customer_account_apply(office: Office) -> None:
    for person in (office.cast.rita, office.cast.max, office.cast.otto, office.cast.ana):
        application = office.application("10.00")
        with pytest.raises(Forbidden):
            applying.plan(person.actor, application, now=clock.now())
        session.rollback()


def test_withdraw_gives_the_money_back_once(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    office.withdraw(number, office.cast.lin)  # a colleague may
    assert office.counters() == ("60.00", "0.00", "0.00")
    assert [event.kind for event in queries.timeline(office.request(number).id)] == ["submitted", "withdrawn"]
    with pytest.raises(Conflict):
        office.withdraw(number)
    assert office.counters() == ("60.00", "0.00", "0.00")
    assert contradictions() == []


def test_withdraw_is_for_the_own_account_and_for_pending(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    with pytest.raises(NotFound):
        office.withdraw(number, office.cast.bo)
    office.approve(number)
    with pytest.raises(Conflict):
        office.withdraw(number)
    assert office.request(number).state == "approved"


def test_a_resubmission_is_linked_to_what_was_rejected(office: Office) -> None:
    office.recharge("90.00")
    rejected = office.apply("60.00")
    with pytest.raises(Conflict):
        office.apply("10.00", resubmission_of=rejected)
    office.reject(rejected)
    again = office.apply("60.00", resubmission_of=rejected)
    assert office.request(again).resubmission_of_id == office.request(rejected).id
    assert queries.followed_by(office.request(rejected).id) == again
    event = queries.timeline(office.request(again).id)[0]
    assert event.data == {"follows": rejected}
    session.rollback()
    office.recharge("60.00", to="yunqi")
    with pytest.raises(NotFound):
        office.apply("10.00", office.cast.bo, resubmission_of=rejected)


def test_each_step_is_mailed_to_the_receiving_address(office: Office) -> None:
    office.recharge("60.00")
    office.reject(office.apply("10.00"))
    mails = session.execute(select(Message.template, Message.recipient).order_by(Message.id)).all()
    assert [tuple(mail) for mail in mails] == [("submitted", EMAIL), ("rejected", EMAIL)]


def test_the_helpers_agree_with_the_state_table() -> None:
    """What buttons are shown by must be what the services do."""
    for state in State:
        request = InvoiceRequest(state=state)
        assert request.can_withdraw == ((state, Action.WITHDRAW) in TRANSITIONS)
        assert request.can_be_decided == ((state, Action.APPROVE) in TRANSITIONS)
        assert request.can_be_decided == ((state, Action.REJECT) in TRANSITIONS)
        assert request.is_open == (state in OPEN_STATES)
        for action in Action:
            assert transition(state, action) is TRANSITIONS.get((state, action))


def test_a_closing_line_of_the_table_stops_the_clock_and_moves_the_money() -> None:
    for line in TRANSITIONS.values():
        assert line.stops_clock == (line.to not in OPEN_STATES)
        assert (line.money is Money.KEEP) == (line.to in OPEN_STATES)
    # One line per action: `change_state` finds the state to start from by the action alone.
    assert len({action for _, action in TRANSITIONS}) == len(TRANSITIONS)
