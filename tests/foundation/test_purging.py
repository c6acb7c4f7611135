"""Documents that nothing refers to are let go; whatever any row names stays, and so does what was just put there."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy import JSON, String, create_engine, select, text
from sqlalchemy.orm import Session

from backoffice import clock, purging, storage
from backoffice.audit.models import AuditEvent
from backoffice.database import Base, session, transaction
from backoffice.issuing import jobs
from backoffice.issuing.services import logos
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import DEFAULTS, PolicyKey
from tests.foundation.test_commands import run
from tests.support.office import Office, contradictions
from tests.support.schema import import_all_models

# Looked at: these JSON columns name no document.
NAME_NONE = {
    "audit_event.after", "audit_event.before", "bulk_run.arguments", "decision.fields", "decision.further_reasons",
    "decision_checks.found",
    "invoice_header.copies", "invoice_request.copies", "invoice_request.header", "ledger_file.ignored_columns",
    "ledger_file.samples", "ledger_file.sums", "ledger_line_problem.told", "message.context", "request_event.data",
}  # fmt: skip
# As long as a hash, and none of a document.
AS_LONG = {
    "application_draft.key", "application_draft.submit_token", "audit_event.address", "bulk_run.address",
    "bulk_run.token", "calendar_version.fingerprint", "decision.basis", "invoice_header.city",
    "invoice_header.submit_token", "invoice_request.submit_token", "official_record.number", "policy.token",
}  # fmt: skip


def long_ago(sha256s: Iterable[str]) -> None:
    """Let documents be two days old."""
    at = (clock.now() - timedelta(days=2)).timestamp()
    for sha256 in sha256s:
        os.utime(storage._configured().path(sha256), (at, at))


def test_every_column_that_could_name_a_document_is_looked_at() -> None:
    import_all_models()
    places = purging.places()
    columns = {
        f"{table.name}.{column.name}": column.type for table in Base.metadata.tables.values() for column in table.c
    }
    documents = {name for name in columns if name.endswith("sha256")} - purging.NO_DOCUMENTS
    assert places.keys() == documents | set(purging.IN_JSON)
    assert len(places) >= 10
    unknown = {
        name
        for name, kind in columns.items()
        if isinstance(kind, JSON) or (isinstance(kind, String) and kind.length == 64)
    }
    assert unknown - places.keys() - purging.NO_DOCUMENTS == NAME_NONE | AS_LONG, (
        "say of a new one whether it names any"
    )


def test_a_document_that_any_row_names_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_store", storage.DocumentStore(tmp_path))
    with Session(create_engine("sqlite://")) as bare:
        monkeypatch.setattr(purging, "session", bare)
        places = purging.places()
        columns: dict[str, list[str]] = {}
        for name in places:
            columns.setdefault(name.partition(".")[0], []).append(name.partition(".")[2])
        for table, names in columns.items():
            bare.execute(text(f'CREATE TABLE "{table}" ({", ".join(names)})'))
        kept = {name: storage.put(name.encode()) for name in places}
        for name, sha256 in kept.items():
            table, _, column = name.partition(".")
            value: object = sha256
            for step in reversed(purging.IN_JSON.get(name, ())):
                value = {step: value}
            said = value if isinstance(value, str) else json.dumps(value)
            bare.execute(text(f'INSERT INTO "{table}" ({column}) VALUES (:said)'), {"said": said})
        bare.commit()
        gone = storage.put(b"of no use")
        long_ago([*kept.values(), gone])
        (tmp_path / gone[:2] / ".new-half").write_bytes(b"half written")
        before = clock.now() - purging.LIFE
        assert list(purging.unused(before)) == [[(gone, 9)]]


def test_what_is_put_or_held_meanwhile_stays(tmp_path: Path) -> None:
    store, before = storage.DocumentStore(tmp_path), clock.now() - timedelta(days=1)
    sha256 = store.put(b"once more")
    assert list(store.unheld(before)) == []
    assert not store.let_go(sha256, before)
    for again in (lambda: store.put(b"once more"), lambda: store.hold(sha256)):
        os.utime(store.path(sha256), (0, 0))
        assert list(store.unheld(before)) == [(sha256, 9)]
        again()
        assert not store.let_go(sha256, before)
        assert store.get(sha256) == b"once more"
    os.utime(store.path(sha256), (0, 0))
    assert store.let_go(sha256, before)
    assert not store.hold(sha256)
    assert not store.let_go(sha256, before)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == []
    assert store.put(b"once more") == sha256


def test_what_killed_processes_left_half_done_is_cleared_after_a_day(context: Flask) -> None:
    store, now = storage._configured(), clock.now()
    kept, unwanted, again = (store.put(content) for content in (b"kept", b"unwanted", b"again"))
    store.path(kept).with_name(".new-ab12").write_bytes(b"ke")
    # Killed while letting go: of one that nobody wants, and of one that somebody put there anew meanwhile.
    store.path(unwanted).rename(store.path(unwanted).with_name(f".old-{unwanted}"))
    store.path(again).with_name(f".old-{again}").write_bytes(b"again")
    assert purging.purge(SYSTEM, now=now, dry_run=False) == (0, 0), "a living process may have them in its hands"
    later = now + purging.LIFE + timedelta(hours=1)
    for sha256 in (kept, again):
        os.utime(store.path(sha256), (later.timestamp(), later.timestamp()))
    assert purging.purge(SYSTEM, now=later, dry_run=True) == (3, 2 + 8 + 5)
    assert purging.purge(SYSTEM, now=later, dry_run=False) == (3, 2 + 8 + 5)
    assert sorted(file.name for file in store.root.rglob("*") if file.is_file()) == sorted([kept, again])


def test_one_that_was_being_let_go_and_is_wanted_comes_back(tmp_path: Path) -> None:
    store = storage.DocumentStore(tmp_path)
    sha256 = store.put(b"wanted")
    store.path(sha256).rename(aside := store.path(sha256).with_name(f".old-{sha256}"))
    assert list(store.begun(clock.now() + timedelta(hours=1))) == [(aside, 6)]
    assert not store.clear(aside)
    assert store.get(sha256) == b"wanted"


def picture(colour: str) -> bytes:
    file, image = io.BytesIO(), Image.new("RGB", (300, 60), "white")
    ImageDraw.Draw(image).rectangle((9, 9, 200, 50), fill=colour)
    image.save(file, "PNG")
    return file.getvalue()


def test_a_logo_that_was_only_tried_is_let_go_and_all_else_stays(context: Flask, office: Office) -> None:
    tried, meant = logos.receive(picture("red")), logos.receive(picture("blue"))
    seller = {**DEFAULTS[PolicyKey.SELLER], "logo": meant}
    with transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.SELLER, seller, starts_on=date(2026, 1, 1), reason="A logo", now=clock.now()
        )
    office.recharge("100.00")
    number = office.issued("100.00")
    office.credit(number, {"R-1": "40.00"})
    jobs.issue_due()
    fresh = logos.receive(picture("green"))
    there = [sha256 for sha256, _ in storage._configured().unheld(clock.now() + timedelta(days=1))]
    assert len(there) == 5
    long_ago(set(there) - {fresh})
    session.rollback()
    size = storage.size_of(tried)
    assert run(context, "purge").output == f"would let go: 1 document(s), {size} bytes\n"
    assert storage.exists(tried)
    assert run(context, "purge", "--yes").output == f"let go: 1 document(s), {size} bytes\n"
    assert run(context, "purge", "--yes").output == "let go: 0 document(s), 0 bytes\n"
    assert [storage.exists(each) for each in there] == [each != tried for each in there]
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "documents.purge"))
    assert event.after == {"documents": 1, "bytes": size}
    assert hashlib.sha256(storage.get(meant)).hexdigest() == meant
    assert contradictions() == []
