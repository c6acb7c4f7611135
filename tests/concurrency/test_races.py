"""Many processes and threads want the same at once: nothing is given out twice, and nobody sees an accident."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.issuing.models import Invoice, InvoiceSeries
from backoffice.ledger.models import Reservation
from backoffice.permissions import SYSTEM, Role
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import set_policy
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.services import applying
from tests.concurrency.launcher import Launcher
from tests.support.office import Office, contradictions
from tests.support.people import Person, create_person

pytestmark = pytest.mark.race

PROCESSES, THREADS = 4, 20


def test_eighty_appliers_take_exactly_the_balance(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    for _ in range(40):
        office.recharge("25.00")
    results = [tmp_path / f"answers-{number}" for number in range(PROCESSES)]
    children = [
        launcher.start(
            "apply_often",
            settings,
            email=office.cast.ada.email,
            header_id=office.headers[office.cast.lumen],
            # Of 1,000 in parts of 10, 80 applicants who ask twice want 1,600.
            amounts=["10.00"],
            threads=THREADS,
            times=2,
            mark=f"p{number}",
            result=str(result),
        )
        for number, result in enumerate(results)
    ]
    for child in children:
        child.finish()
    answers = _sum_of_answers(results)
    assert set(answers) <= {"applied", "Conflict", "Invalid"}, answers
    assert answers["applied"] == 100
    assert sum(answers.values()) == PROCESSES * THREADS * 2
    assert office.counters() == ("1000.00", "1000.00", "0.00")
    assert session.scalar(select(func.sum(Reservation.amount))) == Decimal("1000.00")
    assert contradictions() == []


def test_uneven_amounts_never_take_more_than_there_is(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    for amount in ("99.99", "0.02", "300.00", "100.00"):
        office.recharge(amount)
    results = [tmp_path / f"answers-{number}" for number in range(2)]
    children = [
        launcher.start(
            "apply_often",
            settings,
            email=office.cast.lin.email,
            header_id=office.headers[office.cast.lumen],
            amounts=["1.01", "7.77", "13.00"],
            threads=10,
            times=6,
            mark=f"p{number}",
            result=str(result),
        )
        for number, result in enumerate(results)
    ]
    for child in children:
        child.finish()
    answers = _sum_of_answers(results)
    assert set(answers) <= {"applied", "Conflict", "Invalid"}, answers
    reserved = Decimal(office.counters()[1])
    assert Decimal("480.00") < reserved <= Decimal("500.01")
    assert session.scalar(select(func.sum(InvoiceRequest.amount))) == reserved
    assert contradictions() == []


def test_two_submits_of_one_form_for_all_the_money_are_one_request(office: Office, context: Flask) -> None:

    def submit(token: str) -> str:
        try:
            return office.apply("10.00", token=token)
        except IntegrityError:
            return office.apply("10.00", token=token)  # as the page does

    for turn in range(10):
        office.recharge("10.00")
        first, second = _together(context, lambda _, turn=turn: submit(f"form-{turn}"))
        assert first == second
    assert office.counters() == ("100.00", "100.00", "0.00")
    assert contradictions() == []


@pytest.mark.postgres_only
def test_the_money_that_the_other_submit_took_is_not_missed(
    office: Office, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has asked whether the form was sent before, and looks at the money when the first has taken it all."""
    office.recharge("10.00")
    look, has_asked, is_made = applying.plan, threading.Event(), threading.Event()

    def look_late(*arguments: Any, **options: Any) -> applying.Plan:
        if threading.current_thread().name == "second":
            has_asked.set()
            assert is_made.wait(20)
        return look(*arguments, **options)

    def submit(who: str) -> str:
        if who == "first":
            assert has_asked.wait(20)
        number = office.apply("10.00", token="one form")
        is_made.set()
        return number

    monkeypatch.setattr(applying, "plan", look_late)
    first, second = _together(context, submit)
    assert first == second
    assert office.counters() == ("10.00", "10.00", "0.00")


def test_two_checkers_and_two_notes_on_one_recharge_at_once(office: Office, context: Flask) -> None:
    """One proposal becomes one note; of two notes on the same money each takes its own, and none is lost."""
    cast, turns = office.cast, 6
    with transaction():
        third = create_person("third@backoffice.example", "Third", Role.REVIEWER, None, clock.now())
    office.recharge(f"{turns * 20}.00")
    invoices = [office.issued("10.00") for _ in range(2 * turns)]
    for turn in range(turns):
        same = turn % 2
        mine, yours = (office.propose(number, {"R-1": "10.00"}) for number in invoices[2 * turn : 2 * turn + 2])
        session.rollback()

        def confirm(who: str, mine: int = mine, yours: int = mine if same else yours) -> str:
            return office.confirm(*((mine, cast.rui) if who == "first" else (yours, third)))

        answers = _together(context, confirm)
        made = [answer for answer in answers if answer.startswith("CN-")]
        assert len(set(made)) == (1 if same else 2), answers
        assert all("confirmed this credit note" in answer for answer in answers if answer not in made)
    assert office.counters() == (f"{turns * 20}.00", "0.00", f"{turns * 5}.00")
    assert session.scalar(select(InvoiceSeries.last_number).where(InvoiceSeries.series == "CN")) == turns * 3 // 2
    assert contradictions() == []


def test_two_proposals_at_once_are_one(office: Office, context: Flask) -> None:
    office.recharge("10.00")
    number = office.issued("10.00")
    seats = {"first": office.cast.rita, "second": office.cast.rui}
    answers = _together(context, lambda who: str(office.propose(number, {"R-1": "6.00"}, seats[who])))
    assert sorted("has proposed a credit note" in answer for answer in answers) == [False, True]


