"""What a tax platform issued for an invoice: who may record it, what is refused, and that no version is ever lost."""

from __future__ import annotations

import io
import zipfile
from functools import cache

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from backoffice import clock, storage
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.issuing.file_types import media_type
from backoffice.issuing.models import OfficialRecord
from backoffice.issuing.queries import official as queries
from backoffice.issuing.services import official
from tests.support import files
from tests.support.office import Office, contradictions
from tests.support.people import Person

XML = b'<?xml version="1.0" encoding="UTF-8"?><EInvoice><Number>24312000000012345678</Number></EInvoice>'
OFD_ENTRY = b'<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD" Version="1.1"/>'


@cache
def ofd(entry: bytes = OFD_ENTRY, name: str = "OFD.xml") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr(name, entry)
        packed.writestr("Doc_0/Document.xml", b"<Document/>")
    return held.getvalue()


def record(
    office: Office, request: str, number: str, *, by: Person | None = None, over: int = 0,
    file: tuple[bytes, str] | None = None, reason: str = "",
) -> OfficialRecord:  # fmt: skip
    with transaction():
        return official.record(
            (by or office.cast.rita).actor, request, number=number, file=file, reason=reason, over=over, now=clock.now()
        )


def test_a_correction_keeps_what_was_recorded_before(office: Office) -> None:
    office.recharge("50.00")
    request = office.issued("20.00")
    record(office, request, "24312000000012345678", file=(files.pdf(), "../a/数电票.PDF"))
    with pytest.raises(Invalid, match="Say why"):
        record(office, request, "24312000000012345679", over=1)
    record(office, request, "24312000000012345679", over=1, by=office.cast.rui, reason="A digit was wrong.")
    record(office, request, "24312000000012345679", over=2, file=(ofd(), "x"), reason="The file as OFD.")
    request_id = office.request(request).id
    told = [
        (one.version, one.number[-2:], one.file_name, one.reason, one.recorded_by_label)
        for one in queries.records_of(request_id)
    ]
    rita, rui = office.cast.rita.actor.label, office.cast.rui.actor.label
    assert told == [
        (3, "79", "x.ofd", "The file as OFD.", rita),
        (2, "79", "数电票.pdf", "A digit was wrong.", rui),
        (1, "78", "数电票.pdf", "", rita),
    ]
    assert storage.get(queries.file_of(request_id).file_sha256 or "") == ofd()
    assert queries.file_of(request_id, 1).file_type == "application/pdf"
    events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("invoice.official%"))).all()
    assert [(one.action, one.reason) for one in events][1:] == [
        ("invoice.official_corrected", "A digit was wrong."),
        ("invoice.official_corrected", "The file as OFD."),
    ]
    assert contradictions() == []
    storage.discard(queries.file_of(request_id).file_sha256 or "")
    assert [sentence for sentence in contradictions() if "official file 3" in sentence]
    for deed in ("DELETE FROM official_record", "UPDATE official_record SET number = 'x'"):
        session.rollback()
        with pytest.raises(DBAPIError, match="never"), transaction():
            session.execute(text(deed))


def test_what_is_refused_leaves_nothing(office: Office) -> None:
    office.recharge("50.00")
    request, other = office.issued("20.00"), office.issued("10.00")
    waiting = office.apply("5.00")
    with pytest.raises(Forbidden):
        record(office, request, "1", by=office.cast.max)
    with pytest.raises(NotFound):
        record(office, waiting, "1")
    for number in ("", "<script>", "=1+1", "x" * 65):
        with pytest.raises(Invalid):
            record(office, request, number)
    for content in (b"", b"hello", b"x" * (official.LARGEST_BYTES + 1), ofd(b"<other/>"), files.picture("PNG")):
        with pytest.raises(Invalid):
            record(office, request, "1", file=(content, "a.pdf"))
    record(office, request, "1", file=(XML, "a"))
    with pytest.raises(Invalid, match="recorded already"):
        record(office, request, "1", over=1, reason="again")
    with pytest.raises(Invalid, match="already"):
        record(office, other, "1")
    with pytest.raises(Conflict):
        record(office, request, "2", reason="unseen")
    record(office, request, "2", over=1, reason="It belongs to the other invoice.")
    record(office, other, "1")
    session.rollback()
    assert [(one.version, one.number) for one in queries.records_of(office.request(request).id)] == [(2, "2"), (1, "1")]


def test_a_file_is_what_its_content_says() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("OFD.xml", OFD_ENTRY)
        packed.writestr("big", b"\0" * (101 * 1024 * 1024))
    damaged = bytearray(ofd())
    damaged[damaged.index(OFD_ENTRY) + 5] ^= 1
    entities = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    told = {
        "pdf": media_type(files.pdf()),
        "pdf with files": media_type(files.pdf_with({"/Names": {"/EmbeddedFiles": 1}}, packed=False)),
        "ofd": media_type(ofd()),
        "xml": media_type(XML),
    }
    assert list(told.values()) == ["application/pdf", "application/pdf", "application/ofd", "application/xml"]
    for wrong in (bomb.getvalue(), bytes(damaged), ofd(name="other.xml"), entities, b"<a>", b"", b"PK\x03\x04"):
        assert media_type(wrong) is None
