"""Who may do what to a request, the same through the service, the page, in bulk and the command line: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.cli.command import cli
from backoffice.database import session
from backoffice.errors import BackofficeError
from backoffice.headers import services as headers
from backoffice.ledger.jobs import import_file
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.ledger.services.deciding import Outcome
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, Hold, InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.requests.services import changes, recipients
from backoffice.review.models import BulkItem, DecisionChecks
from backoffice.review.queries import bulk as runs
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk, claims, decisions, holds
from tests.review.desk import NOW, Desk
from tests.support.office import contradictions
from tests.support.people import Person
from tests.support.visitor import Visitor

# Who may do what is decided in Python; what the databases do about two at once is in tests/concurrency, on both.
pytestmark = pytest.mark.one_database

# `half` is done, too: the request waits for a second approval afterwards.
DONE, HALF, REFUSED = "done", "half", "refused"
UNDO = 3600
HEAD = "kind,external_id,account,status,amount,currency,occurred_at,refund_of"


@dataclass(frozen=True)
class Verb:
    """One verb of the desk: the service, what it takes, and what the page and the command call it."""

    service: Callable[..., Any]
    takes: dict[str, Any]
    page: str
    options: list[str]
    timed: bool = False


VERBS = {
    "approve": Verb(decisions.approve, {}, "approve", [], timed=True),
    "reject": Verb(
        decisions.reject, {"reason": "other", "remarks": "No."}, "reject", ["--reason", "other", "--remarks", "No."]
    ),
    "hold": Verb(holds.hold, {"question": "Which?"}, "hold", ["--question", "Which?"]),
    "resume": Verb(holds.resume, {}, "resume", []),
    "undo": Verb(decisions.undo, {}, "undo", []),
    "return": Verb(decisions.return_to_queue, {"why": "Wrong."}, "return", ["--why", "Wrong."]),
}

# How the request came to where it stands; who acts; and what each verb of `VERBS` then does, in their order.
TABLE = """
fresh            rita   done    done    done    refused refused refused
fresh            ada    refused refused refused refused refused refused
fresh            max    refused refused refused refused refused refused
fresh            otto   refused refused refused refused refused refused
fresh            ana    refused refused refused refused refused refused
own              nina   refused refused refused refused refused refused
claimed by rui   rita   refused refused refused refused refused refused
claimed by rui   rui    done    done    done    refused refused refused
held             rita   done    done    refused done    refused refused
held, claimed    rita   refused refused refused refused refused refused
held, claimed    rui    refused refused refused done    refused refused
half, withdrawn  rita   refused refused refused refused refused refused
half, withdrawn  rui    refused refused refused refused refused refused
half, corrected  rita   half    done    done    refused refused refused
half, corrected  rui    half    done    done    refused refused refused
half approved    rita   refused done    done    refused done    done
half approved    rui    done    done    done    refused refused done
header edited    rui    refused done    done    refused refused done
large, imported  rui    half    done    done    refused refused refused
half, imported   rui    refused done    done    refused refused done
half, imported 2 rui    refused done    done    refused refused done
half, imported 1 rui    refused done    done    refused refused done
half, void       rita   half    done    done    refused refused refused
half, void       rui    half    done    done    refused refused refused
large week       rita   half    done    done    refused refused refused
large week, half rita   refused done    done    refused done    done
large week, half rui    done    done    done    refused refused done
short            rita   refused done    done    refused refused refused
approved by rita rita   refused refused refused refused done    done
approved by rita rui    refused refused refused refused refused done
approved by rita max    refused refused refused refused refused refused
too late         rita   refused refused refused refused refused done
rejected         rui    refused refused refused refused refused refused
doubtful tax ID  rita   refused done    done    refused refused refused
"""


def rows() -> list[Any]:
    """(situation, who, outcomes by verb) for each line of the table."""
    found = []
    for line in TABLE.strip().splitlines():
        situation, (who, *outcomes) = line[:16].strip(), line[16:].split()
        found.append(pytest.param(situation, who, dict(zip(VERBS, outcomes, strict=True)), id=f"{situation}-{who}"))
    return found


@pytest.fixture
def nina(desk: Desk, visit: Callable[..., Visitor]) -> Person:
    """A reviewer who applied before she changed sides."""
    made = desk.run(
        lambda: accounts.create_user(
            SYSTEM, email="nina@backoffice.example", name="Nina", role=Role.REVIEWER, password="invoice-demo-2026",
            account_id=None, now=NOW,
        ).id
    )  # fmt: skip
    return Person(made, "nina@backoffice.example", "Nina", Role.REVIEWER, None)


def arranged(desk: Desk, situation: str, nina: Person, *, many: bool = False) -> str:
    """A request in a situation; `many`: Rita approved it in a run, which can be undone."""
    if situation == "own":
        return desk.apply(Person(nina.id, nina.email, nina.name, Role.CUSTOMER, desk.cast.lumen))
    if situation == "short":
        return short_of_money(desk)
    rita, rui = desk.cast.rita.actor, desk.cast.rui.actor
    spare = ""
    if "imported" in situation or "void" in situation:
        # By one file, or told as pending by one and completed by another: by each of their importers in turn.
        spare = imported(desk, {"2": ("ana", "rui"), "1": ("rui", "ana")}.get(situation[-1], ("rui",)))
    if "week" in situation:
        desk.apply(amount="150.00", days_ago=6)
    number = desk.apply()
    if situation.startswith(("half", "header", "large")):
        limit = "200.00" if "week" in situation else "1.00"
        threshold = {"starts_on": NOW.date(), "reason": "x", "now": NOW}
        desk.run(policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, limit, **threshold)
    if situation == "header edited":
        edit_header(desk, number)
    if "half" in situation or situation == "header edited":
        if many:
            assert run_of_one(desk, desk.cast.rita, BulkAction.APPROVE, number, {}) == DONE
        else:
            desk.run(decisions.approve, rita, number, now=NOW)
    match situation:
        case "half, void":
            book(desk, "refund", spare, "lumen")
        case "claimed by rui":
            desk.run(claims.claim, rui, number, now=NOW)
        case "doubtful tax ID":
            desk.spoil_tax_id(number)
        case "half, withdrawn":
            desk.run(changes.withdraw, desk.cast.ada.actor, number, now=NOW)
        case "half, corrected":
            desk.run(recipients.correct, desk.cast.ada.actor, number, email="new@bills.example", copies="", now=NOW)
        case "held" | "held, claimed":
            desk.run(holds.hold, rui, number, question="Which?", now=NOW)
            if situation == "held, claimed":
                desk.run(claims.claim, nina.actor, number, now=NOW)
        case "approved by rita" | "too late" if many:
            at = NOW - timedelta(seconds=UNDO) if situation == "too late" else NOW
            assert run_of_one(desk, desk.cast.rita, BulkAction.APPROVE, number, {}, at=at) == DONE
        case "approved by rita":
            desk.run(decisions.approve, rita, number, now=NOW, undo_seconds=UNDO)
        case "too late":
            desk.run(decisions.approve, rita, number, now=NOW - timedelta(seconds=UNDO), undo_seconds=UNDO)
        case "rejected":
            desk.run(decisions.reject, rita, number, reason="other", remarks="No.", now=NOW)
    return number


def edit_header(desk: Desk, number: str) -> None:
    """Rui changes the header of a request, as somebody who once was the customer's clerk."""
    clerk = desk.cast.ada.actor
    disguised = type(clerk)(desk.cast.rui.id, "芮明", clerk.role, clerk.account_id)
    phone = f"021-{next(_tokens)}"
    values = {"kind": "enterprise", "name": "Lumen Robotics Ltd", "tax_id": "91310000MA1FL0A277", "phone": phone}
    with desk.app.app_context():
        header_id = session.scalars(select(InvoiceRequest.header_id).where(InvoiceRequest.number == number)).one()
    desk.run(headers.edit, disguised, header_id, values, now=NOW)


