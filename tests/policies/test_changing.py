"""Policies change from a day on, with a reason, and where two are needed by two; nothing that was said is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid
from backoffice.invariants import violations
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.policies import queries, rules
from backoffice.policies.models import Policy
from backoffice.policies.rules import PolicyKey, PolicyState
from backoffice.policies.services import changing, set_policy
from tests.support.people import Cast, create_person

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
TODAY, TOMORROW, LATER = date(2026, 3, 10), date(2026, 3, 11), date(2026, 4, 1)
THRESHOLD, TAX, DAYS = PolicyKey.FOUR_EYES_THRESHOLD, PolicyKey.TAX, PolicyKey.SLA_BUSINESS_DAYS
ZERO_RATED = {"kind": "zero", "rate": "0"}
WHY = {"reason": "  more customers  "}


@pytest.fixture
def ana(context: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> Actor:
    freeze(NOON)
    return cast.ana.actor


@pytest.fixture
def abe(ana: Actor) -> Actor:
    with transaction():
        return create_person("abe@backoffice.example", "Abe Osei", Role.ADMINISTRATOR, None, NOON).actor


def do(verb: Callable[..., Policy], *given: Any, **named: Any) -> Policy:
    with transaction():
        return verb(*given, **named, now=clock.now())


def refused(kind: type[BackofficeError], verb: Callable[..., Policy], *given: Any, **named: Any) -> BackofficeError:
    with pytest.raises(kind) as told:
        do(verb, *given, **named)
    return told.value


def test_a_row_held_on_no_day_only_where_another_took_its_day_before_it_came(
    ana: Actor, freeze: Callable[[datetime], None]
) -> None:
    def saved(days: int, hour: int, day: int = 10) -> Policy:
        freeze(datetime(2026, 3, day, hour, tzinfo=UTC))
        with transaction():
            return set_policy(ana, DAYS, days, starts_on=date(2026, 3, 12), reason="x", now=clock.now())

    early, next_one, on_its_day, last = saved(2, 1), saved(3, 2), saved(4, 1, day=12), saved(6, 3, day=12)
    never = queries.replaced(queries.course(DAYS))
    assert {gone: by.id for gone, by in never.items()} == {early.id: next_one.id}
    told = [(row.value, before and before.value) for row, before in queries.history(DAYS)]
    assert told == [(6, 4), (4, 3), (3, 5), (5, None)]
    assert queries.held_until(DAYS, date(2026, 3, 12), clock.today()) == last.value
    assert queries.held_until(DAYS, date(2026, 3, 12), TODAY) == 5
    assert on_its_day.id not in never


def test_a_change_holds_from_its_day_on_and_can_be_taken_back_before(ana: Actor) -> None:
    row = do(changing.change, ana, DAYS, 4, starts_on=LATER, **WHY)
    assert (row.state, row.reason, row.set_by) == (PolicyState.VALID, "more customers", ana.label)
    assert [queries.value(DAYS, day) for day in (TODAY, date(2026, 3, 31), LATER)] == [5, 5, 4]
    assert [queries.dated(DAYS)(DAYS, day) for day in (TODAY, LATER)] == [5, 4]
    assert [row.value for row in queries.standing(TODAY)[0].planned] == [4]
    refused(Invalid, changing.take_back, ana, row.id, reason=" ")
    do(changing.take_back, ana, row.id, reason="too soon")
    assert [queries.value(DAYS, LATER), queries.dated(DAYS)(DAYS, LATER)] == [5, 5]
    assert queries.row_in_force(DAYS, LATER).reason == "first value of the installation"  # type: ignore[union-attr]
    assert [one.state for one in queries.course(DAYS)] == [PolicyState.WITHDRAWN, PolicyState.VALID]
    assert "took this change back" in str(refused(Conflict, changing.take_back, ana, row.id, reason="again"))
    now = do(changing.change, ana, PolicyKey.MINIMUM_AMOUNT, "2.00", starts_on=TODAY, **WHY)
    assert "cannot be taken back" in str(refused(Conflict, changing.take_back, ana, now.id, reason="no"))
    told = [
        (one.action, one.reason, (one.before or {}).get("value"), (one.after or {}).get("value"))
        for one in session.scalars(select(AuditEvent).where(AuditEvent.object_type == "policy").order_by(AuditEvent.id))
        if one.actor_id == ana.id
    ]
    assert told == [
        ("policy.set", "more customers", 5, 4),
        ("policy.take_back", "too soon", 4, 5),
        ("policy.set", "more customers", "1.00", "2.00"),
    ]
    assert list(violations()) == []


def test_two_set_the_threshold_and_the_tax(ana: Actor, abe: Actor, freeze: Callable[[datetime], None]) -> None:
    row = do(changing.change, ana, THRESHOLD, "9000.00", starts_on=TODAY, **WHY)
    assert (row.state, queries.value(THRESHOLD, TODAY)) == (PolicyState.PROPOSED, "200000.00")
    assert "has proposed a change" in str(
        refused(Conflict, changing.change, abe, THRESHOLD, None, starts_on=TODAY, **WHY)
    )
    assert "Another administrator" in str(refused(Forbidden, changing.confirm, ana, row.id))
    refused(Forbidden, changing.decline, ana, row.id, reason="mine")
    refused(Forbidden, changing.take_back, abe, row.id, reason="not mine")
    freeze(datetime(2026, 3, 12, 4, tzinfo=UTC))
    confirmed = do(changing.confirm, abe, row.id)
    # From the day of the confirmation: what was decided before it was decided by the old one.
    assert (confirmed.starts_on, confirmed.confirmed_by) == (date(2026, 3, 12), abe.label)
    assert [queries.value(THRESHOLD, date(2026, 3, day)) for day in (11, 12)] == ["200000.00", "9000.00"]
    assert "confirmed this proposal" in str(refused(Conflict, changing.decline, abe, row.id, reason="late"))
    tax = do(changing.change, ana, TAX, ZERO_RATED, starts_on=date(2026, 3, 13), **WHY)
    refused(Invalid, changing.decline, abe, tax.id, reason="")
    declined = do(changing.decline, abe, tax.id, reason="not the law")
    assert (declined.state, declined.ended_why, queries.value(TAX, LATER)["kind"]) == (
        "declined",
        "not the law",
        "rate",
    )
    again = do(changing.change, abe, TAX, ZERO_RATED, starts_on=date(2026, 3, 13), **WHY)
    freeze(datetime(2026, 3, 14, 4, tzinfo=UTC))
    # What was recharged on the day of the confirmation may be invoiced with the old tax already.
    assert do(changing.confirm, ana, again.id).starts_on == date(2026, 3, 15)
    own = do(changing.change, ana, THRESHOLD, None, starts_on=LATER, **WHY)
    do(changing.take_back, ana, own.id, reason="thought better of it")
    assert queries.value(THRESHOLD, LATER) == "9000.00"
    assert list(violations()) == []


@pytest.mark.both_databases
def test_the_database_refuses_one_person_alone_and_a_second_proposal(ana: Actor, abe: Actor) -> None:
    row = do(changing.change, ana, TAX, ZERO_RATED, starts_on=LATER, **WHY)
    at = {"confirmed_by": "x", "confirmed_at": NOON}
    wrong: list[dict[str, Any]] = [
        {"state": "valid"},
        {"state": "valid", "confirmed_by_id": ana.id, **at},
        {"state": "declined", "ended_by_id": ana.id, "ended_by": "x", "ended_at": NOON, "ended_why": "x"},
        {"state": "withdrawn"},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction():
            session.execute(update(Policy).where(Policy.id == row.id).values(**values))
    with pytest.raises(IntegrityError), transaction():
        session.add(
            Policy(
                key=TAX, value=ZERO_RATED, starts_on=LATER, reason="x", set_by="x", created_at=NOON, state="proposed"
            )
        )
    with pytest.raises(Forbidden), transaction():
        set_policy(ana, TAX, ZERO_RATED, starts_on=LATER, reason="x", now=NOON)


def test_the_same_form_twice_is_one_change_and_a_colleagues_is_told(ana: Actor, abe: Actor) -> None:
    seen = {"acts": queries.acts(DAYS)}
    first = do(changing.change, ana, DAYS, 4, starts_on=LATER, token="t" * 20, **seen, **WHY)
    again = do(changing.change, ana, DAYS, 4, starts_on=LATER, token="t" * 20, **seen, **WHY)
    assert first.id == again.id
    told = str(refused(Conflict, changing.change, abe, DAYS, 3, starts_on=LATER, token="u" * 20, **seen, **WHY))
    assert ana.label in told
    do(changing.change, abe, DAYS, 3, starts_on=LATER, acts=queries.acts(DAYS), **WHY)
    assert queries.value(DAYS, LATER) == 3


@pytest.mark.both_databases
def test_of_two_at_the_same_moment_one_is_told_of_the_other(context: Flask, ana: Actor, abe: Actor) -> None:
    proposed = do(changing.change, ana, THRESHOLD, None, starts_on=LATER, **WHY).id
    seen, start, told = queries.acts(DAYS), threading.Barrier(2), []
    session.remove()

    def act(*steps: Callable[[], Policy]) -> None:
        with context.app_context():
            for step in steps:
                start.wait()
                try:
                    do(step)
                    told.append("done")
                except (Conflict, Forbidden) as refusal:
                    told.append(refusal.code)

    def changes(actor: Actor, days: int) -> Callable[..., Policy]:
        return partial(changing.change, actor, DAYS, days, starts_on=LATER, acts=seen, **WHY)

    confirms, declines = (
        partial(changing.confirm, abe, proposed),
        partial(changing.take_back, ana, proposed, reason="x"),
    )
    threads = [
        threading.Thread(target=act, args=steps) for steps in ((changes(ana, 4), confirms), (changes(abe, 3), declines))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = {"already-decided", "done"}  # confirmed first, it is planned and can still be taken back
    assert sorted(told[:2]) == ["changed-meanwhile", "done"]
    assert "done" in told[2:]
    assert set(told[2:]) <= ended
    assert len(queries.course(DAYS)) == 2
    assert list(violations()) == []


@pytest.mark.one_database
def test_administrators_alone_and_by_name(ana: Actor, cast: Cast) -> None:
    row = do(changing.change, ana, THRESHOLD, None, starts_on=LATER, **WHY)
    operator = Actor(id=None, label="operator", role=None, via="cli")
    nameless = Actor(id=None, label="operator", role=Role.ADMINISTRATOR)
    for actor in (cast.ada.actor, cast.rita.actor, cast.max.actor, cast.otto.actor, operator, nameless, SYSTEM):
        refused(Forbidden, changing.change, actor, DAYS, 4, starts_on=LATER, **WHY)
        refused(Forbidden, changing.confirm, actor, row.id)
        refused(Forbidden, changing.decline, actor, row.id, reason="x")
        refused(Forbidden, changing.take_back, actor, row.id, reason="x")


@pytest.mark.one_database
def test_what_makes_no_sense_is_refused_by_field(ana: Actor) -> None:
    cases: list[tuple[PolicyKey, Any, date, str]] = [
        (DAYS, 5, LATER, "value"),
        (DAYS, 0, LATER, "value"),
        (DAYS, 4, TODAY, "starts_on"),
        (PolicyKey.CUT_OFF_HOUR, 18, TODAY, "starts_on"),
        (PolicyKey.MINIMUM_AMOUNT, "2.00", date(2026, 3, 9), "starts_on"),
        (TAX, {"kind": "zero", "rate": "0", "reason": "x"}, LATER, "reason_of_tax"),
        (TAX, {"kind": "exempt", "rate": "0", "reason": "免税 😀"}, LATER, "reason_of_tax"),
        (TAX, ZERO_RATED, TODAY, "starts_on"),
        (PolicyKey.SELLER, {**rules.DEFAULTS[PolicyKey.SELLER], "name": ""}, LATER, "name"),
    ]
    for key, value, day, field in cases:
        told = refused(Invalid, changing.change, ana, key, value, starts_on=day, **WHY)
        assert isinstance(told, Invalid)
        assert list(told.fields) == [field], (key, value)
    refused(Invalid, changing.change, ana, DAYS, 4, starts_on=LATER, reason=" ")


def test_every_policy_has_a_name_and_a_first_day() -> None:
    assert set(rules.NAMES) == set(rules.DEFAULTS) == set(PolicyKey)
    later = {DAYS, PolicyKey.CUT_OFF_HOUR, PolicyKey.STEP_TARGETS, TAX}
    assert {key for key in PolicyKey if rules.earliest(key, TODAY) == TOMORROW} == later
    for key in PolicyKey:
        assert rules.too_early(key, rules.earliest(key, TODAY), TODAY) is None


@pytest.mark.parametrize(
    ("tax", "fields"),
    [
        ({"kind": "rate", "rate": "0.06"}, set()),
        ({"kind": "rate", "rate": "0"}, {"rate"}),
        ({"kind": "zero", "rate": "0.06"}, {"rate"}),
        ({"kind": "rate", "rate": "0.06", "reason": "x"}, {"reason_of_tax"}),
        ({"kind": "exempt", "rate": "0"}, {"reason_of_tax"}),
        ({"kind": "exempt", "rate": "0", "reason": "x" * 121}, {"reason_of_tax"}),
        ({"kind": "exempt", "rate": "0", "reason": "x", "code": "VATEX-EU-132-1P"}, set()),
        ({"kind": "not_taxable", "rate": "0", "code": "VATEX-EU-132-1P"}, {"code"}),
    ],
)
def test_the_faults_of_a_tax_agree_with_its_rule(tax: dict[str, str], fields: set[str]) -> None:
    assert set(rules.tax_faults(tax)) == fields
    try:
        rules.validate(TAX, tax)
    except Invalid:
        assert fields
    else:
        assert not fields
