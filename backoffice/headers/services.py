"""Verbs on invoice headers: create, edit, make default, archive, restore. Its past is frozen where it was used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from backoffice import glyphs
from backoffice.accounts.models import Account
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.headers import queries, rules
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Actor, Permission

# What an invoice states as the customer wrote it, on paper or as data; the rest is coded or an address of a mailbox.
PRINTED = ("name", "tax_id", "address", "phone", "bank", "bank_account", "street", "city", "postal_code", "remarks")

TWIN, LOOK_ALIKE = "duplicate-header", "look-alike-header"
CHANGED, REMOVED = "header-changed-meanwhile", "header-removed"
RESEMBLES = (TWIN, LOOK_ALIKE)
_LOOK_ALIKE = {
    "name": N_("%(name)s has the same name."),
    "tax_id": N_("%(name)s has the same tax ID."),
}


def create(
    actor: Actor,
    values: Mapping[str, str],
    *,
    now: datetime,
    tax_id_confirmed: bool = False,
    make_default: bool = False,
    known_look_alikes: Collection[int] = (),
    submit_token: str | None = None,
) -> InvoiceHeader:
    """Add a header to the actor's account; its first one becomes the default.

    `values` are texts as typed, by field; missing ones are empty. `known_look_alikes` are the ids of the headers of
    the same name or tax ID beside which the customer wants this one all the same. `submit_token` names one filled-in
    form: the same one again, saying the same, returns the header it already made, so a double Save is one header.
    Raises Invalid with the sentences for each field, Forbidden for people without a customer account.
    """
    account_id = _alone(actor)
    cleaned = checked(values, tax_id_confirmed=tax_id_confirmed)
    made = queries.made_by_form(account_id, submit_token) if submit_token else None
    if made is not None and made.archived_at is None and _says(made, cleaned):
        return made
    _refuse_look_alikes(queries.look_alikes(account_id, cleaned), known_look_alikes)
    header = InvoiceHeader(
        account_id=account_id,
        created_by=actor.id,
        created_at=now,
        updated_at=now,
        is_default=False,
        # A form that was filled in anew after it had made a header makes another one.
        submit_token=None if made is not None else submit_token,
        **_kept(cleaned),
    )
    session.add(header)
    session.flush()
    if make_default or _default_of(account_id) is None:
        _move_default(actor, account_id, header, now=now)
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
    known_look_alikes: Collection[int] = (),
    seen: datetime | None = None,
    restore: bool = False,
) -> InvoiceHeader:
    """Change what a header says from now on. `seen` is its `updated_at` when whoever edits it began.

    One that is archived comes back with the change where that is asked for (`restore`); it is looked at then as it
    will stand beside the others, not as it stood. Raises Invalid as `create` does, NotFound for another account's,
    and Conflict with the code REMOVED for one that is archived and was not to be restored, TWIN where a usable
    header says all the same as the archived one would with the change, and CHANGED when somebody changed it since it
    was seen, or in this very moment: a change is never undone by somebody who did not see it.
    """
    account_id = _alone(actor)
    header = queries.any_header_of(account_id, header_id)
    if header.archived_at is not None and not restore:
        raise Conflict(Message(N_("This header was removed.")), code=REMOVED)
    # An exception that was confirmed once need not be confirmed with every later edit.
    known = rules.normalise_tax_id(values.get("tax_id", "")) == header.tax_id
    cleaned = checked(values, tax_id_confirmed=tax_id_confirmed or known)
    if header.archived_at is not None:
        _refuse_unseen(header, seen)
        beside = queries.look_alikes(account_id, cleaned)
        _refuse_remade(beside)
        _refuse_look_alikes(beside, known_look_alikes)
        seen = _bring_back(actor, header, now=now)
    else:
        _refuse_look_alikes(queries.look_alikes(account_id, cleaned, edited=header), known_look_alikes)
    return _change(actor, header, cleaned, seen=seen or header.updated_at, make_default=make_default, now=now)


def _change(
    actor: Actor,
    header: InvoiceHeader,
    cleaned: Mapping[str, str],
    *,
    seen: datetime,
    make_default: bool,
    now: datetime,
) -> InvoiceHeader:
    """Let a usable header say what these normal values say, and its history tell what that changed."""
    before = _said(header)
    if not _says(header, cleaned):
        at = _claim(header, seen, now=now)
        for name, value in _kept(cleaned).items():
            setattr(header, name, value)
        header.updated_at = at
        session.flush()
    if make_default:
        _move_default(actor, header.account_id, header, now=now)
    after = _said(header)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return header
    audit.record(
        actor,
        "header.edit",
        "invoice_header",
        header.id,
        at=max(now, header.updated_at),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return header


def _claim(header: InvoiceHeader, seen: datetime, *, now: datetime) -> datetime:
    """Take the turn to change a header that still is as it was seen; the instant of the change, after any before."""
    at = _later(header, now)
    claimed = rows_changed(
        session.execute(
            update(InvoiceHeader)
            .where(InvoiceHeader.id == header.id, InvoiceHeader.archived_at.is_(None), InvoiceHeader.updated_at == seen)
            .values(updated_at=at)
            .execution_options(synchronize_session=False)
        )
    )
    if not claimed:
        raise _changed_meanwhile()
    return at


def _later(header: InvoiceHeader, now: datetime) -> datetime:
    """The instant of a change: later than every one before, for it tells which state of the header somebody saw."""
    return max(now, header.updated_at + timedelta(microseconds=1))


def _refuse_unseen(header: InvoiceHeader, seen: datetime | None) -> None:
    if seen not in (None, header.updated_at):
        raise _changed_meanwhile()


def _changed_meanwhile() -> Conflict:
    return Conflict(Message(N_("Somebody changed this header while you were editing it.")), code=CHANGED)


def set_default(actor: Actor, header_id: int, *, now: datetime) -> InvoiceHeader:
    """Let applications begin with this header instead of the former default. Raises NotFound."""
    account_id = _alone(actor)
    header = queries.header_of(account_id, header_id)
    if not header.is_default:
        _move_default(actor, account_id, header, now=now)
        _note_default(actor, header, now=now)
    return header


def archive(actor: Actor, header_id: int, *, now: datetime) -> InvoiceHeader:
    """Hide a header from now on; the oldest one left takes over as default. Raises NotFound, also the second time."""
    account_id = _alone(actor)
    header = queries.header_of(account_id, header_id)
    said = _said(header)
    header.is_default = False
    header.archived_at, header.updated_at = now, _later(header, now)
    session.flush()
    heir = _oldest(account_id) if said["is_default"] else None
    if heir is not None:
        _move_default(actor, account_id, heir, now=now)
        _note_default(actor, heir, now=now)
    audit.record(actor, "header.archive", "invoice_header", header.id, at=now, before=said)
    return header


def restore(actor: Actor, header_id: int, *, now: datetime, known_look_alikes: Collection[int] = ()) -> InvoiceHeader:
    """Bring an archived header back; the only one is the default at once.

    `known_look_alikes` are the usable headers of the same name or tax ID beside which the customer wants it back all
    the same. Raises NotFound for another account's header and for one that is not archived, Conflict while a usable
    header says all the same, Invalid (code LOOK_ALIKE) for look-alikes that nobody spoke of yet.
    """
    account_id = _alone(actor)
    header = queries.archived_header_of(account_id, header_id)
    look_alikes = queries.resembling(header)
    _refuse_remade(look_alikes)
    _refuse_look_alikes(look_alikes, known_look_alikes)
    _bring_back(actor, header, now=now)
    return header


def _refuse_remade(look_alikes: Collection[queries.LookAlike]) -> None:
    """Raise Conflict for a usable header that says all the same as the archived one as it would come back."""
    twin = next((each for each in look_alikes if each.is_twin), None)
    if twin is not None:
        told = N_("%(name)s was created anew since and says all the same. Use that header.")
        raise Conflict(Message(told, name=twin.name), code=TWIN)


def _bring_back(actor: Actor, header: InvoiceHeader, *, now: datetime) -> datetime:
    """Let an archived header be usable again, the only one as the default at once; the instant of this change."""
    header.archived_at, header.updated_at = None, _later(header, now)
    session.flush()
    if _default_of(header.account_id) is None:
        _move_default(actor, header.account_id, header, now=now)
    audit.record(actor, "header.restore", "invoice_header", header.id, at=now, after=_said(header))
    return header.updated_at


def checked(values: Mapping[str, str], *, tax_id_confirmed: bool) -> dict[str, str]:
    """The fields of a header as they are kept: right by the rules, and with a glyph for every character.

    A tax ID whose check digit does not fit is refused until the customer insists on it (`tax_id_confirmed`); a
    reviewer looks at it again. Raises Invalid with the sentences for each field.
    """
    # Everything is said at once: the checks below look at the normal form of what is not at fault already.
    cleaned, faults = rules.read(values)
    cleaned = {name: "" if name in faults else text for name, text in cleaned.items()}
    if not tax_id_confirmed:
        faults = rules.warnings(cleaned) | faults
    for name in PRINTED:
        missing = glyphs.missing(cleaned[name]) if name not in faults else []
        if missing:
            told = N_("No font can print these characters: %(characters)s")
            faults[name] = [Message(told, characters=glyphs.describe(missing))]
    rules.refuse(faults)
    return cleaned


def _refuse_look_alikes(found: Collection[queries.LookAlike], known: Collection[int]) -> None:
    """Raise Invalid for a header that says all the same, and for look-alikes that nobody spoke of yet."""
    for twin in found:
        if twin.is_twin:
            told = N_("The header %(name)s says all the same already. Use that one, or change it.")
            raise Invalid({"name": [Message(told, name=twin.name)]}, code=TWIN)
    faults: dict[str, list[Message]] = {}
    for other in found:
        for field, told in _LOOK_ALIKE.items():
            if other.id not in known and field in other.same:
                faults.setdefault(field, []).append(Message(told, name=other.name))
    if faults:
        raise Invalid(faults, code=LOOK_ALIKE)


def _says(header: InvoiceHeader, cleaned: Mapping[str, str]) -> bool:
    """Whether a header says what these normal values say."""
    return all(getattr(header, name) == value for name, value in _kept(cleaned).items())


def _kept(cleaned: Mapping[str, str]) -> dict[str, Any]:
    """The normal values as the columns keep them."""
    return {**cleaned, "copies": rules.addresses(cleaned["copies"])}


def _alone(actor: Actor) -> int:
    """The actor's account, whose headers nobody else changes meanwhile: which one is the default concerns them all.

    Of two Saves of one form, or two who remove or restore one header, the second finds what the first has done.
    """
    account_id = _account_id(actor)
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    return account_id


def _move_default(actor: Actor, account_id: int, header: InvoiceHeader, *, now: datetime) -> None:
    """Make `header` the default. The former one is cleared first: the index allows no second one, even for a moment."""
    former = _default_of(account_id)
    if former is not None and former.id != header.id:
        former.is_default = False
        session.flush()
        _note_default(actor, former, now=now)
    header.is_default = True
    session.flush()


def _note_default(actor: Actor, header: InvoiceHeader, *, now: datetime) -> None:
    """Write into a header's history that it became the default, or was it."""
    is_default = header.is_default
    audit.record(
        actor,
        "header.default",
        "invoice_header",
        header.id,
        at=now,
        before={"is_default": not is_default},
        after={"is_default": is_default},
    )


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