def imported(desk: Desk, by: tuple[str, ...]) -> str:
    """A recharge that the next application takes, imported by hand: by Rui as a former administrator, or by two."""
    external_id = f"spare-{next(_tokens)}"
    long_ago = (NOW - timedelta(days=200)).isoformat()
    for turn, name in enumerate(by, 1):
        person = getattr(desk.cast, name)
        status = "completed" if turn == len(by) else "pending"
        with TemporaryDirectory() as folder, desk.app.app_context():
            file = Path(folder, "spare.csv")
            file.write_text(f"{HEAD}\nrecharge,{external_id},lumen,{status},100.00,CNY,{long_ago},\n")
            former = Actor(person.id, person.name, Role.ADMINISTRATOR)
            import_file(file, former, source="platform", currency="CNY", zone=clock.zone())
    return external_id


def book(desk: Desk, kind: str, about: str, account: str, amount: str = "100.00") -> None:
    """A recharge of 100.00 from long ago, or its refund."""
    refund = kind == "refund"
    line = Line(
        number=1, kind=kind, external_id=f"back-{about}" if refund else about, account=account, status="completed",
        amount=Decimal(amount), occurred_at=NOW - timedelta(days=1 if refund else 200),
        refund_of=about if refund else None,
    )  # fmt: skip
    (result,) = desk.run(entries.book, [line], source="platform", now=NOW)
    assert result.outcome in (Outcome.ADDED, Outcome.UNCHANGED), result


