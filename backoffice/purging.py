"""Documents that nothing refers to, found and let go.

A logo that was tried and never saved, a file whose import ended before it had a row, half a document whose writer was
killed: such a thing is in the store, and nothing else knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, select

from backoffice import storage
from backoffice.audit import services as audit
from backoffice.database import Base, session, transaction
from backoffice.invariants import CHECKS as CHECKS  # of every capability, so that no table is unknown here
from backoffice.permissions import Actor

# As long as a form may lie open whose file is in the store and in no row yet.
LIFE = timedelta(days=1)
# Every other column whose name ends in sha256 names a document.
NO_DOCUMENTS = frozenset(
    {"audit_seal.sha256", "decision_checks.sha256", "login_session.sid_sha256", "sign_in_attempt.email_sha256"}
)
# Where a JSON column names one, the way to it.
IN_JSON: dict[str, tuple[str, ...]] = {
    "policy.value": ("logo",),
    "invoice.snapshot": ("seller", "logo"),
    "credit_note.snapshot": ("seller", "logo"),
}
_BATCH = 500


def places() -> dict[str, ColumnElement[str]]:
    """Every place of the database that names a document, by table and column: whole columns first, those with an index
    before others."""
    indexed: dict[str, ColumnElement[str]] = {}
    plain: dict[str, ColumnElement[str]] = {}
    inside: dict[str, ColumnElement[str]] = {}
    for table in Base.metadata.tables.values():
        leading = {column.name for index in table.indexes for column in list(index.columns)[:1]}
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if name in IN_JSON:
                inside[name] = column[IN_JSON[name]].as_string()
            elif column.name.endswith("sha256") and name not in NO_DOCUMENTS:
                (indexed if column.name in leading or column.primary_key else plain)[name] = column
    return indexed | plain | inside


def unused(before: datetime) -> Iterator[list[tuple[str, int]]]:
    """In pieces, hash and length of each document that is older and that no row names."""
    known, found = places().values(), storage.unheld(before)
    while left := dict(islice(found, _BATCH)):
        for place in known:
            for sha256 in session.scalars(select(place).where(place.in_(list(left)))) if left else ():
                left.pop(sha256, None)
        session.rollback()
        yield list(left.items())


def purge(actor: Actor, *, now: datetime, dry_run: bool) -> tuple[int, int]:
    """Let go of documents that no row names and nobody put there within a day, and of what killed processes left half
    done; how many they are, and their bytes.

    With `dry_run` they are counted alone. The audit log says what was let go. Raises Unavailable when the disk refuses.
    """
    before, count, size = now - LIFE, 0, 0
    # First, because one that was being let go comes back to its place, and is looked at with the others.
    for begun, length in storage.begun(before):
        if dry_run or storage.clear(begun):
            count, size = count + 1, size + length
    for piece in unused(before):
        for sha256, length in piece:
            if dry_run or storage.let_go(sha256, before):
                count, size = count + 1, size + length
    if count and not dry_run:
        told: dict[str, Any] = {"documents": count, "bytes": size}
        with transaction():
            audit.record(actor, "documents.purge", "document_store", "documents", at=now, after=told)
    return count, size
