"""Check of where the invoice is mailed to: a domain that is new, or misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backoffice.errors import N_, Message
from backoffice.review.checks.facts import WINDOW, Check, Datum, Facts, Outcome
from backoffice.review.checks.names import distance

PROVIDERS = (
    "qq.com", "163.com", "126.com", "139.com", "sina.com", "sohu.com", "foxmail.com", "aliyun.com", "yeah.net",
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "live.com", "protonmail.com", "gmx.de",
)  # fmt: skip
# In a domain this short a different letter is rather another domain than a slip.
_SHORTEST = 6
# So may be a name before the @.
_SHORTEST_NAME = 4


def domain_of(address: str) -> str:
    """What stands behind the @, in lower case."""
    return address.rpartition("@")[2].casefold()


def email(facts: Facts) -> Check:
    """Whether the domains are known; a new one that is one letter beside a known domain or a large provider's fails.

    Known are those of the account's people and of what was approved. That somebody applied with an address before says
    nothing: it may have been misspelt then as well. At a large provider, where anybody may be, the whole address has to
    be known; one letter beside a known one it fails, and is doubted at any other domain.
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
    for address, meant in _misspelt(facts):
        told = Message(N_("%(address)s is new and one letter beside %(meant)s."), address=address, meant=meant)
        outcome = Outcome.FAIL if domain_of(address) in PROVIDERS else Outcome.WARN
        return Check("email", outcome, told, data)
    if news:
        told = Message(
            N_("%(domain)s is new: none of the last %(count)s invoices went there, and nobody of the account uses it."),
            domain=news[0], count=WINDOW,
        )  # fmt: skip
        return Check("email", Outcome.WARN, told, data)
    at_providers = _new_at_providers(facts)
    if at_providers:
        told = Message(
            N_("%(address)s is new: none of the last %(count)s invoices went there, and anybody may use its domain."),
            address=at_providers[0], count=WINDOW,
        )  # fmt: skip
        return Check("email", Outcome.WARN, told, data)
    told = Message(N_("A domain that approved invoices go to, or that the account's people have."))
    return Check("email", Outcome.PASS, told, data)


def _new_at_providers(facts: Facts) -> list[str]:
    """The addresses at large providers that are not known themselves."""
    known, wanted = _folded(facts.addresses_known), _folded((facts.email, *facts.copies))
    return [address for address in wanted if address not in known and domain_of(address) in PROVIDERS]


def _misspelt(facts: Facts) -> Iterator[tuple[str, str]]:
    """The addresses that are not known and one letter beside a known one of their domain, each with that one.

    Those at providers come first.
    """
    known, wanted = sorted(_folded(facts.addresses_known)), _folded((facts.email, *facts.copies))
    for address in sorted(wanted, key=lambda address: domain_of(address) not in PROVIDERS):
        name, _, domain = address.rpartition("@")
        if address in known or len(name) < _SHORTEST_NAME:
            continue
        meant = (other for other in known if domain_of(other) == domain and distance(address, other, 1) == 1)
        yield from ((address, other) for other in meant)


def _folded(addresses: Iterable[str]) -> dict[str, None]:
    """Each address once and without case, in their order."""
    return dict.fromkeys(address.casefold() for address in addresses)


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
