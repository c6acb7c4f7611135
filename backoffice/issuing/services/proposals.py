"""What somebody proposes to take back of an invoice: checked at once, changed by nobody, looked at by somebody else.

Nothing moves before it is confirmed (`crediting.confirm`). Who may propose and who may decide is the desk's rule: it
asks before it calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from sqlalchemy import insert, select

from backoffice import clock, glyphs, text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from backoffice.issuing.models import CreditProposal, CreditProposalLine, CreditReissue, Invoice
from backoffice.issuing.queries import credits as queries
from backoffice.issuing.queries.credits import Creditable
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules import credits as rules
from backoffice.issuing.rules.credits import CreditReason, ProposalState, Share
from backoffice.money import ZERO, format_amount
from backoffice.permissions import Actor
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import reissuing

ABOUT = "invoice"  # how the audit log names what a credit note is about
NOTHING = Message(N_("Enter what to take back of at least one line, as an amount above zero."))
_DECIDED = {
    ProposalState.CONFIRMED: N_("%(who)s confirmed this credit note at %(at)s."),
    ProposalState.DECLINED: N_("%(who)s turned this credit note down at %(at)s."),
    ProposalState.WITHDRAWN: N_("%(who)s withdrew this credit note at %(at)s."),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to take back: of each line of the invoice, by its id, an amount with its tax."""

    reason: str
    words: str
    amounts: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class CreditPlan:
    """A credit note that may be proposed: what each line of the invoice gives, in its order."""

    invoice: Invoice
    reason: CreditReason
    words: str
    lines: list[Creditable]
    shares: list[Share]

    @property
    def gross(self) -> Decimal:
        """All that is taken back, tax included."""
        return sum((share.gross for share in self.shares), ZERO)

    @property
    def by_recharge(self) -> dict[int, Decimal]:
        """The same by the recharge that paid for it."""
        parts: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
        for line, share in self.taken:
            parts[line.recharge_id] += share.gross
        return dict(parts)

    @property
    def taken(self) -> list[tuple[Creditable, Share]]:
        """The lines that give something."""
        return [(line, share) for line, share in zip(self.lines, self.shares, strict=True) if share.gross > ZERO]

    def snapshot(self, *, number: str | None, issued_at: datetime, verify_url: str | None = None) -> Snapshot:
        """What the credit note says; without `number` its draft."""
        return rules.build_credit_snapshot(
            cast("Snapshot", self.invoice.snapshot),
            self.shares,
            number=number,
            issued_at=issued_at,
            issued_on=clock.local_date(issued_at, clock.zone()),
            reason=self.reason,
            remarks=self.words,
            verify_url=verify_url,
        )


def plan(invoice: Invoice, wanted: Wanted) -> CreditPlan:
    """What a credit note would take back of an invoice, without doing it.

    Raises Invalid: `reason` for an unknown one, `words` where they are missing or cannot be printed, `line-ID` for more
    than is left of the line with that id, `amount` for nothing.
    """
    faults: dict[str, list[Message]] = {}
    words = _printable(wanted.words, faults)
    if wanted.reason not in set(CreditReason):
        faults["reason"] = [Message(N_("Choose a reason."))]
    lines = queries.creditable(invoice)
    shares = _shares(lines, wanted.amounts, faults)
    if faults:
        raise Invalid(faults)
    return CreditPlan(invoice, CreditReason(wanted.reason), words, lines, shares)


def propose(actor: Actor, invoice_request: InvoiceRequest, wanted: Wanted, *, now: datetime) -> CreditProposal:
    """Propose a credit note; nothing moves until another person confirms it.

    Raises what `plan` raises, and Conflict before the request is issued and while another proposal is open.
    """
    assert actor.id is not None, "the system proposes nothing"
    invoice = _invoice_of(invoice_request)
    waiting = queries.open_proposal(invoice.id)
    if waiting is not None:
        told = N_("%(who)s has proposed a credit note on this invoice. It has to be confirmed or turned down first.")
        raise Conflict(Message(told, who=waiting.proposed_by_label), code="proposal-open")
    planned = plan(invoice, wanted)
    proposal = CreditProposal(
        invoice_id=invoice.id, reason=planned.reason, words=planned.words, state=ProposalState.OPEN,
        proposed_by=actor.id, proposed_by_label=actor.label, proposed_at=now,
    )  # fmt: skip
    session.add(proposal)
    session.flush()
    session.execute(
        insert(CreditProposalLine),
        [{"proposal_id": proposal.id, "line_id": line.id, "gross": share.gross} for line, share in planned.taken],
    )
    lines = {str(line.position): share.gross for line, share in planned.taken}
    audit.record(
        actor, "credit.propose", ABOUT, invoice.number, at=now, reason=planned.words,
        after={"proposal": proposal.id, "reason": planned.reason, "gross": planned.gross, "lines": lines},
    )  # fmt: skip
    return proposal


