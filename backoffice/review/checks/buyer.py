"""Checks of whom the invoice is made out to: payer against header, tax ID, what is new or changed in the header."""

from __future__ import annotations

from decimal import Decimal

from backoffice.errors import N_, Message
from backoffice.headers.rules import HeaderKind, TaxIdOutcome, tax_id_of
from backoffice.money import ZERO
from backoffice.requests.rules import FIELD_LABELS, FROZEN_HEADER_FIELDS, State
from backoffice.review.checks import names
from backoffice.review.checks.facts import WINDOW, Check, Datum, Facts, LastInvoice, Outcome

# A person who pays this much or more for an enterprise: the company's own books would not know the payment.
PERSON_LIMIT = Decimal(10_000)


def payer(facts: Facts) -> Check:
    """Whether who paid the recharges is who the invoice is made out to; of how much of the amount that is known."""
    header_name = facts.header["name"]
    paid: dict[str, Decimal] = {}
    for part in facts.parts:
        if part.payer:
            paid[part.payer] = paid.get(part.payer, ZERO) + part.amount
    unnamed = sum((part.amount for part in facts.parts if not part.payer), ZERO)
    data = (
        Datum(N_("Invoice Header"), header_name),
        *(Datum(name, amount) for name, amount in paid.items()),
        *((Datum(N_("No payer is named"), unnamed),) if paid and unnamed else ()),
        *(
            Datum(Message(N_("Paid for an invoice taken back whole by %(note)s"), note=note), name)
            for name, note in facts.payers_taken_back.items() if name in paid and not _is_buyer(facts, name)
        ),
    )  # fmt: skip
    outcome, told = _payers(facts, paid, unnamed)
    return Check("payer", outcome, told, data)


def _payers(facts: Facts, paid: dict[str, Decimal], unnamed: Decimal) -> tuple[Outcome, Message]:
    if not paid and not facts.parts and not facts.holds_money:
        return Outcome.PASS, Message(N_("The money went back to the account: who had paid it is not known any more."))
    if not paid:
        return Outcome.PASS, Message(N_("The platform names no payer for these recharges."))
    news = [name for name in paid if not _is_buyer(facts, name) and name not in facts.payers_known]
    if not news:
        return Outcome.PASS, _no_news(facts, paid, unnamed)
    persons = [name for name in news if names.is_persons(name)]
    by_persons = sum((paid[name] for name in persons), ZERO)
    if persons and facts.header["kind"] != HeaderKind.PERSONAL and by_persons >= PERSON_LIMIT:
        if len(persons) == 1:
            said = N_("%(payer)s, a person by the name, paid %(amount)s for an organisation.")
            return Outcome.FAIL, Message(said, payer=persons[0], amount=by_persons)
        most = max(persons, key=lambda name: paid[name])
        said = N_(
            "Persons by their names, %(count)s of them, paid %(amount)s for an organisation; the most, %(most)s, was"
            " paid by %(payer)s."
        )
        return Outcome.FAIL, Message(said, count=len(persons), amount=by_persons, most=paid[most], payer=most)
    return _other_payers(facts, news, facts.header["name"])


def _no_news(facts: Facts, paid: dict[str, Decimal], unnamed: Decimal) -> Message:
    """What passes, and of how much of the amount that speaks where the platform does not name every payer."""
    is_buyers = all(_is_buyer(facts, name) for name in paid)
    if not unnamed:
        return Message(
            N_("The payer is the buyer of the invoice.") if is_buyers
            else N_("Another payer than the buyer, as on earlier invoices with this header.")
        )  # fmt: skip
    known = sum(paid.values(), ZERO)
    return Message(
        N_("Of %(known)s of %(amount)s the payer is the buyer of the invoice; of the rest the platform names no payer.")
        if is_buyers
        else N_(
            "Of %(known)s of %(amount)s the payer is known, if not the buyer then from earlier invoices with this"
            " header; of the rest the platform names no payer."
        ),
        known=known, amount=known + unnamed,
    )  # fmt: skip


def _is_buyer(facts: Facts, name: str) -> bool:
    is_person = facts.header["kind"] == HeaderKind.PERSONAL
    return names.same(name, facts.header["name"], is_person=is_person)


def _other_payers(facts: Facts, news: list[str], header_name: str) -> tuple[Outcome, Message]:
    """Payers of another name than the buyer's, whom no earlier invoice links with this header.

    The customer itself is one as well: whether the buyer is its company, nobody has looked at yet.
    """
    # The one that is furthest from the buyer is told.
    told_of = next((name for name in news if not names.similar(name, header_name)), news[0])
    said = {"payer": told_of, "buyer": header_name}
    if all(names.same(name, facts.account_name) for name in news):
        if facts.header["kind"] == HeaderKind.PERSONAL:
            told = N_("The customer itself, %(payer)s, paid; the invoice is made out to a person.")
            return Outcome.WARN, Message(told, **said)
        if not all(names.are_comparable(name, header_name) for name in news):
            told = N_(
                "The customer itself paid; the invoice is made out to another name. In different scripts they"
                " cannot be compared, and no earlier invoice links them."
            )
            return Outcome.WARN, Message(told)
        told = N_(
            "The customer itself paid; the invoice is made out to another name. No earlier invoice links the two."
        )
        return Outcome.WARN, Message(told)
    if names.similar(told_of, header_name):
        return Outcome.WARN, Message(N_("%(payer)s paid for %(buyer)s: similar names, not the same."), **said)
    return Outcome.WARN, Message(N_("%(payer)s paid, and the invoice is made out to %(buyer)s."), **said)


