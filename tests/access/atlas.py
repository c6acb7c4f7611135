"""An address for every page of the filled installation.

`Atlas.examples` is the one list that grows with the product: a route without an example fails the tests that walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from backoffice.policies.rules import PolicyKey
from tests.journeys.stage import Stage

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
