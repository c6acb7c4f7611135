"""Check of where the invoice is mailed to: a domain that is new, or misspelt."""

from __future__ import annotations

from collections.abc import Iterable

from backoffice.errors import N_, Message
from backoffice.review.checks.facts import WINDOW, Check, Datum, Facts, Outcome
from backoffice.review.checks.names import distance

PROVIDERS = (
    "qq.com", "163.com", "126.com", "139.com", "sina.com", "sohu.com", "foxmail.com", "aliyun.com", "yeah.net",
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com", "protonmail.com", "gmx.de",
)  # fmt: skip
# In a domain this short a different letter is rather another domain than a slip.
_SHORTEST = 6


def domain_of(address: str) -> str:
    """What stands behind the @, in lower case."""
    return address.rpartition("@")[2].casefold()


def email(facts: Facts) -> Check:
    """Whether the domains are known; a new one that is one letter beside a known domain or a large provider's fails.

    Known are those of the account's people and of what was approved. That somebody applied with an address before says
    nothing: it may have been misspelt then as well.
    """
    known = {domain_of(address) for address in facts.addresses_known}
    wanted = list(dict.fromkeys(map(domain_of, (facts.email, *facts.copies))))
    data = (
        *(Datum(N_("Receiving Email"), address) for address in (facts.email, *facts.copies)),
        Datum(N_("Known domains"), ", ".join(sorted(known)[:5]) or "—"),
    )
    news = [domain for domain in wanted if domain not in known]
    data = (*data, *_taken_back(facts, news))
    for domain in news:
        meant = _meant(domain, (*sorted(known), *PROVIDERS))
        if meant:
            told = Message(N_("%(domain)s is new and one letter beside %(meant)s."), domain=domain, meant=meant)
            return Check("email", Outcome.FAIL, told, data)
    if news:
        told = Message(
            N_("%(domain)s is new: none of the last %(count)s invoices went there, and nobody of the account uses it."),
            domain=news[0], count=WINDOW,
        )  # fmt: skip
        return Check("email", Outcome.WARN, told, data)
    told = Message(N_("A domain that approved invoices go to, or that the account's people have."))
    return Check("email", Outcome.PASS, told, data)


def _taken_back(facts: Facts, news: list[str]) -> tuple[Datum, ...]:
    """The last invoice that would make a domain known, if a credit note had left anything of it."""
    for one in facts.granted:
        address = next((address for address in one.addresses if domain_of(address) in news), None)
        if one.taken_back and address is not None:
            return (Datum(Message(N_("Taken back whole by %(note)s"), note=one.taken_back), address, one.number),)
    return ()


def _meant(domain: str, others: Iterable[str]) -> str | None:
    """The domain that was likely meant: one edit or two swapped letters away."""
    if domain in PROVIDERS:
        return None
    return next((other for other in others if len(other) >= _SHORTEST and distance(domain, other, 1) == 1), None)
