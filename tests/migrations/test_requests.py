"""Requests that were made before they could have a file and copies are kept, and have neither."""

from __future__ import annotations

import flask_migrate
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import close_connections, session
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.requests.services import supporting
from tests.support import files
from tests.support.office import Office, contradictions, office

__all__ = ["office"]


def test_requests_are_kept_on_the_way_down_and_up(context: Flask, office: Office) -> None:
    office.recharge("60.00")
    plain = office.apply("10.00")
    full = office.apply("10.00", copies="c@x.example", support=supporting.take(files.pdf(), "order.pdf"))
    issued = office.issued("10.00")
    session.rollback()
    events = session.scalar(select(func.count()).select_from(RequestEvent))
    session.remove()
    close_connections()
    flask_migrate.downgrade(revision="0001")
    close_connections()
    flask_migrate.upgrade()
    close_connections()
    for number in (plain, full, issued):
        request = office.request(number)
        assert (request.copies, request.support_sha256, request.support_name) == ([], None, None)
    assert office.request(issued).invoice_number is not None
    assert session.scalar(select(func.count()).select_from(InvoiceRequest)) == 3
    assert session.scalar(select(func.count()).select_from(RequestEvent)) == events
    assert contradictions() == []
