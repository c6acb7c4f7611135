"""Issuing is stopped and goes on: no number in between, nothing lost, and nobody is blamed for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.cli.command import cli
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Forbidden, Invalid
from backoffice.issuing import jobs
from backoffice.issuing.models import Invoice, IssuingStop
from backoffice.issuing.queries import stops as queries
from backoffice.issuing.services import stops
from tests.support.office import Office, contradictions


def halt(office: Office, reason: str = "The tax rate is wrong") -> None:
    with transaction():
        stops.stop(office.cast.rita.actor, reason=reason)


def go_on(office: Office) -> None:
    with transaction():
        stops.resume(office.cast.max.actor, reason="It is right now")


def test_nothing_gets_a_number_until_it_goes_on_and_nothing_is_lost(office: Office) -> None:
    office.recharge("500.00")
    first, second = office.apply_often(2, "100.00")
    office.approve(first)
    assert jobs.issue_due() == 1
    with clock.shifted(timedelta(seconds=1)):
        halt(office)
        office.approve(second)
        assert jobs.issue_due() == 0
        assert office.request(second).issue_error is None, "it is no fault of the request"
        session.rollback()
        assert queries.waiting() == 1
        session.rollback()
        go_on(office)
        assert queries.current() is None
        session.rollback()
    with clock.shifted(timedelta(seconds=2)):
        assert jobs.issue_due() == 1
    assert office.states([first, second]) == ["issued", "issued"]
    assert sorted(session.scalars(select(Invoice.sequence))) == [1, 2]
    told = session.execute(
        select(AuditEvent.action, AuditEvent.reason).where(AuditEvent.object_type == "issuing")
    ).all()
    assert [tuple(row) for row in told] == [
        ("issuing.stop", "The tax rate is wrong"),
        ("issuing.resume", "It is right now"),
    ]
    assert contradictions() == []


def test_what_has_its_number_is_finished(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.recharge("500.00")
    (number,) = office.apply_often(1, "100.00")
    office.approve(number)
    with monkeypatch.context() as killed:
        killed.setattr("backoffice.issuing.services.render_document", lambda _: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            jobs.issue_due()
    session.rollback()
    halt(office)
    assert jobs.issue_due() == 1
    assert office.states([number]) == ["issued"]


def test_a_stop_that_comes_while_workers_issue_lets_no_number_pass(office: Office, context: Flask) -> None:
    office.recharge("500.00")
    office.approve(*office.apply_often(12, "10.00"))
    started, faults = Barrier(3), []

    def run(work: Callable[[], object]) -> None:
        started.wait()
        try:
            with context.app_context():
                work()
        except BaseException as fault:
            faults.append(fault)

    threads = [Thread(target=run, args=(work,)) for work in (jobs.issue_due, jobs.issue_due, lambda: halt(office))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    taken = session.scalar(select(func.count()).select_from(Invoice))
    session.rollback()
    assert jobs.issue_due() == 0
    assert session.scalar(select(func.count()).select_from(Invoice)) == taken
    assert contradictions() == []


def test_a_credit_note_is_not_confirmed_either(office: Office) -> None:
    from backoffice.issuing.services import numbers

    halt(office)
    with (
        pytest.raises(numbers.IssuingStopped, match=r"Rita Moreau stopped issuing at .*The tax rate is wrong"),
        transaction(),
    ):
        numbers.take("CN")


def test_who_may_stop_it_and_what_they_have_to_say(office: Office) -> None:
    cast = office.cast
    for person in (cast.ada, cast.otto):
        with pytest.raises(Forbidden), transaction():
            stops.stop(person.actor, reason="x")
    for empty in ("", "  ", "x" * 501):
        with pytest.raises(Invalid), transaction():
            stops.stop(cast.rita.actor, reason=empty)
    with pytest.raises(Conflict, match="not stopped"), transaction():
        stops.resume(cast.ana.actor, reason="x")
    halt(office)
    with pytest.raises(Conflict, match="Rita Moreau"), transaction():
        stops.stop(cast.ana.actor, reason="x")
    session.rollback()
    row = {"stopped_at": clock.now(), "stopped_by_label": "somebody", "reason": "a second one at once"}
    with pytest.raises(IntegrityError), transaction():
        session.execute(insert(IssuingStop).values(row))


def test_a_number_taken_during_a_stop_is_found(office: Office) -> None:
    office.recharge("100.00")
    (number,) = office.apply_often(1, "100.00")
    office.approve(number)
    assert jobs.issue_due() == 1
    with transaction():
        before = clock.now() - timedelta(hours=1)
        session.add(IssuingStop(stopped_at=before, stopped_by_label="somebody", reason="too late"))
    assert [told for told in contradictions() if "while issuing was stopped" in told]


@pytest.mark.one_database
def test_at_the_command_line(app: Flask, office: Office) -> None:
    def run(*words: str) -> str:
        return CliRunner().invoke(cli, words, obj=ScriptInfo(create_app=lambda: app, set_debug_flag=False)).output

    assert run("issue", "stop", "--reason", "drill", "--as", "rita@backoffice.example") == "issuing is stopped\n"
    assert "Rita Moreau" in run("issue", "stop", "--reason", "drill", "--as", "max@backoffice.example")
    assert run("issue", "resume", "--reason", "over", "--as", "max@backoffice.example") == "issuing goes on\n"
