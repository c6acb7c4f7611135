"""Who may do what: one table of every route and every person; and what no route does for anybody.

Columns of the table: an anonymous visitor, Ada and Lin of lumen, Bo of yunqi, the reviewers Rita and Rui, the manager
Max, the auditor Otto, the administrator Ana. Each cell is the status of the answer; `login` is the way to the sign-in
page; two where the examples differ. Addresses with an id are lumen's. A route that is not in the table fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import inspect

from backoffice.database import db
from tests.access.atlas import Atlas, readable
from tests.support.people import Cast
from tests.support.visitor import Visitor

PEOPLE = ("nobody", "ada", "lin", "bo", "rita", "rui", "max", "otto", "ana")

#                                nobody ada lin bo  rita rui max otto ana
READING = """
accounts.home                    login 302 302 302 302 302 302 302 302
accounts.login                   200   302 302 302 302 302 302 302 302
accounts.settings                login 200 200 200 200 200 200 200 200
accounts.shortcuts               login 200 200 200 200 200 200 200 200
accounts.administration          login 403 403 403 403 403 403 403 200
accounts.new_user                login 403 403 403 403 403 403 403 200
accounts.show_user               login 403 403 403 403 403 403 403 200
accounts.customer_accounts       login 403 403 403 403 403 403 403 200
accounts.new_account             login 403 403 403 403 403 403 403 200
ledger.imports                   login 403 403 403 403 403 403 403 200
ledger.show_import               login 403 403 403 403 403 403 403 200
ledger.import_progress           login 403 403 403 403 403 403 403 200
ledger.problems_csv              login 403 403 403 403 403 403 403 200
ledger.conflict                  login 403 403 403 403 403 403 403 200
portal.invoices                  login 200 200 200 403 403 403 403 403
portal.export_invoices           login 200 200 200 403 403 403 403 403
portal.archive                   login 200 200 404 403 403 403 403 403
portal.bill                      login 200 200 200 403 403 403 403 403
portal.export_bill               login 200 200 200 403 403 403 403 403
portal.entries                   login 200 200 200 403 403 403 403 403
portal.export_entries            login 200 200 200 403 403 403 403 403
portal.entry                     login 200 200 404 403 403 403 403 403
portal.balance                   login 200 200 200 403 403 403 403 403
portal.statement                 login 200 200 200 403 403 403 403 403
portal.entry_part                login 200 200 404 403 403 403 403 403
portal.apply                     login 303 303 303/404 403 403 403 403 403
portal.application               login 200 200/303 200/303/404 403 403 403 403 403
portal.review_application        login 200 303 303 403 403 403 403 403
portal.invoice_request           login 200 200 404 403 403 403 403 403
portal.due                       login 200 200 404 403 403 403 403 403
portal.correction                login 200 200 404 403 403 403 403 403
portal.withdraw                  login 200 200 404 403 403 403 403 403
portal.correct                   login 200 200 404 403 403 403 403 403
portal.send_again                login 200 200 404 403 403 403 403 403
portal.answer                    login 200 200 404 403 403 403 403 403
portal.supporting_file           login 200 200 404 403 403 403 403 403
portal.download                  login 200 200 404 403 403 403 403 403
portal.credit_note               login 200 200 404 403 403 403 403 403
portal.download_xml              login 200 200 404 403 403 403 403 403
portal.official                  login 200 200 404 403 403 403 403 403
headers.list_headers             login 200 200 200 403 403 403 403 403
headers.new                      login 200 200 200 403 403 403 403 403
headers.edit                     login 200 200 404 403 403 403 403 403
headers.archive                  login 200 200 404 403 403 403 403 403
headers.restore                  login 200 200 404 403 403 403 403 403
headers.removed                  login 200 200 200 403 403 403 403 403
headers.history                  login 200 200 404 403 403 403 403 403
review.queue                     login 403 403 403 200 200 200 200 403
review.saved_views               login 403 403 403 200 200 200 200 403
review.saved_view                login 403 403 403 200 404 404 404 403
review.bulk_runs                 login 403 403 403 200 200 200 200 403
review.bulk_matching             login 403 403 403 200 200 403 403 403
review.new_bulk                  login 403 403 403 200/303 200/303 403 403 403
review.kept_bulk                 login 403 403 403 303 303 403 403 403
review.bulk_run                  login 403 403 403 200 404 200 200 403
review.bulk_progress             login 403 403 403 200 404 200 200 403
review.invoice_request           login 403 403 403 200 200 200 200 403
review.approve_form              login 403 403 403 200 200 403 403 403
review.reject_form               login 403 403 403 200 200 403 403 403
review.assign                    login 403 403 403 200 200 403 403 403
review.lookers                   login 403 403 403 200 200 200 200 403
review.hold                      login 403 403 403 200 200 403 403 403
review.return_to_queue           login 403 403 403 200 200 403 403 403
review.note                      login 403 403 403 200 200 403 403 403
review.due                       login 403 403 403 200 200 200 200 403
review.supporting_file           login 403 403 403 200 200 200 200 403
review.official                  login 403 403 403 200 200 403 403 403
review.official_file             login 403 403 403 200 200 200 200 403
review.document                  login 403 403 403 200 200 200 200 403
review.audit_pack                login 403 403 403 200 200 200 200 403
review.document_xml              login 403 403 403 200 200 200 200 403
review.draft                     login 403 403 403 200 200 200 200 403
review.credit                    login 403 403 403 200 200 403 403 403
review.decline_correction        login 403 403 403 200 200 403 403 403
review.reissue                   login 403 403 403 200 200 403 403 403
review.credit_proposal           login 403 403 403 200 200 200 200 403
review.credit_document           login 403 403 403 200 200 200 200 403
review.credit_pack               login 403 403 403 200 200 200 200 403
review.credit_register           login 403 403 403 200 200 200 200 200
review.work                      login 403 403 403 200 200 200 200 200
review.mail                      login 403 403 403 200 200 403 403 403
review.books                     login 403 403 403 200 200 200 200 200
review.export_books              login 403 403 403 200 200 200 200 200
review.journal                   login 403 403 403 200 200 200 200 200
review.register                  login 403 403 403 200 200 200 200 200
review.export_register           login 403 403 403 200 200 200 200 200
review.month_pack                login 403 403 403 200 200 200 200 200
review.numbers                   login 403 403 403 200 200 200 200 200
review.issuing                   login 403 403 403 200 200 200 200 200
review.export_numbers            login 403 403 403 200 200 200 200 200
review.accounts                  login 403 403 403 200 200 200 200 200
review.account                   login 403 403 403 200 200 200 200 200
review.account_statement         login 403 403 403 200 200 200 200 200
review.account_requests          login 403 403 403 200 200 200 200 200
review.account_entries           login 403 403 403 200 200 200 200 200
review.export_account_entries    login 403 403 403 200 200 200 200 200
review.entry                     login 403 403 403 200 200 200 200 200
review.entry_part                login 403 403 403 200 200 200 200 200
issuing.seller                   login 403 403 403 403 403 403 403 200
issuing.seller_logo              200   200 200 200 200 200 200 200 200
issuing.verify                   200   200 200 200 200 200 200 200 200
messages.mails                   login 403 403 403 200 200 200 200 200
messages.sample                  login 403 403 403 200 200 200 200 200
messages.sample_html             login 403 403 403 200 200 200 200 200
messages.document                200/303 200/303 200/303 200/303 200/303 200/303 200/303 200/303 200/303
messages.link_over               200   200 200 200 200 200 200 200 200
sla.dashboard                    login 403 403 403 403 403 200 200 200
sla.requests                     login 403 403 403 403 403 200 200 200
sla.calendar                     login 403 403 403 403 403 200 200 200
sla.operations                   login 403 403 403 403 403 200 200 200
sla.export_calendar              login 403 403 403 403 403 200 200 200
health.livez                     200   200 200 200 200 200 200 200 200
health.readyz                    200   200 200 200 200 200 200 200 200
health.show_metrics              200   200 200 200 200 200 200 200 200
delivery.mails                   200   200 200 200 200 200 200 200 200
delivery.mail                    200   200 200 200 200 200 200 200 200
delivery.html_part               200   200 200 200 200 200 200 200 200
delivery.attachment              200   200 200 200 200 200 200 200 200
dev_components.show              200   200 200 200 200 200 200 200 200
static                           200   200 200 200 200 200 200 200 200
"""

# Sent with a good token and otherwise empty: whoever may is told what is missing or too late, or it is done.
CHANGING = """
accounts.login                   400   302 302 302 302 302 302 302 302
accounts.set_preferences         302   302 302 302 302 302 302 302 302
accounts.save_settings           login 400 400 400 400 400 400 400 400
accounts.change_password         login 400 400 400 400 400 400 400 400
accounts.sign_out_everywhere     login 302 302 302 302 302 302 302 302
accounts.new_user                login 403 403 403 403 403 403 403 400
accounts.reset_password          login 403 403 403 403 403 403 403 400
accounts.deactivate_user         login 403 403 403 403 403 403 403 302
accounts.reactivate_user         login 403 403 403 403 403 403 403 302
accounts.new_account             login 403 403 403 403 403 403 403 400
ledger.upload                    login 403 403 403 403 403 403 403 400
ledger.cancel_import             login 403 403 403 403 403 403 403 303
ledger.confirm_source            login 403 403 403 403 403 403 403 303
ledger.conflict                  login 403 403 403 403 403 403 403 400
messages.send_test               login 403 403 403 303 303 403 403 303
portal.application               login 303 404 404 403 403 403 403 403
portal.discard_application       login 303 303 303 403 403 403 403 403
portal.restore_application       login 303 303 303 403 403 403 403 403
portal.review_application        login 303 303 303 403 403 403 403 403
portal.correction                login 422 422 404 403 403 403 403 403
portal.withdraw_correction       login 303 303 404 403 403 403 403 403
portal.withdraw                  login 303 303 404 403 403 403 403 403
portal.correct                   login 303 303 404 403 403 403 403 403
portal.send_again                login 422 422 404 403 403 403 403 403
portal.answer                    login 303 303 404 403 403 403 403 403
headers.new                      login 422 422 422 403 403 403 403 403
headers.edit                     login 422 422 404 403 403 403 403 403
headers.make_default             login 303 303 404 403 403 403 403 403
headers.archive                  login 303 303 404 403 403 403 403 403
headers.restore                  login 422 422 404 403 403 403 403 403
review.saved_views               login 403 403 403 422 422 422 422 403
review.saved_view                login 403 403 403 422 404 404 404 403
review.forget_view               login 403 403 403 303 404 404 404 403
review.new_bulk                  login 403 403 403 303 303 403 403 403
review.start_bulk                login 403 403 403 303 303 403 403 403
review.stop_bulk                 login 403 403 403 303 404 403 403 403
review.undo_bulk                 login 403 403 403 303 404 403 403 403
review.approve                   login 403 403 403 409 409 403 403 403
review.reject                    login 403 403 403 409 409 403 403 403
review.draft_rejection           login 403 403 403 303 303 403 403 403
review.draft_bulk_rejection      login 403 403 403 303 303 403 403 403
review.looking                   login 403 403 403 200 200 200 403 403
review.change_issuing            login 403 403 403 422 422 422 403 422
review.retry_issue               login 403 403 403 303 303 403 403 403
review.mend_mail                 login 403 403 403 422 422 403 403 403
review.end_link                  login 403 403 403 303 303 403 403 403
review.propose_credit            login 403 403 403 422 422 403 403 403
review.sum_credit                login 403 403 403 200 200 403 403 403
review.decline_correction        login 403 403 403 422 422 403 403 403
review.reissue                   login 403 403 403 422 422 403 403 403
review.confirm_credit            login 403 403 403 409 409 403 403 403
review.decline_credit            login 403 403 403 422 422 403 403 403
review.withdraw_credit           login 403 403 403 409 403 403 403 403
review.retry_credit              login 403 403 403 303 303 403 403 403
review.assign                    login 403 403 403 422 422 403 403 403
review.hold                      login 403 403 403 409 409 403 403 403
review.resume                    login 403 403 403 409 409 403 403 403
review.undo                      login 403 403 403 409 403 403 403 403
review.return_to_queue           login 403 403 403 422 422 403 403 403
review.official                  login 403 403 403 409 409 403 403 403
review.note                      login 403 403 403 422 422 403 403 403
review.claim                     login 403 403 403 409 409 403 403 403
review.release                   login 403 403 403 303 303 403 403 403
review.touch                     login 403 403 403 409 409 403 403 403
review.claim_next                login 403 403 403 303 303 403 403 403
issuing.seller                   login 403 403 403 403 403 403 403 422
sla.change_days                  login 403 403 403 403 403 403 403 422
sla.import_calendar              login 403 403 403 403 403 403 403 422
issuing.preview_seller           login 403 403 403 403 403 403 403 200
issuing.check                    422   422 422 422 422 422 422 422 422
issuing.check_document           422   422 422 422 422 422 422 422 422
dev_components.show              200   200 200 200 200 200 200 200 200
accounts.sign_out                login login login login login login login login login
"""


def rows(table: str) -> dict[str, list[str]]:
    """Endpoint -> expected outcome by person."""
    return {cells[0]: cells[1:] for line in table.strip().splitlines() if (cells := line.split())}


@pytest.mark.one_database
def test_everybody_gets_what_the_table_says_when_reading_and_nothing_changes(
    atlas: Atlas, visit: Callable[..., Visitor]
) -> None:
    table = rows(READING)
    assert sorted(table) == readable(atlas.stage.app)
    visitors = everybody(atlas, visit)
    before = fingerprint(atlas.stage.app)
    assert_table(table, visitors, lambda visitor, endpoint: [
        outcome(visitor.get(address, buffered=True)) for address in atlas.examples(endpoint)
    ])  # fmt: skip
    # HEAD runs the same views and carries no token.
    for endpoint in table:
        for visitor in visitors.values():
            visitor.client.head(atlas.examples(endpoint)[0], buffered=True)
    assert differing(before, fingerprint(atlas.stage.app)) == set()


@pytest.mark.postgres_only
def test_reading_changes_nothing_on_postgresql_either(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    visitors = everybody(atlas, visit)
    before = fingerprint(atlas.stage.app)
    for visitor in visitors.values():
        for endpoint in readable(atlas.stage.app):
            for address in atlas.examples(endpoint)[:2]:
                assert visitor.get(address, buffered=True).status_code < 500, address
    assert differing(before, fingerprint(atlas.stage.app)) == set()


@pytest.mark.one_database
def test_everybody_gets_what_the_table_says_when_changing(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    table = rows(CHANGING)
    assert sorted(table) == sorted(unsafe(atlas.stage.app))
    addresses = unsafe_addresses(atlas)
    good = cache(token)  # a session keeps its token
    assert_table(table, everybody(atlas, visit), lambda visitor, endpoint: [
        outcome(visitor.client.post(addresses[endpoint], data={"csrf_token": good(visitor)}))
    ])  # fmt: skip


@pytest.mark.one_database
def test_every_route_that_changes_refuses_without_the_token(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    app = atlas.stage.app
    of_another_session = token(visit(atlas.stage.cast.bo))
    refused = {}
    for who in ("ada", "rita", "ana"):
        visitor = visit(getattr(atlas.stage.cast, who))
        before = fingerprint(app)
        for endpoint, address in unsafe_addresses(atlas).items():
            for data in ({}, {"csrf_token": "wrong"}, {"csrf_token": of_another_session}):
                refused[who, endpoint] = visitor.client.post(address, data=data).status_code
        visitor.get("/settings")
        assert visitor.page.status_code == 200, f"{who} is not signed in any more"
    table = rows(CHANGING)
    shut = {(who, endpoint) for who, endpoint in refused if table[endpoint][PEOPLE.index(who)] == "403"}
    assert {sent: status for sent, status in refused.items() if status != (403 if sent in shut else 400)} == {}
    # Bo signed in to have a token of another session; beside that nothing happened.
    assert without_sign_in(fingerprint(app)) == without_sign_in(before)


@pytest.mark.one_database
def test_every_page_of_a_request_can_be_opened_in_every_state(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    pages = [
        rule.rule
        for rule in atlas.stage.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.arguments == {"number"} and rule.endpoint.startswith("review.")
    ]
    assert len(pages) >= 10
    rita = visit(atlas.stage.cast.rita)
    addresses = [page.replace("<number>", number) for page in pages for number in atlas.numbers.values()]
    answers = {address: rita.get(address, buffered=True).status_code for address in addresses}
    assert {address: status for address, status in answers.items() if status >= 500} == {}


@pytest.mark.one_database
def test_another_language_leads_from_every_answer_to_a_page(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    """With scripts its button is sent by itself, and names the page to come back to."""
    for who in ("ada", "rita", "max", "ana"):
        visitor = visit(getattr(atlas.stage.cast, who))
        good, led = token(visitor), {}
        for endpoint, address in unsafe_addresses(atlas).items():
            if endpoint in ("accounts.sign_out", "accounts.sign_out_everywhere"):
                continue
            answer = visitor.client.post(address, data={"csrf_token": good})
            named = re.findall(r'<input type="hidden" name="next" value="([^"]*)">', answer.text)
            led |= {(endpoint, unescape(page)): visitor.get(unescape(page)).status_code for page in named}
        assert len(led) >= 5
        assert {sent: status for sent, status in led.items() if status not in (200, 302, 303, 409)} == {}


def test_nothing_of_lumen_opens_for_yunqi_and_the_reverse(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    cast = atlas.stage.cast
    lumen = [*atlas.numbers.values()], [atlas.header, atlas.spare, atlas.removed]
    for person, (numbers, ids) in ((cast.bo, lumen), (cast.ada, ([atlas.yunqi_number], [atlas.yunqi_header]))):
        visitor = visit(person)
        before = fingerprint(atlas.stage.app)
        answers = dict(foreign(visitor, numbers, ids))
        assert len(answers) >= 10
        assert {address: status for address, status in answers.items() if status != 404} == {}
        assert fingerprint(atlas.stage.app) == before


def foreign(visitor: Visitor, numbers: list[str], ids: list[int]) -> Iterator[tuple[str, int]]:
    """Try every address of another account's requests and headers, reading and changing."""
    sent = {"csrf_token": token(visitor), "kind": "personal", "name": "甲", "tax_id": ""}
    for number in numbers:
        for end in ("", "/withdraw", "/correct", "/send-again", "/supporting-file", "/download"):
            yield f"GET {number}{end}", visitor.client.get(f"/invoices/{number}{end}").status_code
        for end in ("withdraw", "correct", "send-again"):
            yield f"POST {number}/{end}", visitor.client.post(f"/invoices/{number}/{end}", data=sent).status_code
        yield f"resubmit {number}", visitor.client.get(f"/invoices/apply?resubmit={number}").status_code
    for header in ids:
        for end in ("edit", "archive", "history"):
            yield f"GET {header}/{end}", visitor.client.get(f"/invoice-headers/{header}/{end}").status_code
        for end in ("edit", "archive", "default", "restore"):
            answer = visitor.client.post(f"/invoice-headers/{header}/{end}", data=sent)
            yield f"POST {header}/{end}", answer.status_code