def reissue(
    actor: Actor, invoice_request: InvoiceRequest, *, header_id: int, reason: str, words: str, now: datetime
) -> CreditProposal:
    """Propose to take back all that is left of an invoice and to issue it anew with a header of the same account.

    Raises what `propose` raises, and Conflict where the header cannot be used or nothing would be left to invoice.
    """
    header = reissuing.usable_header(invoice_request.account_id, header_id)
    lines = queries.creditable(_invoice_of(invoice_request))
    amounts = {line.id: line.left.gross_left for line in lines if line.left.gross_left > ZERO}
    if not queries.reissuable(lines):
        raise Conflict(Message(N_("Nothing of this invoice could be invoiced again: it was refunded or taken back.")))
    proposal = propose(actor, invoice_request, Wanted(reason, words, amounts), now=now)
    session.add(CreditReissue(proposal_id=proposal.id, header_id=header.id))
    session.flush()
    return proposal


def decline(actor: Actor, proposal_id: int, *, remarks: str, now: datetime) -> CreditProposal:
    """Turn a proposal down, with remarks for its maker. Raises as `confirm` does, and Invalid (`remarks`)."""
    wanted = Message(N_("Say why, so that the proposal can be made better."))
    cleaned = text.of_field("remarks", remarks, max_length=rules.REMARKS_LIMIT, multiline=True, empty=wanted)
    proposal, invoice = lock(proposal_id)
    decide(proposal, actor, ProposalState.DECLINED, now)
    proposal.remarks = cleaned
    session.flush()
    _told_audit(actor, "credit.decline", proposal, invoice, now, cleaned)
    return proposal


def withdraw(actor: Actor, proposal_id: int, *, now: datetime) -> CreditProposal:
    """Take one's own proposal back. Raises NotFound, Forbidden for everybody else, Conflict when it is decided."""
    proposal, invoice = lock(proposal_id)
    if proposal.proposed_by != actor.id:
        raise Forbidden(Message(N_("Only who proposed a credit note can withdraw it.")))
    decide(proposal, actor, ProposalState.WITHDRAWN, now)
    session.flush()
    _told_audit(actor, "credit.withdraw", proposal, invoice, now)
    return proposal


def _shares(lines: list[Creditable], amounts: Mapping[int, Decimal], faults: dict[str, list[Message]]) -> list[Share]:
    wanted = [amounts.get(line.id, ZERO) for line in lines]
    if not any(wanted) or any(amount < ZERO for amount in wanted) or set(amounts) - {line.id for line in lines}:
        faults["amount"] = [NOTHING]
        return []
    over = [line for line, amount in zip(lines, wanted, strict=True) if amount > line.left.gross_left]
    if over:
        faults |= {f"line-{line.id}": [too_much(line)] for line in over}
        return []
    return rules.take_back([line.left for line in lines], wanted)


def too_much(line: Creditable) -> Message:
    """Why an amount cannot be taken back of a line."""
    told = N_("Line %(line)d: no more than %(left)s is left to credit.")
    return Message(told, line=line.position, left=format_amount(line.left.gross_left))


def _printable(words: str, faults: dict[str, list[Message]]) -> str:
    try:
        wanted = Message(N_("Say why: it stands on the credit note."))
        cleaned = text.of_field("words", words, max_length=rules.WORDS_LIMIT, multiline=True, empty=wanted)
    except Invalid as fault:
        faults |= fault.fields
        return ""
    if unprintable := glyphs.refusal(cleaned):
        faults["words"] = [unprintable]
    return cleaned


def _invoice_of(invoice_request: InvoiceRequest) -> Invoice:
    """The invoice that a request was issued as, once nobody else acts on it. Raises Conflict where there is none."""
    lock_request(invoice_request.id)
    try:
        return queries.invoice_of(invoice_request.id)
    except NotFound:
        raise Conflict(Message(N_("Only what is invoiced can be credited."))) from None


def lock_request(request_id: int) -> None:
    """Let nobody else act on a request's invoice until the transaction ends."""
    session.execute(select(InvoiceRequest.id).where(InvoiceRequest.id == request_id).with_for_update())


def lock(proposal_id: int) -> tuple[CreditProposal, Invoice]:
    """The proposal as it stands now that its request is locked, and its invoice."""
    invoice = session.scalars(
        select(Invoice)
        .join(CreditProposal, CreditProposal.invoice_id == Invoice.id)
        .where(CreditProposal.id == proposal_id)
    ).one_or_none()
    if invoice is None:
        raise NotFound
    lock_request(invoice.request_id)
    return session.get_one(CreditProposal, proposal_id, populate_existing=True, with_for_update=True), invoice


def decide(proposal: CreditProposal, actor: Actor, state: ProposalState, now: datetime) -> None:
    """Let a locked proposal come to its end. Raises Conflict where it has, Forbidden where its maker would check it."""
    if not proposal.is_open:
        told = _DECIDED[ProposalState(proposal.state)]
        who, at = proposal.decided_by_label or "", proposal.decided_at
        raise Conflict(Message(told, who=who, at=at), code="already-decided")
    if state is not ProposalState.WITHDRAWN and proposal.proposed_by == actor.id:
        raise Forbidden(Message(N_("You have proposed this credit note. Somebody else has to look at it.")))
    proposal.state = state
    proposal.decided_by, proposal.decided_by_label, proposal.decided_at = actor.id, actor.label, now


def _told_audit(
    actor: Actor, action: str, proposal: CreditProposal, invoice: Invoice, now: datetime, reason: str | None = None
) -> None:
    audit.record(
        actor, action, ABOUT, invoice.number, at=now, reason=reason,
        before={"proposal": proposal.id, "state": ProposalState.OPEN},
        after={"proposal": proposal.id, "state": proposal.state},
    )  # fmt: skip
