"""Checks against the account's other requests: a duplicate, a look-alike, many rejections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from backoffice.errors import N_, Message
from backoffice.money import CENT
from backoffice.requests.rules import STATE_LABELS, State
from backoffice.review.checks import names
from backoffice.review.checks.facts import LAST, Check, Datum, Facts, Former, Outcome
from backoffice.review.checks.references import name_other_orders, name_the_same

DUPLICATE_DAYS = 30
NEARLY = Decimal("0.01")
# With the same header, less than this is no other amount: at least a cent.
HARDLY = Decimal("0.001")
# One digit beside another amount is chance among round ones, and hardly where so many are told.
TOLD_DIGITS = 4
TOO_OFTEN, NEARLY_ALWAYS = 3, 4
HOLDING = (State.PENDING, State.APPROVED, State.ISSUED)


def duplicate(facts: Facts) -> Check:
    """Whether the account asked for the same within 30 days: the same invoice fails, one that looks like it warns.

    Whichever of two was submitted first: once the other one is approved, this one is the one too many. An invoice that
    was taken back whole is none: it is told, and that it is.
    """
    reach = timedelta(days=DUPLICATE_DAYS)
    recent = [one for one in facts.near if one.state in HOLDING and abs(one.submitted_on - facts.submitted_on) <= reach]
    if facts.taken_back:
        told = Message(N_("This invoice was taken back whole by %(note)s: nothing repeats it."), note=facts.taken_back)
        return Check("duplicate", Outcome.PASS, told)
    found = _compared(facts, [one for one in recent if not one.taken_back])
    notes = {one.number: one.taken_back for one in recent if one.taken_back}
    gone = _compared(facts, [one for one in recent if one.taken_back]).data
    if not gone:
        return found
    if found.data:
        return replace(found, data=(*found.data, *gone))
    told = Message(
        N_("Only %(number)s is like it, and its invoice was taken back whole by %(note)s: no duplicate."),
        number=gone[0].request, note=notes[gone[0].request or ""],
    )  # fmt: skip
    return Check("duplicate", Outcome.PASS, told, gone)


def _compared(facts: Facts, recent: list[Former]) -> Check:
    """What those of the weeks around a request that are alike say of it; without any, there is no data."""
    same = [one for one in recent if one.amount == facts.amount]
    twins = [one for one in same if names.look_the_same(one.header_name, facts.header["name"])]
    for one in twins:
        if not name_other_orders(one.remarks, facts.remarks):
            told = Message(
                N_("The same amount and header as %(number)s of %(day)s."), number=one.number, day=one.submitted_on
            )
            return Check("duplicate", Outcome.FAIL, told, _listed(twins))
    if twins:
        told = Message(
            N_("The same amount and header as %(number)s, with another reference in the remarks."),
            number=twins[0].number,
        )
        return Check("duplicate", Outcome.WARN, told, _listed(twins))
    if same:
        told = Message(
            N_("The same amount as %(number)s of %(day)s, made out to %(name)s."),
            number=same[0].number, day=same[0].submitted_on, name=same[0].header_name,
        )  # fmt: skip
        return Check("duplicate", Outcome.WARN, told, _listed(same))
    return _look_alike(facts, recent) or _named_again(facts, recent)


def _look_alike(facts: Facts, recent: list[Former]) -> Check | None:
    """A slip in one of two amounts with the same header, or the same reference with nearly the amount."""
    alike = [one for one in recent if names.look_the_same(one.header_name, facts.header["name"])]
    hardly = [one for one in alike if abs(one.amount - facts.amount) <= max(facts.amount * HARDLY, CENT)]
    nearly = [one for one in alike if is_nearly(one.amount, facts.amount)]
    for found, words in (
        (hardly, N_("The same header as %(number)s of %(day)s, and hardly another amount.")),
        (
            _of(alike, exchanges(facts.amount)),
            N_("The same header as %(number)s of %(day)s, and its amount with two digits exchanged."),
        ),
        (
            [one for one in _named(recent, facts.remarks) if is_nearly(one.amount, facts.amount)],
            N_("The same reference and nearly the amount of %(number)s."),
        ),
        (
            _of(alike, misread(facts.amount)),
            N_("The same header as %(number)s of %(day)s, and its amount with one digit changed."),
        ),
        (
            _of(alike, slipped(facts.amount)),
            N_("The same header as %(number)s of %(day)s, and its amount with the decimal point moved."),
        ),
        (nearly, N_("The same header as %(number)s of %(day)s, and nearly its amount.")),
    ):
        if found:
            told = Message(words, number=found[0].number, day=found[0].submitted_on)
            return Check("duplicate", Outcome.WARN, told, _listed(found))
    return None


def _of(alike: list[Former], amounts: frozenset[Decimal]) -> list[Former]:
    return [one for one in alike if one.amount in amounts]


def is_nearly(amount: Decimal, other: Decimal) -> bool:
    """Whether two amounts are one in a hundred apart or less, of the greater one: the same whichever is first."""
    return abs(amount - other) <= max(amount, other) * NEARLY


def slips(amount: Decimal) -> frozenset[Decimal]:
    """The amounts that one slip makes of this one or this one of them: digits exchanged, one changed, a point moved."""
    return exchanges(amount) | misread(amount) | slipped(amount)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request tells whether it was applied for before: amount, name of the header, remarks."""

    amount: Decimal
    header_name: str
    remarks: str


