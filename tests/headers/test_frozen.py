"""What requests and invoices keep of a header: what it said, and nothing is missed by those from before a field was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text, update

from backoffice.database import close_connections, db, session, transaction, writing
from backoffice.headers import services
from backoffice.issuing.models import Invoice
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS
from backoffice.review.queries.dossier import dossier
from tests.access.conftest import post, settings
from tests.journeys.stage import LUMEN_HEADER, NOW, Stage, text_of
from tests.support import databases, en16931, pdfs
from tests.support.apps import bare_app, test_settings
from tests.support.en16931 import texts
from tests.support.people import Cast
from tests.support.schema import import_all_models
from tests.support.visitor import Visitor

__all__ = ["post", "settings"]
ADDRESS = {"country": "CN", "street": "宜山路900号", "city": "上海", "postal_code": "200233"}
NEW_FIELDS = tuple(ADDRESS)


@pytest.fixture
def stage(freeze: Callable[[datetime], None], app: Flask, cast: Cast, post: Path) -> Stage:
    """lumen has money and a header."""
    freeze(NOW)
    return Stage(app, cast).open_houses()


def forget_address(stage: Stage, number: str) -> None:
    """Make a request look as it did when headers had no country yet."""
    with stage.app.app_context(), transaction():
        header = dict(session.scalars(select(InvoiceRequest.header).where(InvoiceRequest.number == number)).one())
        for name in NEW_FIELDS:
            del header[name]
        session.execute(update(InvoiceRequest).where(InvoiceRequest.number == number).values(header=header))


def test_country_and_address_are_frozen_with_the_header(
    stage: Stage, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    stage.do(services.edit, cast.ada.actor, stage.headers[cast.lumen], LUMEN_HEADER | ADDRESS)
    number = stage.apply(cast.ada, "100.00")
    stage.do(services.edit, cast.ada.actor, stage.headers[cast.lumen], LUMEN_HEADER | {"city": "苏州"})
    request = stage.request(number)
    assert set(request.header) == set(FROZEN_HEADER_FIELDS)
    assert {name: request.header[name] for name in NEW_FIELDS} == ADDRESS
    with stage.app.app_context():
        assert dossier(number).header_changes == ["street", "city", "postal_code"]
    page = visit(cast.rita).get(f"/review/{number}").text
    assert "宜山路900号" in page
    assert "City: 苏州" in page
    assert "宜山路900号, 200233, 上海, China" in visit(cast.ada).get(f"/invoices/{number}").text


def test_a_request_from_before_reads_as_it_did_and_is_issued(
    stage: Stage, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    number = stage.apply(cast.ada, "100.00")
    forget_address(stage, number)
    with stage.app.app_context():
        assert dossier(number).header_changes == []
    desk = visit(cast.rita).get(f"/review/{number}")
    assert desk.status_code == 200
    assert "Unchanged" in desk.text
    assert "Check digit valid" in desk.text
    assert "Country or region" not in desk.text
    assert "For e-invoices" not in visit(cast.ada).get(f"/invoices/{number}").text
    stage.approve(number)
    stage.work()
    assert stage.request(number).state == "issued"


def test_the_address_is_not_printed_but_stands_in_the_xml(stage: Stage, cast: Cast) -> None:
    plain = stage.apply(cast.ada, "100.00")
    stage.do(services.edit, cast.ada.actor, stage.headers[cast.lumen], LUMEN_HEADER | ADDRESS)
    structured = stage.apply(cast.ada, "100.00")
    for number in (plain, structured):
        stage.approve(number)
    stage.work()
    assert "宜山路" not in text_of(stage.document(structured))
    with stage.app.app_context():
        buyers = [snapshot["buyer"] for snapshot in session.scalars(select(Invoice.snapshot).order_by(Invoice.id))]
    assert buyers == [buyers[0], buyers[0] | ADDRESS]
    assert {name: buyers[0][name] for name in NEW_FIELDS} == dict.fromkeys(NEW_FIELDS, "") | {"country": "CN"}
    address = "BuyerTradeParty/PostalTradeAddress"
    for number, (street, city, code) in ((plain, ([], [], [])), (structured, (["宜山路900号"], ["上海"], ["200233"]))):
        document = en16931.read(pdfs.read(stage.document(number)).files["factur-x.xml"])
        assert texts(document, f"{address}/LineOne") == street
        assert texts(document, f"{address}/CityName") == city
        assert texts(document, f"{address}/PostcodeCode") == code
        assert texts(document, f"{address}/CountryID") == ["CN"]


def test_headers_from_before_are_kept_by_the_migration(database: str, tmp_path: Path) -> None:
    url = databases.empty_database(database, tmp_path / "old")
    import_all_models()
    app = bare_app(test_settings(tmp_path / "old", url))
    try:
        with app.app_context():
            flask_migrate.upgrade(revision="0001")
            with writing().begin() as connection:
                for statement in OLD_ROWS:
                    connection.execute(text(statement))
            flask_migrate.upgrade()
            assert kept_rows() == [("Old", "91310000MA1FL0A277", "CN", "", "", "", [])]
            flask_migrate.downgrade(revision="0001")
            flask_migrate.upgrade()
            assert kept_rows() == [("Old", "91310000MA1FL0A277", "CN", "", "", "", [])]
            db.session.remove()
            close_connections()
    finally:
        databases.drop_database(url)


def kept_rows() -> list[tuple[object, ...]]:
    """The headers by name, tax ID and the columns that were added."""
    from backoffice.headers.models import InvoiceHeader as Header

    columns = [getattr(Header, name) for name in ("name", "tax_id", *NEW_FIELDS, "copies")]
    session.rollback()
    rows = [tuple(row) for row in session.execute(select(*columns))]
    session.rollback()
    return rows


_AT = "'2026-01-05 02:00:00'"
OLD_ROWS = (
    "INSERT INTO account (id, code, name, recharged, reserved, invoiced, created_at)"
    f" VALUES (1, 'old', 'Old', 0, 0, 0, {_AT})",
    "INSERT INTO app_user (id, email, name, role, account_id, password_hash, password_changed_at, locale,"
    " theme, is_active, created_at)"
    f" VALUES (1, 'o@x.example', 'O', 'customer', 1, 'x', {_AT}, 'en', 'auto', true, {_AT})",
    "INSERT INTO invoice_header (id, account_id, kind, vat_kind, language, name, tax_id, address, phone, bank,"
    " bank_account, email, remarks, is_default, created_by, created_at, updated_at) VALUES (1, 1, 'enterprise',"
    f" 'ordinary', 'both', 'Old', '91310000MA1FL0A277', '', '', '', '', '', '', true, 1, {_AT}, {_AT})",
)
