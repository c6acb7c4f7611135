"""Verbs on invoice headers: create, edit, make default, archive. A header's past is frozen where it was used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from backoffice import glyphs
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Forbidden, Invalid, Message
from backoffice.headers import queries, rules
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Actor, Permission

# What an invoice prints as the customer wrote it; the rest is coded or never leaves the system on paper.
PRINTED = ("name", "tax_id", "address", "phone", "bank", "bank_account", "remarks")


def create(
    actor: Actor,
    values: Mapping[str, str],
    *,
    now: datetime,
    tax_id_confirmed: bool = False,
    make_default: bool = False,
) -> InvoiceHeader:
    """Add a header to the actor's account; its first one becomes the default.

    `values` are texts as typed, by field; missing ones are empty. Raises Invalid with the sentences for each field,
    Forbidden for people without a customer account.
    """
    account_id = _account_id(actor)
    cleaned = checked(values, tax_id_confirmed=tax_id_confirmed)
    header = InvoiceHeader(
        account_id=account_id, created_by=actor.id, created_at=now, updated_at=now, is_default=False, **cleaned
    )
    session.add(header)
    session.flush()
    if make_default or _default_of(account_id) is None:
        _move_default(account_id, header)
    audit.record(actor, "header.create", "invoice_header", header.id, at=now, after=_said(header))
    return header


def edit(
    actor: Actor,
    header_id: int,
    values: Mapping[str, str],
    *,
    now: datetime,
    tax_id_confirmed: bool = False,
    make_default: bool = False,
) -> InvoiceHeader:
    """Change what a header says from now on. Raises Invalid as `create` does, NotFound for another account's."""
    account_id = _account_id(actor)
    header = queries.header_of(account_id, header_id)
    # An exception that was confirmed once need not be confirmed with every later edit.
    known = rules.normalise_tax_id(values.get("tax_id", "")) == header.tax_id
    cleaned = checked(values, tax_id_confirmed=tax_id_confirmed or known)
    before = _said(header)
    for name, value in cleaned.items():
        setattr(header, name, value)
    header.updated_at = now
    session.flush()
    if make_default:
        _move_default(account_id, header)
    after = _said(header)
    changed = [name for name in after if after[name] != before[name]]
    audit.record(
        actor,
        "header.edit",
        "invoice_header",
        header.id,
        at=now,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return header


def set_default(actor: Actor, header_id: int, *, now: datetime) -> InvoiceHeader:
    """Let applications begin with this header instead of the former default. Raises NotFound."""
    account_id = _account_id(actor)
    header = queries.header_of(account_id, header_id)
    former = _default_of(account_id)
    _move_default(account_id, header)
    audit.record(
        actor,
        "header.default",
        "invoice_header",
        header.id,
        at=now,
        before={"default": former.id if former else None},
        after={"default": header.id},
    )
    return header


def archive(actor: Actor, header_id: int, *, now: datetime) -> InvoiceHeader:
    """Hide a header from now on; the oldest one left takes over as default. Raises NotFound, also the second time."""
    account_id = _account_id(actor)
    header = queries.header_of(account_id, header_id)
    was_default = header.is_default
    header.is_default = False
    header.archived_at = header.updated_at = now
    session.flush()
    heir = _oldest(account_id) if was_default else None
    if heir is not None:
        _move_default(account_id, heir)
    audit.record(
        actor,
        "header.archive",
        "invoice_header",
        header.id,
        at=now,
        before=_said(header),
        after={"default": heir.id} if heir else None,
    )
    return header


def checked(values: Mapping[str, str], *, tax_id_confirmed: bool) -> dict[str, str]:
    """The fields of a header as they are kept: right by the rules, and with a glyph for every character.

    A tax ID whose check digit does not fit is refused until the customer insists on it (`tax_id_confirmed`); a
    reviewer looks at it again. Raises Invalid with the sentences for each field.
    """
    faults: dict[str, list[Message]] = {}
    try:
        cleaned = rules.validate(values)
    except Invalid as refusal:
        # Everything is said at once: the checks below look at what was typed where it is not at fault already.
        faults = refusal.fields
        cleaned = {name: "" if name in faults else values.get(name) or "" for name in rules.FIELDS}
    if not tax_id_confirmed:
        faults = rules.warnings(cleaned) | faults
    for name in PRINTED:
        missing = glyphs.missing(cleaned[name]) if name not in faults else []
        if missing:
            told = N_("No font can print these characters: %(characters)s")
            faults[name] = [Message(told, characters=glyphs.describe(missing))]
    if faults:
        raise Invalid(faults)
    return cleaned


def _move_default(account_id: int, header: InvoiceHeader) -> None:
    """Make `header` the default. The former one is cleared first: the index allows no second one, even for a moment."""
    former = _default_of(account_id)
    if former is not None and former.id != header.id:
        former.is_default = False
        session.flush()
    header.is_default = True
    session.flush()


def _default_of(account_id: int) -> InvoiceHeader | None:
    return session.scalars(
        select(InvoiceHeader).where(InvoiceHeader.account_id == account_id, InvoiceHeader.is_default)
    ).one_or_none()


def _oldest(account_id: int) -> InvoiceHeader | None:
    return session.scalars(
        select(InvoiceHeader)
        .where(InvoiceHeader.account_id == account_id, InvoiceHeader.archived_at.is_(None))
        .order_by(InvoiceHeader.id)
        .limit(1)
    ).one_or_none()


def _said(header: InvoiceHeader) -> dict[str, Any]:
    """What the audit log keeps of a header: everything it says."""
    return {name: getattr(header, name) for name in (*rules.FIELDS, "is_default")}


def _account_id(actor: Actor) -> int:
    if actor.account_id is None or not actor.can(Permission.MANAGE_HEADERS):
        raise Forbidden
    return actor.account_id
