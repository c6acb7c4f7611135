"""An address for every page: the installation filled so that each route of the URL map can be opened.

`Atlas.pages` is the one list that grows with the product: a route without an example fails the tests that walk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.delivery import caught
from backoffice.delivery import services as delivery
from backoffice.delivery.catcher import maildir
from backoffice.delivery.models import Message
from backoffice.delivery.rules import DOCUMENT_PURPOSE, unique_part
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
from tests.journeys.stage import LUMEN_HEADER, NOW, Stage
from tests.support import files as supporting
from tests.support.people import PASSWORD

PERSONAL = {"kind": "personal", "name": "王小明"}
NOBODYS = "an-application-of-nobody"
REMOVED = "赵小红"
BEHIND, EXPORTS = ("uses", "refunds", "requests"), ("csv", "xlsx")
NOT_PAGES = {"static", "health.livez", "health.readyz", "health.show_metrics"}
# Files and a mail as its sender made it: nothing of our layout, themes or language is in them.
NOT_OURS = {
    "portal.download", "portal.download_xml", "portal.official", "portal.credit_note", "portal.supporting_file",
    "portal.export_invoices", "portal.export_bill", "portal.export_entries", "portal.archive",
    "review.document", "review.document_xml", "review.audit_pack", "review.official_file", "review.credit_document",
    "review.credit_pack",
    "review.draft", "review.supporting_file", "review.export_register", "review.month_pack",
    "review.export_books", "review.export_numbers", "review.export_queue",
    "review.export_account_entries",
    "review.bulk_matching", "review.bulk_progress", "review.lookers",
    "messages.document", "messages.sample_html", "issuing.seller_logo", "delivery.html_part", "delivery.attachment",
    "ledger.import_progress", "ledger.problems_csv", "sla.export_calendar", "sla.report_file", "sla.export_requests",
}  # fmt: skip


@dataclass(frozen=True)
class Atlas:
    """The filled installation and its addresses."""

    stage: Stage
    numbers: dict[str, str]  # state -> number of one of lumen's requests
    header: int
    spare: int
    removed: int
    yunqi_number: str
    yunqi_header: int
    mail: str
    mailed: int  # a message to a customer
    links: list[str]  # to the document of a mail: one that works, one that was ended
    someone: int  # a user who takes no part
    imported: int  # a ledger file with a line of each kind that was not taken
    conflict: int  # the line of it that is in conflict
    entries: list[int]  # of lumen's in the ledger: recharges, refunds, consumption
    behind: tuple[int, int, int]  # of them a recharge that was used, one that was refunded, and its refund
    view: int
    drafts: list[str]  # of Ada's applications: one that can be submitted, one that cannot, one that was, one let go
    note: str  # number of a credit note on the issued request
    proposals: list[int]  # of credit notes on it: the one that became the note, one that waits
    logo: str  # the signed address of a picture
    policies: list[int]  # changes of policies: one that is planned, one that waits for a second administrator
    runs: list[int]  # acts of Rita's on many requests: waiting, done with one refusal, a rejection

    def examples(self, endpoint: str) -> list[str]:
        """Addresses of lumen's, or everybody's, under a route that is opened with GET."""
        people = self.stage.cast
        one, issued = self.numbers["pending"], self.numbers["issued"]
        pages = {
            "accounts.home": ["/"],
            "accounts.login": ["/login"],
            "accounts.settings": ["/settings"],
            "accounts.shortcuts": ["/shortcuts"],
            "accounts.administration": ["/admin"],
            "accounts.new_user": ["/admin/users/new"],
            "accounts.show_user": [f"/admin/users/{people.ada.id}", f"/admin/users/{people.ana.id}"],
            "accounts.customer_accounts": ["/admin/accounts"],
            "accounts.new_account": ["/admin/accounts/new"],
            "ledger.imports": ["/admin/imports"],
            "ledger.show_import": [f"/admin/imports/{self.imported}"],
            "ledger.import_progress": [f"/admin/imports/{self.imported}/progress"],
            "ledger.problems_csv": [f"/admin/imports/{self.imported}/problems.csv"],
            "ledger.conflict": [f"/admin/imports/conflicts/{self.conflict}"],
            "portal.invoices": ["/invoices", "/invoices?status=issued", "/invoices?from=2020-01-01&to=x"],
            "portal.balance": ["/invoices/balance", "/invoices/balance?on=2026-01-31", "/invoices/balance?on=x"],
            "portal.statement": ["/invoices/statement", "/invoices/statement?figure=reserved&from=2020-01-01&to=x"],
            "portal.export_invoices": ["/invoices/export.csv", "/invoices/export.xlsx?status=issued&q=明"],
            "portal.archive": [f"/invoices/archive.zip?number={issued}"],
            "portal.bill": ["/bills", "/bills?month=2026-09", "/bills?month=2026-13"],
            "portal.export_bill": ["/bills/export.csv", "/bills/export.xlsx?month=2026-09"],
            "portal.entries": ["/bills/entries", "/bills/entries?free=1&kind=recharge", "/bills/entries?q=x&status=y"],
            "portal.export_entries": ["/bills/entries/export.csv", "/bills/entries/export.xlsx?kind=refund"],
            "portal.entry": [f"/bills/entries/{entry}" for entry in self.entries],
            "portal.entry_part": [
                f"/bills/entries/{entry}/{part}" for entry, part in zip(self.behind, BEHIND, strict=True)
            ],
            "portal.apply": ["/invoices/apply", f"/invoices/apply?resubmit={self.numbers['rejected']}"],
            "portal.application": [
                *(f"/invoices/apply/{key}" for key in self.drafts), f"/invoices/apply/{self.drafts[1]}?check=1",
                f"/invoices/apply/{NOBODYS}?new=1",
                f"/invoices/apply/{NOBODYS}?new=1&resubmit={self.numbers['rejected']}",
            ],
            "portal.review_application": [
                f"/invoices/apply/{self.drafts[0]}/review?changed=typed", f"/invoices/apply/{self.drafts[2]}/review",
            ],
            "portal.invoice_request": [
                *(f"/invoices/{number}" for number in self.numbers.values()), f"/invoices/{one}?print=1",
            ],
            "portal.correct": [f"/invoices/{one}/correct"],
            "portal.due": [f"/invoices/{one}/due"],
            "portal.answer": [f"/invoices/{self.numbers['held']}/answer"],
            "portal.send_again": [f"/invoices/{issued}/send-again{to}" for to in ("", "?to=ada@lumen.example")],
            "portal.supporting_file": [f"/invoices/{one}/supporting-file"],
            "portal.correction": [f"/invoices/{issued}/correction"],
            "portal.withdraw": [f"/invoices/{one}/withdraw"],
            "portal.download_xml": [f"/invoices/{issued}/download.xml"],
            "portal.official": [f"/invoices/{issued}/official"],
            "portal.download": [f"/invoices/{issued}/download"],
            "portal.credit_note": [f"/invoices/{issued}/credit-notes/{self.note}"],
            "headers.list_headers": ["/invoice-headers"],
            "headers.new": ["/invoice-headers/new", "/invoice-headers/new?next=apply"],
            "headers.edit": [f"/invoice-headers/{one}/edit" for one in (self.header, self.removed)],
            "headers.archive": [f"/invoice-headers/{self.spare}/archive"],
            "headers.restore": [f"/invoice-headers/{self.removed}/restore"],
            "headers.removed": ["/invoice-headers/removed"],
            "headers.history": [f"/invoice-headers/{one}/history" for one in (self.header, self.removed)],
            "review.queue": [
                "/review", "/review?view=all&sort=-amount", "/review?only=flagged&min=x", "/review?to=2020-01-01",
            ],
            "review.bulk_runs": ["/review/bulk"],
            "review.bulk_matching": ["/review/bulk/matching?customer=lumen"],
            "review.kept_bulk": ["/review/bulk/start"],
            "review.new_bulk": [
                f"/review/bulk/new?action=approve&number={one}&number={issued}",
                "/review/bulk/new?action=reject&all=1&view=all", f"/review/bulk/new?action=assign&number={one}",
                "/review/bulk/new?action=approve", "/review/bulk/new",
            ],
            "review.bulk_run": [f"/review/bulk/{run}" for run in self.runs],
            "review.bulk_progress": [f"/review/bulk/{run}/progress" for run in self.runs],
            "review.saved_views": ["/review/views", "/review/views?view=all&min=5"],
            "review.saved_view": [f"/review/views/{self.view}"],
            "review.invoice_request": [f"/review/{number}" for number in self.numbers.values()],
            "review.approve_form": [f"/review/{one}/approve"],
            "review.reject_form": [f"/review/{one}/reject"],
            "review.assign": [f"/review/{one}/assign"],
            "review.lookers": ["/review/looking"],
            "review.hold": [f"/review/{one}/hold"],
            "review.return_to_queue": [f"/review/{self.numbers['returnable']}/return"],
            "review.note": [f"/review/{one}/notes"],
            "review.due": [f"/review/{one}/due"],
            "review.supporting_file": [f"/review/{one}/supporting-file"],
            "review.official": [f"/review/{issued}/official"],
            "review.official_file": [f"/review/{issued}/official/file{of}" for of in ("", "?version=1")],
            "review.document": [f"/review/{issued}/document"],
            "review.audit_pack": [f"/review/{issued}/audit-pack.zip"],
            "review.document_xml": [f"/review/{issued}/document.xml"],
            "review.draft": [f"/review/{one}/draft.pdf"],
            "review.credit": [f"/review/{issued}/credit{how}" for how in ("", "?all=1", "?debt=1")],
            "review.credit_proposal": [f"/review/credits/{each}" for each in self.proposals],
            "review.credit_document": [f"/review/credits/{each}/document" for each in self.proposals],
            "review.credit_pack": [f"/review/credits/{self.proposals[0]}/audit-pack.zip"],
            "review.decline_correction": [f"/review/{issued}/correction"],
            "review.reissue": [f"/review/{issued}/reissue"],
            "review.credit_register": ["/review/books/credits"],
            "review.work": ["/review/work"],
            "review.issuing": ["/review/issuing"],
            "review.mail": [f"/review/mails/{self.mailed}"],
            "review.books": ["/review/books", "/review/books?month=2026-01", "/review/books?figure=invoiced"],
            "review.accounts": ["/review/accounts", "/review/accounts?code=nobody"],
            "review.account": ["/review/accounts/lumen", "/review/accounts/lumen?on=2026-01-31"],
            "review.account_statement": ["/review/accounts/lumen/statement?figure=invoiced"],
            "review.account_requests": ["/review/accounts/lumen/requests?status=issued"],
            "review.account_entries": ["/review/accounts/lumen/entries", "/review/accounts/lumen/entries?kind=refund"],
            "review.export_account_entries": [f"/review/accounts/lumen/entries/export.{kind}" for kind in EXPORTS],
            "review.entry": [f"/review/entries/{entry}" for entry in self.entries],
            "review.entry_part": [
                f"/review/entries/{entry}/{part}" for entry, part in zip(self.behind, BEHIND, strict=True)
            ],
            "review.journal": ["/review/books/journal", "/review/books/journal?kind=credit"],
            "review.register": ["/review/books/register"],
            "review.export_queue": ["/review/queue.csv?view=all", "/review/queue.xlsx?only=overdue"],
            "review.export_register": [f"/review/books/register.{kind}" for kind in EXPORTS],
            "review.month_pack": ["/review/books/register.zip"],
            "review.numbers": ["/review/books/numbers"],
            "review.export_numbers": [f"/review/books/numbers.{kind}" for kind in EXPORTS],
            "review.export_books": ["/review/books.csv", "/review/books.xlsx?month=2026-01"],
            "sla.dashboard": ["/sla"],
            "sla.forecast": ["/sla/forecast", "/sla/forecast?by=1999-01-01"],
            "sla.report_file": ["/sla/report.pdf?period=12w", "/sla/report.xlsx"],
            "sla.operations": ["/admin/operations"],
            "sla.calendar": ["/admin/calendar", "/admin/calendar?year=2027&day=2027-02-05"],
            "sla.export_calendar": ["/admin/calendar.csv?year=2026"],
            "sla.policies": ["/admin/policies"],
            "sla.policy": [f"/admin/policies/{key}" for key in sorted(PolicyKey, reverse=True)],
            "sla.policy_change": [f"/admin/policies/changes/{each}" for each in self.policies],
            "sla.requests": ["/sla/requests/open", "/sla/requests/due-today"],
            "sla.export_requests": [f"/sla/requests/{one}" for one in ("open.csv", "met.xlsx?kind=personal")],
            "audit.log": ["/audit"],
            "issuing.seller": ["/admin/seller"],
            "issuing.seller_logo": [f"/seller-logo/{self.logo}"],
            "issuing.verify": ["/verify", "/verify?number=INV-2026-000001"],
            "health.livez": ["/livez"],
            "health.readyz": ["/readyz"],
            "health.show_metrics": ["/metrics"],
            "messages.mails": ["/mails"],
            "messages.sample": ["/mails/issued/en", "/mails/issued/zh", "/mails/flagged/zh"],
            "messages.sample_html": ["/mails/issued/en"],
            "messages.document": [f"/documents/{token}" for token in self.links],
            "messages.link_over": [f"/documents/{self.links[1]}/over"],
            "delivery.mails": ["/dev/mail"],
            "delivery.mail": [f"/dev/mail/{self.mail}"],
            "delivery.html_part": [f"/dev/mail/{self.mail}/html"],
            "delivery.attachment": [f"/dev/mail/{self.mail}/attachments/0"],
            "dev_components.show": ["/dev/components"],
            "static": ["/static/css/tokens.css"],
        }  # fmt: skip
        if endpoint not in pages:
            raise LookupError(f"no example address for {endpoint}: add one to tests/access/atlas.py")
        return pages[endpoint]

    def walk(self, *, without: frozenset[str] | set[str] = frozenset()) -> Iterator[tuple[str, str]]:
        """Endpoint and address of everything that can be opened."""
        for endpoint in readable(self.stage.app):
            if endpoint not in without:
                for address in self.examples(endpoint):
                    yield endpoint, address


def readable(app: Flask) -> list[str]:
    """The endpoints that answer GET."""
    return sorted({rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())})


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
