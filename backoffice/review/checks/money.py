"""Checks of the money: balance, the recharges it comes from, refunds, the usual amount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from backoffice.errors import N_, Message
from backoffice.money import CENT, ZERO
from backoffice.review.checks.facts import Check, Datum, Facts, Former, Outcome, Paid, Value

# Recharges that are named one by one: the request's page has them all.
SHOWN = 20
# Fewer earlier approvals say nothing of what is usual.
FEWEST, MOST = 5, 50
# Above so many robust deviations from the median, and so many times the median: both, since a customer who always
# asks for about the same has a tiny deviation.
UNUSUAL_DEVIATIONS, UNUSUAL_TIMES = Decimal(6), Decimal(3)
EXTREME_DEVIATIONS, EXTREME_TIMES = Decimal(20), Decimal(10)
# Makes the median of absolute deviations comparable with a standard deviation.
_NORMAL = Decimal("1.4826")


def balance(facts: Facts) -> Check:
    """Whether the account's money covers the request: short or below zero fails, invoice debt elsewhere warns."""
    if not facts.is_open:
        return _closed(facts)
    data = (
        Datum(N_("Balance before"), facts.balance_before),
        Datum(N_("Amount"), facts.amount),
        Datum(N_("Balance after"), facts.balance_after),
    )
    if facts.short > 0:
        told = Message(N_("A refund took %(short)s away from this request."), short=facts.short)
        return Check("balance", Outcome.FAIL, told, (*data, Datum(N_("Short"), facts.short)))
    if facts.holds_money and facts.balance_after < 0:
        told = Message(N_("The account is below zero: more was refunded than it has left to invoice."))
        return Check("balance", Outcome.FAIL, told, (*data, Datum(N_("Invoice debt"), facts.debt)))
    if facts.debt > 0:
        told = Message(N_("The account has an invoice debt of %(debt)s: a credit note is due."), debt=facts.debt)
        return Check("balance", Outcome.WARN, told, (*data, Datum(N_("Invoice debt"), facts.debt)))
    if not facts.holds_money:
        return Check("balance", Outcome.PASS, Message(N_("This request holds no money any more.")), data)
    told = Message(N_("Covered: %(after)s can still be invoiced afterwards."), after=facts.balance_after)
    return Check("balance", Outcome.PASS, told, data)


def _closed(facts: Facts) -> Check:
    """The balance of the day of the decision is not kept: today's says nothing of it."""
    data = (Datum(N_("Amount"), facts.amount), Datum(N_("Account balance today"), facts.balance_after))
    if facts.holds_money:
        told = Message(N_("Covered when it was issued; what else could be invoiced then is not known any more."))
    else:
        told = Message(N_("This request holds no money any more."))
    return Check("balance", Outcome.PASS, told, data)


def recharges(facts: Facts) -> Check:
    """Whether recharges stand behind every cent, taxed as the invoice wants it, and it is known how they were paid."""
    data = _listed(facts.parts)
    allocated = sum((part.amount for part in facts.parts), ZERO)
    if not facts.holds_money:
        return Check("recharges", Outcome.PASS, Message(N_("The money went back to the account.")))
    if allocated != facts.amount:
        told = Message(
            N_("Recharges stand behind %(allocated)s of %(amount)s only."), allocated=allocated, amount=facts.amount
        )
        return Check("recharges", Outcome.FAIL, told, data)
    if facts.untaxed_on is not None:
        told = Message(
            N_("VAT special is asked for, and the recharge of %(day)s is not taxed at a rate."), day=facts.untaxed_on
        )
        return Check("recharges", Outcome.FAIL, told, data)
    unknown = [part.external_id for part in facts.parts if not _paid(part)]
    if unknown:
        told = Message(N_("Neither channel nor payer is known of %(recharges)s."), recharges=_some(unknown))
        return Check("recharges", Outcome.WARN, told, data)
    told = Message(N_("Fully paid; recharges it is taken from: %(count)s."), count=len(facts.parts))
    return Check("recharges", Outcome.PASS, told, data)


def _listed(parts: Sequence[Paid]) -> tuple[Datum, ...]:
    """Recharges with how they were paid, those first of which it is not known; of very many the rest as one sum."""
    first = sorted(parts, key=lambda part: bool(_paid(part)))
    data = tuple(
        Datum(part.external_id, Message(N_("%(amount)s, %(paid)s"), amount=part.amount, paid=_paid(part) or "—"))
        for part in first[:SHOWN]
    )
    rest = first[SHOWN:]
    if not rest:
        return data
    told = Message(
        N_("%(amount)s of %(count)d recharges"), amount=sum((one.amount for one in rest), ZERO), count=len(rest)
    )
    return (*data, Datum(N_("And the rest"), told))


