"""Parts that issuing leans on fail: the disk, the renderer, the database. One bad request never holds up the others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from backoffice import storage
from backoffice.database import session, transaction
from backoffice.errors import Unavailable
from backoffice.issuing import jobs, services
from backoffice.issuing.models import Invoice
from backoffice.issuing.pdf import render
from tests.support import invoices
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault


@pytest.fixture
def two_approved(office: Office) -> list[str]:
    office.recharge("500.00")
    numbers = office.apply_often(2, "100.00")
    office.approve(*numbers)
    return numbers


@pytest.mark.parametrize("fault", [RuntimeError("a bug of the renderer"), Unavailable(), MemoryError()])
def test_a_document_that_cannot_be_made_stops_nobody_else(
    office: Office, two_approved: list[str], monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real = services.render_document

    def fail_for_the_first(snapshot: Any) -> tuple[str, int]:
        if snapshot["request_number"] == two_approved[0]:
            raise fault
        return real(snapshot)

    with monkeypatch.context() as patched:
        patched.setattr(services, "render_document", fail_for_the_first)
        assert jobs.issue_due() == 1
        assert office.states(two_approved) == ["approved", "issued"]
        first = office.request(two_approved[0])
        assert first.issue_error, "the desk is not told why"
        assert first.invoice_id is not None, "its number is taken and stays its own"
        session.rollback()
        assert jobs.issue_due() == 0, "what failed waits for somebody to retry it"
        assert contradictions() == []
    failed_id = office.request(two_approved[0]).id
    with transaction():
        assert services.retry(failed_id)
    assert jobs.issue_due() == 1
    assert office.states(two_approved) == ["issued", "issued"]
    assert sorted(session.scalars(select(Invoice.sequence))) == [1, 2]
    assert contradictions() == []


def test_a_full_disk_says_so_and_keeps_no_half_document(
    office: Office, two_approved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The typefaces are cut before: they have a disk of their own to write to.
    render(invoices.Paper([invoices.line("1.00")]).freeze())
    with monkeypatch.context() as patched:

        def no_space(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr(storage.os, "fsync", no_space)
        assert jobs.issue_due() == 0
    assert "document store" in (office.request(two_approved[0]).issue_error or "")
    assert not [path for path in storage._configured().root.rglob("*") if path.is_file()]
    assert session.scalar(select(func.count()).select_from(Invoice).where(Invoice.pdf_sha256.is_not(None))) == 0
    assert contradictions() == []


def test_a_database_that_is_away_blames_no_request(
    office: Office, two_approved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_options: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("server closed the connection unexpectedly"))

    with monkeypatch.context() as patched:
        patched.setattr(services, "complete", away)
        with pytest.raises(OperationalError):
            jobs.issue_due()
    session.rollback()
    assert [office.request(number).issue_error for number in two_approved] == [None, None]
    assert jobs.issue_due() == 2
    assert contradictions() == []
