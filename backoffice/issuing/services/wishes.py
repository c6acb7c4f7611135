"""The customer asks to take an issued invoice back or to issue it to another header; finance decides.

Granting is no verb of its own: a credit note that does what is asked for grants it (`crediting.confirm`).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.issuing.models import CorrectionWish
from backoffice.issuing.queries import credits, wishes
from backoffice.issuing.rules.credits import REMARKS_LIMIT, WORDS_LIMIT, WishKind, WishState, grants
from backoffice.issuing.services.proposals import lock_request
from backoffice.money import ZERO
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import ABOUT
from backoffice.requests.services import reissuing
from backoffice.requests.services.states import add_event, tell


def ask(actor: Actor, number: str, *, kind: str, header_id: int | None, words: str, now: datetime) -> CorrectionWish:
    """Ask to take an issued invoice back (`return`), or to issue it to another of one's headers (`reissue`).

    Raises NotFound, Forbidden, Invalid (`kind`, `header_id`, `words`), Conflict before the request is issued, when
    nothing is left of the invoice, and while another wish is open.
    """
    found = _own(actor, number)
    cleaned = _cleaned("words", words, WORDS_LIMIT)
    if kind not in set(WishKind):
        raise Invalid({"kind": [Message(N_("Choose what you ask for."))]})
    if kind == WishKind.REISSUE:
        if header_id is None:
            raise Invalid({"header_id": [Message(N_("Choose an invoice header."))]})
        try:
            reissuing.usable_header(found.account_id, header_id)
        except Conflict as conflict:
            raise Invalid({"header_id": [conflict.message]}) from conflict
    lock_request(found.id)
    if not found.is_issued or sum((one.left.gross_left for one in _lines(found)), ZERO) == ZERO:
        raise Conflict(Message(N_("There is nothing to correct: the invoice is not issued, or it was taken back.")))
    if wishes.open_wish(found.id) is not None:
        raise Conflict(Message(N_("You have asked for a correction already. Finance looks at it.")))
    assert actor.id is not None, "only people ask"
    wish = CorrectionWish(
        request_id=found.id, kind=kind, header_id=header_id if kind == WishKind.REISSUE else None, words=cleaned,
        state=WishState.OPEN, asked_by=actor.id, asked_by_label=actor.label, asked_at=now,
    )  # fmt: skip
    session.add(wish)
    session.flush()
    add_event(found.id, f"{kind}_asked", actor, at=now, remarks=cleaned)
    audit.record(
        actor, "correction.ask", ABOUT, found.number, at=now, reason=cleaned,
        after={"wish": wish.id, "kind": kind, "header": wish.header_id},
    )  # fmt: skip
    return wish


def withdraw(actor: Actor, number: str, *, now: datetime) -> None:
    """Let go of what one's account asked for. Raises NotFound, Forbidden, Conflict when nothing is open any more."""
    found = _own(actor, number)
    _close(actor, found, _asked(found), WishState.WITHDRAWN, now)


def decline(actor: Actor, found: InvoiceRequest, *, remarks: str, now: datetime) -> None:
    """Say no, with remarks that are mailed to the customer. Raises Invalid (`remarks`), and Conflict as `withdraw`."""
    cleaned = _cleaned("remarks", remarks, REMARKS_LIMIT)
    _close(actor, found, _asked(found), WishState.DECLINED, now, cleaned)
    number = found.invoice_number or ""
    tell(found, "correction_declined", now=now, invoice_number=number, remarks=cleaned)


def grant(actor: Actor, found: InvoiceRequest, *, left: Decimal, reissued_to: int | None, now: datetime) -> None:
    """A credit note on the invoice was confirmed: what is open is granted where that does what it asks for.

    `left` is what of the invoice nobody took back, `reissued_to` the header with which it is issued anew.
    """
    wish = _locked(found)
    if wish is not None and grants(wish.kind, wish.header_id, left=left, reissued_to=reissued_to):
        _close(actor, found, wish, WishState.GRANTED, now)


def _asked(found: InvoiceRequest) -> CorrectionWish:
    """What is open, for whoever ends it. Raises Conflict where nothing is any more."""
    wish = _locked(found)
    if wish is None:
        raise Conflict(Message(N_("Nobody asks for a correction of this invoice any more.")))
    return wish


def _locked(found: InvoiceRequest) -> CorrectionWish | None:
    lock_request(found.id)
    return session.scalars(
        wishes.open_wishes()
        .where(CorrectionWish.request_id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _close(
    actor: Actor, found: InvoiceRequest, wish: CorrectionWish, state: WishState, now: datetime, remarks: str = ""
) -> None:
    wish.state, wish.closed_at, wish.remarks = state, now, remarks
    session.flush()
    if state is not WishState.GRANTED:
        add_event(found.id, f"wish_{state}", actor, at=now, **({"remarks": remarks} if remarks else {}))
    audit.record(
        actor, f"correction.{state}", ABOUT, found.number, at=now, reason=remarks,
        before={"wish": wish.id, "state": WishState.OPEN}, after={"wish": wish.id, "state": state},
    )  # fmt: skip


def _own(actor: Actor, number: str) -> InvoiceRequest:
    if actor.account_id is None or not actor.can(Permission.APPLY):
        raise Forbidden
    return requests.by_number(number, account_id=actor.account_id)


def _lines(found: InvoiceRequest) -> list[credits.Creditable]:
    return credits.creditable(credits.invoice_of(found.id))


def _cleaned(field: str, value: str, limit: int) -> str:
    return text.of_field(field, value, max_length=limit, multiline=True, empty=Message(N_("Please say why.")))