def _paid(part: Paid) -> str:
    return ", ".join(text for text in (part.channel, part.payer) if text)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def refund(facts: Facts) -> Check:
    """Whether its recharges were refunded after the application, or are about to be."""
    data = tuple(
        Datum(
            one.external_id,
            Message(
                N_("%(amount)s of %(recharge)s, %(day)s") if one.completed
                else N_("%(amount)s of %(recharge)s, %(day)s, not completed yet"),
                amount=one.amount, recharge=one.recharge, day=one.on,
            ),
        )
        for one in facts.refunds
    )  # fmt: skip
    if facts.short > 0:
        told = Message(N_("After a refund, %(short)s of this request is not covered."), short=facts.short)
        return Check("refund", Outcome.FAIL, told, data)
    if any(one.completed for one in facts.refunds):
        told = Message(N_("Money of its recharges was refunded after the application; it is still covered."))
        return Check("refund", Outcome.WARN, told, data)
    if facts.refunds:
        told = Message(N_("A refund of its recharges is on its way. It may leave the request short."))
        return Check("refund", Outcome.WARN, told, data)
    return Check("refund", Outcome.PASS, Message(N_("Nothing was refunded since the application.")))


def amount(facts: Facts) -> Check:
    """Whether the amount is above all that was ever granted to this customer, and far above the usual (by medians).

    What is usual the last `MOST` say. What merely was asked for is no precedent: it may have been a slip of the comma
    as well. Nor is what a credit note took back: each counts with what is left of it.
    """
    earlier = [one.left for one in facts.precedents]
    compared = earlier[:MOST]
    if len(compared) < FEWEST:
        return _hardly_comparable(facts, earlier)
    usual = Decimal(median(compared)).quantize(CENT)
    deviation = max(Decimal(median(abs(one - usual) for one in compared)) * _NORMAL, usual / 20, CENT)
    data: tuple[Datum, ...] = (
        Datum(N_("Amount"), facts.amount),
        Datum(N_("Usual (median)"), usual),
        Datum(
            Message(N_("Highest of the last %(count)s"), count=len(compared)), _left(_highest(facts.precedents[:MOST]))
        ),
    )
    times, deviations = facts.amount / usual, (facts.amount - usual) / deviation
    said = {"times": f"{times:.1f}", "usual": usual}
    if facts.as_high is not None:
        data = (*data, Datum(N_("As high before"), _left(facts.as_high), facts.as_high.number))
    else:
        data = (*data, *_taken_back(facts, max(earlier)))
    if facts.as_high is not None or facts.amount <= max(earlier):
        return Check("amount", Outcome.PASS, Message(N_("As much was approved for this customer before.")), data)
    if times > EXTREME_TIMES and deviations > EXTREME_DEVIATIONS:
        told = Message(N_("%(times)s times the usual amount of %(usual)s: nothing like it before."), **said)
        return Check("amount", Outcome.FAIL, told, data)
    if times > UNUSUAL_TIMES and deviations > UNUSUAL_DEVIATIONS:
        told = Message(N_("%(times)s times the usual amount of %(usual)s."), **said)
        return Check("amount", Outcome.WARN, told, data)
    return Check("amount", Outcome.PASS, Message(N_("More than ever, but not far beyond the usual.")), data)


def _highest(precedents: Sequence[Former]) -> Former:
    return max(precedents, key=lambda one: one.left)


def _left(one: Former) -> Value:
    """How high a precedent is, and where that is less than its invoice, why."""
    if not one.credited:
        return one.amount
    said = {"left": one.left, "invoice": one.invoice, "notes": one.notes}
    return Message(N_("%(left)s: %(invoice)s less %(notes)s"), **said)


def _taken_back(facts: Facts, highest: Decimal) -> tuple[Datum, ...]:
    """What would show that as much was approved before, if credit notes had left enough of it."""
    high = (one for one in facts.granted if one.credited or one.taken_back)
    gone = next((one for one in high if one.amount >= facts.amount > highest), None)
    if gone is None:
        return ()
    if gone.taken_back:
        return (Datum(Message(N_("Taken back whole by %(note)s"), note=gone.taken_back), gone.amount, gone.number),)
    return (Datum(N_("Taken back in part"), _left(gone), gone.number),)


def _hardly_comparable(facts: Facts, earlier: Sequence[Decimal]) -> Check:
    """So few were approved that these are all of them. High by itself is what the policy asks two reviewers for."""
    highest = max(earlier, default=ZERO)
    is_high = facts.high is not None and facts.amount >= facts.high
    count = Datum(N_("Approved before"), str(len(earlier)))
    if facts.amount > highest and (is_high or (earlier and facts.amount > highest * EXTREME_TIMES)):
        told = Message(N_("A high amount, and too few approved requests of this customer to compare it with."))
        return Check(
            "amount", Outcome.WARN, told,
            (Datum(N_("Amount"), facts.amount),
             Datum(N_("Highest so far"), _left(_highest(facts.precedents)) if earlier else ZERO), count,
             *_taken_back(facts, highest)),
        )  # fmt: skip
    told = Message(N_("Too few approved requests of this customer to compare it with."))
    return Check("amount", Outcome.PASS, told, (count,))
