"""Everybody gets what the table says; and what no route does for anybody."""

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
from tests.access.table import CHANGING, PEOPLE, READING, rows
from tests.support.people import Cast
from tests.support.visitor import Visitor


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
    # HEAD runs the same views and carries no token: one of those who get the same answer is as good as another.
    for endpoint, expected in table.items():
        for who in dict(zip(expected, PEOPLE, strict=True)).values():
            visitors[who].client.head(atlas.examples(endpoint)[0], buffered=True)
    assert differing(before, fingerprint(atlas.stage.app)) == set()


@pytest.mark.postgres_only
def test_reading_changes_nothing_on_postgresql_either(atlas: Atlas, visit: Callable[..., Visitor]) -> None:
    visitors = everybody(atlas, visit)
    before = fingerprint(atlas.stage.app)
    for endpoint, expected in rows(READING).items():
        for who in dict(zip(expected, PEOPLE, strict=True)).values():
            for address in atlas.examples(endpoint)[:2]:
                assert visitors[who].get(address, buffered=True).status_code < 500, address
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
              "proposal_id": atlas.proposals[0], "message_id": atlas.mailed, "locale": "en",
              "policy_key": "minimum_amount", "policy_id": atlas.policies[1]}  # fmt: skip
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