def short_of_money(desk: Desk) -> str:
    """A request of Bo's whose recharge was refunded, when there is no other money."""
    with desk.app.app_context():
        held = select(InvoiceRequest.number).where(
            InvoiceRequest.account_id == desk.cast.yunqi, in_state(State.PENDING)
        )
        left = session.scalars(held).all()
    for number in left:  # new money would cover these first
        desk.run(changes.withdraw, desk.cast.bo.actor, number, now=NOW)
    for name in ("yunqi-1", "yunqi-2"):
        book(desk, "refund", name, "yunqi", "5000.00")
    spare = f"spare-{next(_tokens)}"
    book(desk, "recharge", spare, "yunqi")
    number = desk.apply(desk.cast.bo)
    book(desk, "refund", spare, "yunqi")
    return number


def marks(desk: Desk, number: str) -> tuple[str, int, int, int]:
    """What a verb changes: the state, decisions given and revoked, questions asked, questions ended."""
    return (
        desk.state(number),
        desk.count(Decision),
        desk.count(Decision, Decision.revoked_at.is_not(None)),
        desk.count(Hold) + 10 * desk.count(Hold, Hold.ended_at.is_not(None)),
    )


def by_service(desk: Desk, who: Person, number: str, verb: Verb) -> bool:
    also = {"undo_seconds": UNDO} if verb.timed else {}
    try:
        desk.run(verb.service, who.actor, number, now=NOW, **verb.takes, **also)
    except BackofficeError:
        return False
    return True


def by_page(browser: Visitor, number: str, verb: Verb) -> bool:
    token = {"csrf_token": dict(browser.forms()[0].values)["csrf_token"]}
    answer = browser.client.post(f"/review/{number}/{verb.page}", data=token | verb.takes)
    assert answer.status_code in (303, 403, 409, 422), answer.text
    return answer.status_code == 303


def by_bulk(desk: Desk, who: Person, number: str, name: str, verb: Verb) -> bool:
    given, follows = verb.takes, None
    if name == BulkAction.UNDO:
        with desk.app.app_context():
            asked = select(BulkItem.run_id).join(InvoiceRequest, InvoiceRequest.id == BulkItem.request_id)
            follows = session.scalars(asked.where(InvoiceRequest.number == number)).first()
    try:
        return run_of_one(desk, who, BulkAction(name), number, given, follows=follows) == DONE
    except BackofficeError:
        return False


_tokens = count()


def run_of_one(
    desk: Desk,
    who: Person,
    action: BulkAction,
    number: str,
    given: dict[str, Any],
    *,
    follows: int | None = None,
    at: datetime = NOW,
) -> str:
    """Ask for an act in bulk and do it as the worker does; its outcome."""
    order = bulk.Order(action, [number], f"run-{next(_tokens)}", given, follows)
    run = desk.run(lambda: bulk.start(who.actor, order, now=at).id)
    lent = desk.run(bulk.take, at)
    (request_id,) = desk.run(runs.left, run)
    outcome: str = desk.run(bulk.carry_out, lent, request_id, now=at, undo_seconds=UNDO)
    desk.run(bulk.finish, lent, now=at)
    return outcome


def by_command(desk: Desk, who: Person, number: str, name: str, verb: Verb) -> bool:
    result: Result = desk.app.test_cli_runner().invoke(
        cli.commands["review"], [name, number, "--as", who.email, *verb.options]
    )
    assert result.exit_code in (0, 1), result.output
    return result.exit_code == 0


@pytest.mark.parametrize(("situation", "who", "outcomes"), rows())
def test_every_entry_obeys_the_table(
    desk: Desk, nina: Person, situation: str, who: str, outcomes: dict[str, str]
) -> None:
    person, seen = nina if who == "nina" else getattr(desk.cast, who), {}
    browser = Visitor(desk.app)
    browser.sign_in(person)
    browser.get("/settings")
    for name, verb in VERBS.items():
        entries: dict[str, Callable[[str], bool]] = {
            "service": partial(by_service, desk, person, verb=verb),
            "page": partial(by_page, browser, verb=verb),
            "command": partial(by_command, desk, person, name=name, verb=verb),
        }
        if name in set(BulkAction):
            entries["bulk"] = partial(by_bulk, desk, person, name=name, verb=verb)
        for entry, act in entries.items():
            number = arranged(desk, situation, nina, many=entry == "bulk")
            before = marks(desk, number)
            done = act(number)
            assert (marks(desk, number) != before) == done, f"{entry} of {name} says otherwise than it did"
            bare = desk.count(Decision) - desk.count(DecisionChecks, DecisionChecks.found.is_not(None))
            assert bare == 0, f"{entry} of {name} keeps no checks"
            waits = name == "approve" and desk.state(number) == "pending"
            seen[name, entry] = (HALF if waits else DONE) if done else REFUSED
    assert seen == {(name, entry): outcomes[name] for name, entry in seen}
    with desk.app.app_context():
        assert contradictions() == []
