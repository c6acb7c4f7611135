"""What the people of the demo do with requests: apply, withdraw, approve, reject, correct an address; and the mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import cast

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.demo.cast import BY_CHANCE, EMAILS, GONE, HEADERS, REJECTIONS, REMARKS, SPEAKS_FOR, WITH_REMARKS
from backoffice.demo.stage import Stage
from backoffice.headers.rules import TaxIdOutcome, tax_id_of
from backoffice.issuing import jobs as issuing
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.services import Issuer
from backoffice.issuing.services.proposals import Wanted
from backoffice.ledger import queries as ledger
from backoffice.requests import queries as requests
from backoffice.requests.rules import State
from backoffice.requests.services import applying, changes, promises, recipients
from backoffice.requests.services.applying import Application
from backoffice.requests.services.supporting import SupportingFile
from backoffice.review.queries import credits as desk
from backoffice.review.services import credits
from backoffice.review.services import decisions as review
from backoffice.sla import jobs as sla

MAILED_FOR_REAL = timedelta(days=4)
_ACCEPTED = Outcome(MessageState.ACCEPTED, "250 2.0.0 accepted (demo history)")
_UNKNOWN = Outcome(MessageState.FAILED, f"550 5.1.1 <{GONE}>: Recipient address rejected: User unknown")
_LEAST, _MOST = 800, 30000


@dataclass(frozen=True)
class Wish:
    """What an application says where it is not left to chance."""

    header: int | None = None
    everything: bool = False
    email: str | None = None
    copies: str = ""
    remarks: str | None = None
    support: Callable[[], SupportingFile] | None = None
    resubmission_of: str | None = None


class Deeds:
    """The people's side of the story."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.issuer = Issuer(currency=stage.settings.currency, external_url=stage.settings.external_url)
        self._tokens = count()

    def apply(self, code: str, wish: Wish | None = None) -> str | None:
        """Apply as one of the account's people; the request's number, or None without money worth an invoice."""
        wish = wish or Wish()
        chance = self.stage.random
        actor = self.stage.people[chance.choice(("ada", "lin")) if code == "lumen" else SPEAKS_FOR[code]]
        free = ledger.balance(actor.account_id or 0).invoiceable
        session.rollback()
        if free < 1000:
            return None
        some = min(free, Decimal(chance.randrange(_LEAST, _MOST)) + self.stage.cents(99))
        ids = self.stage.header_ids[code]
        some_header = chance.choices(range(len(ids)), weights=range(len(ids), 0, -1))[0]
        header = some_header if wish.header is None else wish.header
        application = Application(
            header_id=ids[header],
            amount=str(free if wish.everything or chance.random() < 0.2 else some),
            email=wish.email or chance.choice(EMAILS[code]),
            remarks=self._some_remarks(actor.label, HEADERS[code][header]["name"], wish.remarks),
            resubmission_of=wish.resubmission_of,
            copies=wish.copies,
            support=wish.support() if wish.support else None,
        )
        with transaction():
            made = applying.apply(
                actor, application, submit_token=f"demo-{next(self._tokens)}",
                locale="en" if actor.label.isascii() else "zh", now=clock.now(),
            )  # fmt: skip
            return made.number

    def _some_remarks(self, who: str, buyer: str, wanted: str | None) -> str:
        """What somebody writes beside an application for this buyer, mostly nothing; or what is wanted."""
        chance = self.stage.random
        if wanted is not None or chance.random() >= WITH_REMARKS:
            return wanted or ""
        said = chance.choice(REMARKS["en" if who.isascii() else "zh"])
        month = clock.local_date(clock.now(), self.stage.settings.zone).month
        before, last = ((month - ago - 1) % 12 + 1 for ago in (2, 1))
        return said.format(
            name=who, first=who.split()[0], buyer=buyer, before=before, last=last,
            quarter="一二三四"[(month - 1) // 3 - 1],
        )  # fmt: skip

    def apply_and_wait(self, code: str, resubmission_of: str | None = None) -> None:
        """Apply; what becomes of it is left to chance, and happens by itself."""
        number = self.apply(code, Wish(resubmission_of=resubmission_of))
        if number is not None:
            self._plan_verdict(code, number)

    def _plan_verdict(self, code: str, number: str) -> None:
        stage, now, chance = self.stage, clock.now(), self.stage.random.random()
        if chance < 0.04:
            stage.schedule(now + timedelta(hours=stage.random.randrange(1, 20)), lambda: self.withdraw(code, number))
            return
        # Most are decided within two business days; some wait, and a few break the promise.
        days = stage.random.choices((0, 1, 2, 3, 4, 6, 8), weights=(20, 34, 22, 11, 6, 5, 2))[0]
        day = stage.calendar.add_business_days(clock.local_date(now, stage.settings.zone), days) if days else None
        moment = now + timedelta(minutes=stage.random.randrange(20, 200)) if day is None else stage.office_time(day)
        due_at = promises.promised(now)[1]
        session.rollback()
        if moment > due_at:  # the promise will break: that is when the sweep finds it
            stage.schedule(due_at, sla.sweep)
        verdict = self.reject if 0.04 <= chance < 0.12 else self.approve
        stage.schedule(moment, lambda: verdict(code, number))

    def withdraw(self, code: str, number: str) -> None:
        """Take a request back."""
        with self.stage.tolerant():
            changes.withdraw(self.stage.people[SPEAKS_FOR[code]], number, now=clock.now())

    def correct(self, code: str, number: str, email: str) -> None:
        """Correct the address of a pending request."""
        with self.stage.tolerant():
            recipients.correct(
                self.stage.people[SPEAKS_FOR[code]], number, email=email, copies="", now=clock.now()
            )  # fmt: skip

    def approve(self, _code: str, number: str, *, undo_seconds: int | None = None) -> None:
        """Approve a request, which is issued some minutes later; where four eyes are wanted, a colleague follows."""
        stage = self.stage
        first, second = stage.random.choice((("rita", "rui"), ("rita", "rui"), ("rui", "rita")))
        remarks = "Checked against the bank statement." if stage.random.random() < 0.1 else ""
        check = tax_id_of(requests.by_number(number).header)
        if check is not None and check.outcome == TaxIdOutcome.WRONG_CHECK_DIGIT:
            remarks = "Compared with the business licence: the tax ID is right."
        if self._approved(first, number, remarks, undo_seconds) == State.PENDING:
            later = clock.now() + timedelta(minutes=stage.random.randrange(5, 50))
            stage.schedule(later, lambda: self._approved(second, number, "", undo_seconds))

    def _approved(self, reviewer: str, number: str, remarks: str, undo_seconds: int | None) -> str | None:
        """The state an approval has led to; None when it came too late."""
        stage, state = self.stage, None
        undo = stage.settings.undo_seconds if undo_seconds is None else undo_seconds
        with stage.tolerant():
            approved = review.approve(
                stage.people[reviewer], number, remarks=remarks, now=clock.now(), undo_seconds=undo,
                currency=stage.settings.currency,
            )  # fmt: skip
            request_id, state = approved.id, approved.state
            if state == State.APPROVED and undo_seconds is None:
                later = timedelta(seconds=undo, minutes=stage.random.randrange(1, 4))
                stage.schedule(clock.now() + later, lambda: issuing.issue_one(request_id, self.issuer))
        return state

    def approve_slowly(self, code: str, number: str) -> None:
        """An approval whose undo window is still open, so that Approved can be seen before the worker issues it."""
        self.approve(code, number, undo_seconds=3600)

    def reject(self, code: str, number: str) -> None:
        """Reject a request; mostly a better one follows."""
        stage = self.stage
        reviewer = stage.people[stage.random.choice(("rita", "rui"))]
        reason, remarks = stage.random.choice(REJECTIONS)
        with stage.tolerant():
            review.reject(
                reviewer, number, reason=reason, remarks=remarks[self._language(code)], now=clock.now(),
                currency=stage.settings.currency,
            )  # fmt: skip
            if code in BY_CHANCE and stage.random.random() < 0.7:
                later = clock.now() + timedelta(hours=stage.random.randrange(2, 40))
                stage.schedule(later, lambda: self.apply_and_wait(code, number))

    def reject_because(self, code: str, number: str, why: tuple[str, dict[str, str]]) -> None:
        """Reject a request for a reason of one's own; nothing follows by itself."""
        reason, remarks = why[0], why[1][self._language(code)]
        with self.stage.tolerant():
            review.reject(self.stage.people["rita"], number, reason=reason, remarks=remarks, now=clock.now())

    def credit(self, number: str, reason: str, words: str, amount: Decimal | None = None) -> None:
        """Propose to take so much back of a request's invoice, and let a colleague confirm it an hour later; without an
        amount what its invoice debt asks for, which waits for somebody to confirm it."""
        stage, about = self.stage, requests.by_number(number)
        if about.state != State.ISSUED:
            session.rollback()
            return
        lines = notes.creditable(notes.invoice_of(about.id))
        if amount is None:
            amounts = desk.debts_on(lines)
        else:
            largest = max(lines, key=lambda line: line.left.gross_left)
            amounts = {largest.id: min(amount, largest.left.gross_left)}
        session.rollback()
        with stage.tolerant():
            wanted = Wanted(reason, words, amounts)
            proposal = credits.propose(stage.people["rita"], number, wanted, now=clock.now()).id
            if amount is not None:
                stage.schedule(clock.now() + timedelta(hours=1), lambda: self._confirm(proposal))

    def _confirm(self, proposal: int) -> None:
        with transaction():
            note = credits.confirm(self.stage.people["rui"], proposal, issuer=self.issuer, now=clock.now())
            note_id, snapshot = note.id, cast("Snapshot", note.snapshot)
        issuing.finish_credit(note_id, snapshot)

    def _language(self, code: str) -> str:
        """The language in which an account's people apply."""
        return "en" if self.stage.people[SPEAKS_FOR[code]].label.isascii() else "zh"

    def mail(self) -> None:
        """Let a day's mails of the past count as accepted, each within seconds; those of the last days are left for the
        worker to send."""
        if clock.now() > self.stage.now - MAILED_FOR_REAL:
            return
        with transaction():
            while (message := delivery.take(clock.now(), lease_seconds=60)) is not None:
                outcome = _UNKNOWN if message.recipient == GONE else _ACCEPTED
                told = message.created_at + timedelta(seconds=2 + message.id % 7)
                delivery.record_outcome(message.id, message.lease or "", outcome, now=told)
