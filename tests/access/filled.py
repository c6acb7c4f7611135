"""The installation filled so that each route of the URL map can be opened."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from backoffice import clock, storage
from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.delivery import caught
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message
from backoffice.delivery.rules import DOCUMENT_PURPOSE, maildir, unique_part
from backoffice.headers import services as headers
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.services import Issuer, official
from backoffice.issuing.services.proposals import Wanted
from backoffice.ledger import jobs as ledger
from backoffice.ledger import queries, rules
from backoffice.ledger.models import FileVia, LedgerEntry
from backoffice.ledger.rules import Line
from backoffice.ledger.services import encodings, files, reading
from backoffice.ledger.services.entries import book
from backoffice.permissions import SYSTEM, Role
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import changing
from backoffice.portal import services as portal
from backoffice.portal.queries import drafts
from backoffice.portal.queries.drafts import Writer
from backoffice.requests import queries as requests
from backoffice.requests.services import recipients
from backoffice.review import jobs as review
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk, claims, credits, decisions, holds, saved_views
from backoffice.review.services import notes as written
from backoffice.review.services.bulk import Order
from backoffice.web import signing
from tests.access.atlas import PERSONAL, REMOVED, Atlas
from tests.journeys.stage import LUMEN_HEADER, NOW, Stage
from tests.support import files as supporting
from tests.support.people import PASSWORD


def draw(stage: Stage) -> Atlas:
    """Fill the installation: lumen has a request in every state, yunqi a pending one; everything is mailed."""
    ada, bo = stage.cast.ada, stage.cast.bo
    late = NOW - timedelta(days=20)
    numbers = {
        "overdue": stage.apply(ada, "120.00", at=late),
        "issued": stage.approve(stage.apply(ada, "1409.50", at=late, copies="cw@lumen.example")),
        "rejected": stage.reject(stage.apply(ada, "500.00", at=NOW - timedelta(days=3))),
        "followed": stage.reject(stage.apply(ada, "610.00", at=NOW - timedelta(days=4))),
        "withdrawn": stage.withdraw(stage.apply(ada, "75.00", at=NOW - timedelta(days=2))),
    }
    numbers["following"] = stage.apply(ada, "610.00", follows=numbers["followed"])
    numbers["due today"] = stage.apply(ada, "33.00", at=NOW - timedelta(days=7))
    stage.work()
    stage.sweep()
    stage.do(
        official.record,
        stage.cast.rita.actor,
        numbers["issued"],
        number="24312000000012345678",
        file=(supporting.pdf(), "24312000000012345678.pdf"),
        reason="",
        over=0,
    )
    numbers["approved"] = stage.approve(stage.apply(ada, "42.00", remarks="采购单 4500"))
    numbers["held"] = stage.apply(ada, "61.00")
    stage.do(holds.hold, stage.cast.rita.actor, numbers["held"], question="采购单 4501")
    stage.do(written.add, stage.cast.rita.actor, numbers["held"], "采购单 4501")
    numbers["claimed"] = stage.apply(ada, "62.00")
    stage.do(claims.claim, stage.cast.rita.actor, numbers["claimed"])
    numbers["second"] = _half_approved(stage)
    numbers["pending"] = stage.apply(
        ada, "300.00", remarks="采购单 4501", copies="cw@lumen.example", file=supporting.pdf()
    )
    stage.do(recipients.correct, ada.actor, numbers["pending"], email="ap@lumen.example", copies="cw@lumen.example")
    note, proposals = _credited(stage, numbers["issued"])
    numbers["returnable"] = stage.approve(stage.apply(ada, "43.00"))
    lumen = stage.headers[stage.cast.lumen]
    another = {**LUMEN_HEADER, "name": "流明机器人（苏州）有限公司"}
    spare = stage.do(headers.create, ada.actor, another, known_look_alikes=[lumen]).id
    removed = stage.do(headers.create, ada.actor, {"kind": "personal", "name": REMOVED}).id
    stage.do(headers.archive, ada.actor, removed)
    stage.do(headers.create, ada.actor, PERSONAL)
    return Atlas(
        stage, numbers, lumen, spare, removed, stage.apply(bo, "10.00"), stage.headers[stage.cast.yunqi],
        _mail_with_invoice(stage), *_links(stage), _someone(stage), *_imported(stage), *_entries(stage),
        view=stage.do(saved_views.create, stage.cast.rita.actor, "采购单", "view=all").id,
        drafts=_drafts(stage, lumen, numbers["pending"]),
        note=note, proposals=proposals, logo=_logo(stage),
        policies=_policies(stage),
        runs=_runs(stage, numbers),
    )  # fmt: skip


def _credited(stage: Stage, number: str) -> tuple[str, list[int]]:
    """A credit note on a part of an issued request, whose document is made, and a proposal for another part."""
    people, issuer = stage.cast, Issuer(currency="CNY", external_url="http://localhost")
    with stage.app.app_context():
        (line,) = notes.creditable(notes.invoice_of(requests.by_number(number).id))
        session.remove()
    wanted = Wanted("amount", "采购单 4501", {line.id: Decimal("9.50")})
    made = stage.do(credits.propose, people.rita.actor, number, wanted).id
    note: str = stage.do(credits.confirm, people.rui.actor, made, issuer=issuer).number
    stage.work()
    return note, [made, stage.do(credits.propose, people.rita.actor, number, wanted).id]


def _logo(stage: Stage) -> str:
    with stage.app.app_context():
        return signing.sign(storage.put(supporting.picture("PNG")), "seller-logo")


def _drafts(stage: Stage, header: int, made: str) -> list[str]:
    """Of Ada: one that can be submitted, the newest; one whose file was refused; one submitted, one thrown away."""
    whose = Writer(stage.cast.lumen, stage.cast.ada.id)
    typed = {"header_id": str(header), "amount": "1.50", "email": "ap@lumen.example", "copies": "", "defaults_of": "",
             "remarks": "采购单 4501"}  # fmt: skip
    fault = "This file is empty. Choose a PDF, PNG or JPEG of at most 10 MB."
    contents = {
        "ended": portal.Content(typed),
        "discarded": portal.Content(typed),
        "refused": portal.Content({**typed, "amount": "x"}, file_fault=fault),
        "good": portal.Content(typed),
    }
    keys = {name: f"draft-{name}".ljust(32, "x") for name in contents}
    for name, content in contents.items():
        stage.do(portal.keep, whose, keys[name], content, since="")
    stage.do(portal.discard, whose, keys["discarded"])
    with stage.app.app_context(), transaction():
        portal.end(drafts.draft_of(whose, keys["ended"]), requests.by_number(made).id)
    return [keys["good"], keys["refused"], keys["ended"], keys["discarded"]]


def _policies(stage: Stage) -> list[int]:
    """A scheduled change of Ana's, and another administrator's proposal; each with one that was taken back before."""
    other = {"email": "other@backoffice.example", "name": "别人", "role": Role.ADMINISTRATOR, "password": PASSWORD}
    proposer = stage.do(accounts.create_user, SYSTEM, account_id=None, **other).actor()
    made = []
    for actor, key, value in (
        (stage.cast.ana.actor, PolicyKey.SLA_BUSINESS_DAYS, 4),
        (proposer, PolicyKey.FOUR_EYES_THRESHOLD, "9000.00"),
    ):
        planned = {"starts_on": NOW.date() + timedelta(days=30), "reason": "采购单 4501"}
        first = stage.do(changing.change, actor, key, value, **planned).id
        stage.do(changing.take_back, actor, first, reason="采购单 4501")
        made.append(stage.do(changing.change, actor, key, value, **planned).id)
    return made


def _runs(stage: Stage, numbers: dict[str, str]) -> list[int]:
    """One act of each kind on many requests, the first not begun; with what was refused and what was done before."""
    spare = stage.apply(stage.cast.ada, "64.00")
    asked = (
        (BulkAction.APPROVE, [spare, numbers["issued"], numbers["withdrawn"]], {"remarks": "采购单 4501"}),
        (BulkAction.REJECT, [numbers["rejected"], numbers["followed"]], {"reason": "other", "remarks": "采购单 4501"}),
        (BulkAction.ASSIGN, [spare], {"assignee": None}),
    )
    made = []
    for action, chosen, given in asked:
        order = Order(action, chosen, f"run-{action}", given)
        made.append(stage.do(bulk.start, stage.cast.rita.actor, order).id)
        with stage.app.app_context():
            review.work_off()
    order = Order(BulkAction.APPROVE, [spare], "run-last")
    return [stage.do(bulk.start, stage.cast.rita.actor, order).id, *made]


def _half_approved(stage: Stage) -> str:
    """A request that waits for a second approval; afterwards one is enough again."""
    number = stage.apply(stage.cast.ada, "63.00")
    for threshold in ("1.00", None):
        stage.do(
            policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, threshold, starts_on=NOW.date(), reason="x"
        )
        if threshold:
            stage.do(decisions.approve, stage.cast.rui.actor, number, remarks="采购单 4501")
    return number


def _entries(stage: Stage) -> tuple[list[int], tuple[int, int, int]]:
    """A recharge that was used and refunded, its refund, a refund that waits, what was used, and what is to come."""
    at = NOW - timedelta(days=1)
    lines = [
        Line(
            number=1, kind=kind, external_id=name, account="lumen", status=status, amount=Decimal(amount),
            occurred_at=at, refund_of=refund_of,
        )
        for kind, name, status, amount, refund_of in (
            ("refund", "LUMEN-1", "completed", "5990.00", f"LUMEN-{NOW - timedelta(days=90):%Y%m%d}"),
            ("refund", "LUMEN-2", "completed", "12.00", "LUMEN-9"),
            ("consumption", "LUMEN-3", "completed", "88.80", None),
            ("grant", "LUMEN-4", "completed", "50.00", None),
            ("recharge", "LUMEN-5", "pending", "700.00", None),
        )
    ]  # fmt: skip
    stage.do(book, lines, source="platform")
    with stage.app.app_context():
        account = stage.cast.lumen
        found = list(
            session.scalars(select(LedgerEntry).where(LedgerEntry.account_id == account).order_by(LedgerEntry.id))
        )
        ids = {each.external_id: each.id for each in found}
        refunded = ids[f"LUMEN-{NOW - timedelta(days=90):%Y%m%d}"]
        return [each.id for each in found], (refunded, refunded, ids["LUMEN-1"])


def _someone(stage: Stage) -> int:
    person = {"email": "else@backoffice.example", "name": "别人", "role": Role.REVIEWER, "password": PASSWORD}
    made: int = stage.do(accounts.create_user, SYSTEM, account_id=None, **person).id
    return made


def _imported(stage: Stage) -> tuple[int, int]:
    """A ledger file from the page: one line is taken, one is refused, one says something else than the books."""
    head = ",".join(rules.REQUIRED_COLUMNS)
    known = f"LUMEN-{NOW - timedelta(days=30):%Y%m%d}"
    lines = (
        "recharge,LUMEN-777,lumen,completed,12.00,CNY,2026-03-02T09:30:00,",
        f"recharge,{known},lumen,completed,1.00,CNY,2026-03-02T09:30:00+08:00,",
        'recharge,LUMEN-778,lumen,completed,"1234,50",CNY,2026-03-02T09:30:00+08:00,',
    )
    content = "\n".join([f"{head},note", *lines]).encode()
    with stage.app.app_context():
        file = io.BytesIO(content)
        facts = encodings.examine(file)
        storage.put_file(file, facts.sha256)
        order = files.Order("2026-03.csv", "platform", FileVia.PAGE)
        shape = reading.shape(file, facts.encoding)
        with transaction():
            imported = files.enter(stage.cast.ana.actor, order, facts, shape, now=clock.now()).id
        assert ledger.import_due() == 3
        (conflict,) = queries.open_conflicts()
        session.remove()
        return imported, conflict.id


def _links(stage: Stage) -> tuple[int, list[str]]:
    """The first of the two mails of the issued invoice, and the links in both; the second does not work any more."""
    with stage.app.app_context():
        mails = session.scalars(select(Message).where(Message.template == "issued").order_by(Message.id)).all()
        ids, unique = [mail.id for mail in mails], [unique_part(mail.message_id) for mail in mails]
    stage.do(delivery.end_link, stage.cast.rita.actor, ids[1])
    with stage.app.app_context():
        return ids[0], [signing.sign(each, DOCUMENT_PURPOSE) for each in unique]


def _mail_with_invoice(stage: Stage) -> str:
    """The name of a caught mail that carries a PDF."""
    folder = maildir(Path(stage.app.config["BACKOFFICE_SETTINGS"].instance_path))
    summaries, _ = caught.newest(folder, 100)
    return next(each.key for each in summaries if caught.read(folder, each.key).attachments)