def test_a_number_that_nobody_has_is_not_found(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    ada, rita = visit(cast.ada), visit(cast.rita)
    for number in ("IR-20261123-000000", "0", "x" * 300, "%00", "IR-20261123-%2e%2e", "名"):
        assert ada.get(f"/invoices/{number}").status_code == 404, number
        assert rita.get(f"/review/{number}").status_code == 404, number


def everybody(atlas: Atlas, visit: Callable[..., Visitor]) -> dict[str, Visitor]:
    """A browser of each of the people, signed in; one of nobody."""
    return {who: visit(getattr(atlas.stage.cast, who, None)) for who in PEOPLE}


def assert_table(
    table: dict[str, list[str]],
    visitors: dict[str, Visitor],
    ask: Callable[[Visitor, str], list[str]],
) -> None:
    """Ask every route as every person and compare; all differences are told at once."""
    differences = []
    for endpoint, expected in table.items():
        assert len(expected) == len(PEOPLE), endpoint
        for who, wanted in zip(PEOPLE, expected, strict=True):
            got = set(ask(visitors[who], endpoint))
            if got != set(wanted.split("/")):
                differences.append(f"{endpoint} as {who}: {sorted(got)} instead of {wanted}")
    assert not differences, "\n".join(differences)


def outcome(answer: object) -> str:
    """The status of an answer, or `login` for the way to the sign-in page."""
    location = answer.headers.get("Location", "")  # type: ignore[attr-defined]
    return "login" if location.startswith("/login") else str(answer.status_code)  # type: ignore[attr-defined]


def token(visitor: Visitor) -> str:
    """A token of the visitor's own session, from a form of a page they may open."""
    page = visitor.client.get("/settings")
    if page.status_code != 200:
        page = visitor.client.get("/login")
    return (
        page.text.partition('name="csrf_token" type="hidden" value="')[2].partition('"')[0]
        or (page.text.partition('name="csrf_token" value="')[2].partition('"')[0])
    )


def unsafe(app: Flask) -> set[str]:
    """The endpoints that answer methods which may change something."""
    return {rule.endpoint for rule in app.url_map.iter_rules() if {"POST", "PUT", "PATCH", "DELETE"} & rule.methods}


def unsafe_addresses(atlas: Atlas) -> dict[str, str]:
    """One address for each endpoint that changes; the request is issued already, the header is a spare one."""
    somebody, issued = atlas.someone, atlas.numbers["issued"]
    values = {"user_id": somebody, "number": issued, "header_id": atlas.spare, "file_id": atlas.imported,
              "problem_id": atlas.conflict, "view_id": atlas.view, "run_id": atlas.runs[0],
              "key": atlas.drafts[0], "name": "submitted",
              "proposal_id": atlas.proposals[0], "message_id": atlas.mailed, "locale": "en"}  # fmt: skip
    with atlas.stage.app.test_request_context():
        adapter = atlas.stage.app.url_map.bind("localhost")
        return {
            rule.endpoint: adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="POST")
            for rule in atlas.stage.app.url_map.iter_rules()
            if rule.endpoint in unsafe(atlas.stage.app)
        }


def fingerprint(app: Flask) -> dict[str, list[str]]:
    """Every row of every table."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
            for name in inspect(connection).get_table_names()
        }


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    """The tables whose rows are not what they were."""
    return {name for name in before if before[name] != after[name]}


def without_sign_in(rows_by_table: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a sign-in does not touch."""
    touched = {"login_session", "sign_in_attempt", "audit_event"}
    return {name: rows for name, rows in rows_by_table.items() if name not in touched}
