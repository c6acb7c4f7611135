"""Verbs on invoice headers: one default per account, rules at the field, history in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.errors import Forbidden, Invalid, NotFound
from backoffice.headers import invariants, queries, services
from tests.support.people import Cast, Person

NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)
GOOD = {"kind": "enterprise", "name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277"}
WRONG_CHECK = "91310000MA1FL0A278"
DIFFERENT = (
    {},
    {"name": "Second", "tax_id": "91110000MA00000152"},
    {"name": "Third", "tax_id": "91440300MA5DA0X7X5"},
)


def create(person: Person, values: Mapping[str, str] = GOOD, **options: bool) -> int:
    with transaction():
        return services.create(person.actor, values, now=NOW, **options).id


def defaults(account_id: int) -> list[int]:
    session.rollback()
    return [header.id for header in queries.headers_of(account_id) if header.is_default]


def test_there_is_always_exactly_one_default(context: Flask, cast: Cast) -> None:
    first, second, third = (create(cast.ada, GOOD | each) for each in DIFFERENT)
    assert defaults(cast.lumen) == [first]
    with transaction():
        services.set_default(cast.lin.actor, second, now=NOW)
    assert defaults(cast.lumen) == [second]
    fourth = create(cast.ada, {"kind": "personal", "name": "Ada"}, make_default=True)
    assert defaults(cast.lumen) == [fourth]
    with transaction():
        services.archive(cast.ada.actor, fourth, now=NOW)
    # The oldest one left takes over.
    assert defaults(cast.lumen) == [first]
    with transaction():
        services.edit(cast.ada.actor, third, GOOD | DIFFERENT[2], now=NOW, make_default=True)
    assert defaults(cast.lumen) == [third]
    assert list(invariants.check()) == []


def test_archiving_hides_once(context: Flask, cast: Cast) -> None:
    header_id = create(cast.ada)
    with transaction():
        services.archive(cast.ada.actor, header_id, now=NOW)
    assert queries.headers_of(cast.lumen) == []
    for verb in (services.archive, services.set_default):
        with pytest.raises(NotFound), transaction():
            verb(cast.ada.actor, header_id, now=NOW)


def test_nobody_touches_another_accounts_header(context: Flask, cast: Cast) -> None:
    header_id = create(cast.ada)
    for verb in (services.archive, services.set_default):
        with pytest.raises(NotFound), transaction():
            verb(cast.bo.actor, header_id, now=NOW)
    with pytest.raises(NotFound), transaction():
        services.edit(cast.bo.actor, header_id, GOOD, now=NOW)
    with pytest.raises(Forbidden), transaction():
        services.create(cast.rita.actor, GOOD, now=NOW)
    assert defaults(cast.lumen) == [header_id]


def test_a_wrong_check_digit_asks_once_and_is_remembered(context: Flask, cast: Cast) -> None:
    wrong = GOOD | {"tax_id": WRONG_CHECK}
    with pytest.raises(Invalid) as refused:
        create(cast.ada, wrong)
    assert "8 (18)" in str(refused.value.fields["tax_id"][0])
    header_id = create(cast.ada, wrong, tax_id_confirmed=True)
    with transaction():
        services.edit(cast.ada.actor, header_id, wrong | {"phone": "021-1"}, now=NOW)
    with pytest.raises(Invalid), transaction():
        services.edit(cast.ada.actor, header_id, GOOD | {"tax_id": "91310000MA1FL0A279"}, now=NOW)


def test_a_wrong_form_is_refused_even_when_confirmed(context: Flask, cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        create(cast.ada, GOOD | {"tax_id": "9131"}, tax_id_confirmed=True)
    assert set(refused.value.fields) == {"tax_id"}


def test_everything_wrong_is_said_at_once(context: Flask, cast: Cast) -> None:
    values = {"kind": "enterprise", "vat_kind": "special", "name": "某公司🦄", "tax_id": WRONG_CHECK}
    with pytest.raises(Invalid) as refused:
        create(cast.ada, values)
    assert set(refused.value.fields) == {"name", "tax_id", "address", "phone", "bank", "bank_account"}
    assert "U+1F984" in str(refused.value.fields["name"][0])
    assert queries.headers_of(cast.lumen) == []


def test_the_audit_log_keeps_what_changed(context: Flask, cast: Cast) -> None:
    header_id = create(cast.ada)
    with transaction():
        services.edit(cast.lin.actor, header_id, GOOD | {"name": "Lumen 2"}, now=NOW)
        services.archive(cast.lin.actor, header_id, now=NOW)
    events = session.scalars(
        select(AuditEvent).where(AuditEvent.object_type == "invoice_header").order_by(AuditEvent.id)
    ).all()
    assert [event.action for event in events] == ["header.create", "header.edit", "header.archive"]
    assert (events[1].before, events[1].after) == ({"name": GOOD["name"]}, {"name": "Lumen 2"})
    assert events[1].actor_label == cast.lin.name


def test_the_checker_sees_an_account_without_default(context: Flask, cast: Cast) -> None:
    header_id = create(cast.ada)
    with transaction():
        queries.header_of(cast.lumen, header_id).is_default = False
    assert any("0 of its headers" in sentence for sentence in invariants.check())