def tax_id(facts: Facts) -> Check:
    """Whether the tax ID has a right form and check digit; an ID that an invoice already bears is no news."""
    told_id = facts.header.get("tax_id", "")
    data = (Datum(N_("Tax ID"), told_id),) if told_id else ()
    result = tax_id_of(facts.header)
    if result is None:
        if told_id:
            told = Message(N_("A person's or a foreign number: there is no check digit to compare."))
        elif facts.header["kind"] == HeaderKind.ENTERPRISE:
            return Check("tax_id", Outcome.FAIL, Message(N_("An enterprise without a tax ID.")))
        else:
            told = Message(N_("No tax ID, and none is needed."))
        return Check("tax_id", Outcome.PASS, told, data)
    if result.outcome == TaxIdOutcome.VALID:
        return Check("tax_id", Outcome.PASS, Message(N_("The check digit fits.")), data)
    if result.suggestion:
        data = (*data, Datum(N_("Perhaps meant"), result.suggestion))
    if result.doubt:
        data = (*data, Datum(N_("What is unusual"), result.doubt))
    if result.outcome == TaxIdOutcome.WRONG_FORM:
        return Check("tax_id", Outcome.FAIL, result.message, data)
    last, gone = facts.last_invoice, facts.last_taken_back
    if gone is not None and gone.header.get("tax_id") == told_id:
        data = (*data, _taken_back(gone))
    if last is not None and last.header.get("tax_id") == told_id:
        told = Message(N_("Unusual, but invoice %(number)s bears it already."), number=last.number)
        return Check("tax_id", Outcome.PASS, told, (*data, Datum(N_("What is unusual"), result.message)))
    return Check("tax_id", Outcome.WARN, result.message, data)


def header(facts: Facts) -> Check:
    """Whether the header is new, or says something else than on the last invoice that was made out with it."""
    last, gone = facts.last_invoice, facts.last_taken_back
    if last is None:
        return _new_header(facts)
    beside = (_taken_back(gone),) if gone is not None else ()
    changed = [
        name for name in FROZEN_HEADER_FIELDS if name in last.header and last.header[name] != facts.header.get(name, "")
    ]
    since = {"number": last.number, "day": last.on}
    if not changed:
        told = Message(
            N_("As on invoice %(number)s of %(day)s.") if last.own
            else N_("Made anew, and as on invoice %(number)s of %(day)s."), **since,
        )  # fmt: skip
        return Check("header", Outcome.PASS, told, beside)
    data = (
        *(
            Datum(
                Message(FIELD_LABELS[name]),
                Message(N_("%(before)s → %(now)s"), before=last.header[name] or "—", now=facts.header.get(name) or "—"),
            )
            for name in changed
        ),
        *beside,
    )
    if "tax_id" in changed and "name" in changed:
        told = Message(N_("Another company than on invoice %(number)s of %(day)s: name and tax ID changed."), **since)
        return Check("header", Outcome.FAIL, told, data)
    told = Message(
        N_("Changed since invoice %(number)s of %(day)s.") if last.own
        else N_("Made anew under the same name, and changed since the last invoice, %(number)s of %(day)s."), **since,
    )  # fmt: skip
    return Check("header", Outcome.WARN, told, data)


def _taken_back(gone: LastInvoice) -> Datum:
    """An invoice that would be compared with, if a credit note had left anything of it."""
    told = Message(N_("%(number)s, whole, by %(note)s"), number=gone.number, note=gone.taken_back)
    return Datum(N_("Taken back"), told)


def _new_header(facts: Facts) -> Check:
    """No invoice has it: a twin of a header in use is likely a slip of the pen, another one just new."""
    name = facts.header["name"]
    for former in facts.precedents:
        if former.header_id == facts.header_id or former.header_name == name or former.state != State.ISSUED:
            continue
        mine, other = names.looks(name), names.looks(former.header_name)
        # One sign apart in a longer name; in a short one that is another name.
        if mine == other or (len(mine) >= 5 and names.distance(mine, other, 1) == 1):
            told = Message(N_("New, and nearly the name on an earlier invoice: %(name)s."), name=former.header_name)
            return Check(
                "header", Outcome.FAIL, told,
                (Datum(N_("Invoice Header"), name), Datum(N_("Earlier invoice"), former.header_name, former.number)),
            )  # fmt: skip
    if not facts.history and not facts.granted:
        told = Message(N_("The account's first request: nothing to compare the header with."))
        return Check("header", Outcome.WARN, told)
    gone = facts.last_taken_back
    if gone is not None:
        told = Message(
            N_("No invoice with it stands: %(number)s of %(day)s was taken back whole by %(note)s."),
            number=gone.number, day=gone.on, note=gone.taken_back,
        )  # fmt: skip
        return Check("header", Outcome.WARN, told)
    told = Message(N_("New: none of the account's last %(count)s invoices is made out with it."), count=WINDOW)
    return Check("header", Outcome.WARN, told)