def _together(app: Flask, work: Callable[[str], str]) -> list[str]:
    """Let two threads do the same at the same moment; what each was answered."""
    answers: dict[str, str] = {}
    meeting = threading.Barrier(2)

    def run(who: str) -> None:
        with app.app_context():
            meeting.wait(20)
            try:
                answers[who] = work(who)
            except Exception as error:
                answers[who] = f"{type(error).__name__}: {error}"

    running = [threading.Thread(target=run, args=(who,), name=who) for who in ("first", "second")]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return [answers[who] for who in ("first", "second")]


def deciders(
    office: Office, launcher: Launcher, settings: Settings, folder: Path, *seats: tuple[Person, str], numbers: list[str]
) -> list[list[str]]:
    """Two people decide at the same moments, on one request after the other; what each was answered."""
    meeting = folder / "meeting"
    meeting.write_bytes(bytes(16))
    children = [
        launcher.start(
            "decide",
            settings,
            email=person.email,
            verdict=verdict,
            numbers=numbers,
            seat=seat,
            meeting=str(meeting),
            result=str(folder / f"answers-{seat}"),
        )
        for seat, (person, verdict) in enumerate(seats)
    ]
    for child in children:
        child.finish()
    return [json.loads((folder / f"answers-{seat}").read_text()) for seat in range(len(seats))]


def test_two_hundred_pairs_of_reviewers_give_one_decision_each(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    office.recharge("200.00")
    numbers = office.apply_often(200)
    answers = deciders(
        office,
        launcher,
        settings,
        tmp_path,
        (office.cast.rita, "approve"),
        (office.cast.rui, "reject"),
        numbers=numbers,
    )
    lost_to = {
        "approve": f"already-decided: {office.cast.rui.name} rejected this request at ",
        "reject": f"already-decided: {office.cast.rita.name} approved this request at ",
    }
    for number, approval, rejection in zip(numbers, *answers, strict=True):
        approved = approval == "decided"
        decided, refusal = (approval, rejection) if approved else (rejection, approval)
        assert decided == "decided"
        assert refusal.startswith(lost_to["reject" if approved else "approve"])
        assert office.request(number).state == ("approved" if approved else "rejected")
    assert 0 < answers[0].count("decided") < 200, "one reviewer won every race: they never met"
    assert session.scalar(select(func.count()).select_from(Decision)) == 200
    assert contradictions() == []


def test_a_second_approval_beside_an_undo_of_the_first_never_grants_alone(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    """Where two are wanted, either both stand or the request waits on: nothing is granted by one."""
    office.recharge("200.00")
    numbers = office.apply_often(100)
    with transaction():
        set_policy(SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", starts_on=clock.today(), reason="x", now=clock.now())
    office.approve(*numbers, by=office.cast.rui)
    undone, approved = deciders(
        office, launcher, settings, tmp_path, (office.cast.rui, "undo"), (office.cast.rita, "approve"), numbers=numbers
    )
    session.rollback()
    in_force = select(func.count()).select_from(Decision).where(Decision.revoked_at.is_(None))
    for number in numbers:
        found = office.request(number)
        standing = session.scalar(in_force.where(Decision.request_id == found.id))
        assert (found.state, standing) in (("approved", 2), ("pending", 1), ("pending", 0)), number
    assert {undone.count("decided"), approved.count("decided")} != {0}
    assert 0 < undone.count("decided") < 100, "one of them won every race: they never met"
    assert contradictions() == []


def test_numbers_have_no_gap_and_follow_the_clock_over_new_year_with_forced_rollbacks(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    # Two accounts: whoever issues for the same one waits for it long before they meet at the series.
    for code, person in (("lumen", office.cast.ada), ("yunqi", office.cast.bo)):
        office.recharge("150.00", to=code)
        office.approve(*office.apply_often(150, who=person))
    ids = list(session.scalars(select(InvoiceRequest.id)))
    session.rollback()
    begin, results = tmp_path / "begin", [tmp_path / f"undone-{number}" for number in range(2)]
    children = [
        launcher.start(
            "take_numbers", settings, request_ids=ids, threads=2, rollbacks=0.1, begin=str(begin), result=str(result)
        )
        for result in results
    ]
    # Nothing but work is left to do from here on, so the year turns while they are at it: not before, not after.
    launcher.say_begin(begin, children, lambda: (_new_year() - clock.now()).total_seconds() - 0.9)
    for child in children:
        child.finish()
    undone = sum(int(result.read_text()) for result in results)
    assert undone >= 10, f"only {undone} of some 330 transactions were rolled back"
    taken = session.execute(
        select(Invoice.period, Invoice.sequence, Invoice.issued_at, Invoice.number).order_by(
            Invoice.period, Invoice.sequence
        )
    ).all()
    assert len(taken) == 300
    periods = {row.period: [each.sequence for each in taken if each.period == row.period] for row in taken}
    assert len(periods) == 2, "the year did not turn while numbers were taken"
    assert all(sequences == list(range(1, len(sequences) + 1)) for sequences in periods.values())
    assert [row.issued_at for row in taken] == sorted(row.issued_at for row in taken)
    counted = session.execute(select(InvoiceSeries.period, InvoiceSeries.last_number))
    last = {row.period: row.last_number for row in counted}
    assert last == {period: len(sequences) for period, sequences in periods.items()}
    assert contradictions() == []


def _new_year() -> datetime:
    return clock.start_of_day(clock.today().replace(year=clock.today().year + 1, month=1, day=1), clock.zone())


def _sum_of_answers(results: list[Path]) -> dict[str, int]:
    total: dict[str, int] = {}
    for result in results:
        for answer, times in json.loads(result.read_text()).items():
            total[answer] = total.get(answer, 0) + times
    return total