def may_be_again(one: Asked, other: Asked) -> bool:
    """Whether `duplicate` speaks up for one of two requests beside the other."""
    if one.amount == other.amount:
        return True
    nearly = is_nearly(one.amount, other.amount)
    if nearly and name_the_same(one.remarks, other.remarks):
        return True
    return (nearly or other.amount in slips(one.amount)) and names.look_the_same(one.header_name, other.header_name)


def misread(amount: Decimal) -> frozenset[Decimal]:
    """The amounts that differ from this one in one digit; of round ones, none: there it is chance."""
    digits = str(int(amount / CENT))
    changed = {digits[:place] + other + digits[place + 1 :] for place in range(len(digits)) for other in "0123456789"}
    told = (text for text in changed if not text.startswith("0") and max(_told(text), _told(digits)) >= TOLD_DIGITS)
    return frozenset(int(text) * CENT for text in told) - {amount}


def _told(digits: str) -> int:
    return len(digits.rstrip("0"))


def slipped(amount: Decimal) -> frozenset[Decimal]:
    """The amounts with the decimal point one or two places beside this one's, to the cent."""
    moved = (amount * 10, amount * 100, amount / 10, amount / 100)
    return frozenset(one for one in moved if one >= CENT and one % CENT == 0)


def exchanges(amount: Decimal) -> frozenset[Decimal]:
    """The amounts that come of writing two neighbouring digits of this one the wrong way round, in either."""
    digits = str(int(amount / CENT))
    swapped = {
        digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :] for place in range(len(digits) - 1)
    }
    return frozenset(int(text) * CENT for text in swapped if not text.startswith("0")) - {amount}


def _named(recent: list[Former], remarks: str) -> list[Former]:
    return [one for one in recent if name_the_same(one.remarks, remarks)]


def _named_again(facts: Facts, recent: list[Former]) -> Check:
    """The same order or contract with any other amount is told, since it may be invoiced in parts."""
    named = _named(recent, facts.remarks)
    if named:
        told = Message(
            N_("Another amount than %(number)s of %(day)s, and the same reference: an order may be invoiced in parts."),
            number=named[0].number, day=named[0].submitted_on,
        )  # fmt: skip
        return Check("duplicate", Outcome.PASS, told, _listed(named))
    told = Message(
        N_(
            "Within %(days)s days of it no request has its amount or reference, nor nearly its amount with this header."
        ),
        days=DUPLICATE_DAYS,
    )
    return Check("duplicate", Outcome.PASS, told)


def _listed(found: list[Former]) -> tuple[Datum, ...]:
    return tuple(Datum(one.number, _said(one), one.number) for one in found[:LAST])


def _said(one: Former) -> Message:
    if one.taken_back:
        return Message(
            N_("%(amount)s, %(name)s, %(day)s, taken back whole by %(note)s"),
            amount=one.amount, name=one.header_name, day=one.submitted_on, note=one.taken_back,
        )  # fmt: skip
    return Message(
        N_("%(amount)s, %(name)s, %(day)s, %(state)s"),
        amount=one.amount, name=one.header_name, day=one.submitted_on, state=Message(STATE_LABELS[State(one.state)]),
    )  # fmt: skip


def history(facts: Facts) -> Check:
    """What became of the customer's last requests: rejected again and again warns."""
    last = list(facts.history[:LAST])
    rejected = sum(one.state == State.REJECTED for one in last)
    data = _listed(last)
    if not last:
        return Check("history", Outcome.PASS, Message(N_("This is the account's first request.")))
    said = {"rejected": rejected, "count": len(last)}
    if rejected >= NEARLY_ALWAYS:
        told = Message(N_("%(rejected)s of the last %(count)s requests were rejected: speak to the customer."), **said)
        return Check("history", Outcome.FAIL, told, data)
    if rejected >= TOO_OFTEN or (rejected == len(last) and rejected > 1):
        told = Message(N_("%(rejected)s of the last %(count)s requests were rejected."), **said)
        return Check("history", Outcome.WARN, told, data)
    told = Message(N_("Rejected of the last %(count)s requests: %(rejected)s."), **said)
    return Check("history", Outcome.PASS, told, data)
