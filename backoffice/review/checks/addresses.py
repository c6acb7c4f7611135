"""Check of where the invoice is mailed to: a domain that is new, or misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from backoffice.errors import N_, Message
from backoffice.review.checks.facts import WINDOW, Check, Datum, Facts, Outcome
from backoffice.review.checks.names import distance
from backoffice.review.checks.providers import LARGE, is_provider

# In a domain this short a different letter is rather another domain than a slip.
_SHORTEST = 6
# So may be a name before the @, and a short one has other owners under other endings.
_SHORTEST_NAME = 4
# Letters that are one another to the eye: single ones first, as two of them may be a third together (c1, cl, d).
_LOOKS = (("0", "o"), ("1", "l"), ("i", "l"), ("rn", "m"), ("vv", "w"), ("cl", "d"))
# An ending has two parts where the first is one of these: lumen.com.cn.
_BEFORE_COUNTRIES = frozenset({"com", "co", "net", "org", "gov", "edu", "ac", "or", "ne", "go"})


def domain_of(address: str) -> str:
    """What stands behind the @, in lower case."""
    return address.rpartition("@")[2].casefold()


def email(facts: Facts) -> Check:
    """Whether the domains are known; a new one that is one letter beside a known domain or a large provider's, looks
    like it, or is it with another ending, fails.

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
        if told := _mistaken(domain, (*sorted(known), *LARGE)):
            return Check("email", Outcome.FAIL, told, data)
    for address, meant in _misspelt(facts):
        told = Message(N_("%(address)s is new and one letter beside %(meant)s."), address=address, meant=meant)
        outcome = Outcome.FAIL if is_provider(domain_of(address)) else Outcome.WARN
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
    return [address for address in wanted if address not in known and is_provider(domain_of(address))]


def _misspelt(facts: Facts) -> Iterator[tuple[str, str]]:
    """The addresses that are not known and one letter beside a known one of their domain, each with that one.

    Those at providers come first.
    """
    known, wanted = sorted(_folded(facts.addresses_known)), _folded((facts.email, *facts.copies))
    for address in sorted(wanted, key=lambda address: not is_provider(domain_of(address))):
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


def _mistaken(domain: str, others: Sequence[str]) -> Message | None:
    """For which other domain a new one may be taken: one edit or two swapped letters away, alike to the eye, or the
    same but for its ending. What stands before a name that somebody registered makes it no other's."""
    if is_provider(domain):
        return None
    for said, is_meant in (
        (N_("%(domain)s is new and one letter beside %(meant)s."), _is_misspelt),
        (N_("%(domain)s is new and looks like %(meant)s."), _looks_like),
        (N_("%(domain)s is new, and %(meant)s with another ending."), _ends_otherwise),
    ):
        for other in others:
            for one, meant in _compared(domain, other):
                if len(meant) >= _SHORTEST and is_meant(one, meant):
                    return Message(said, domain=domain, meant=meant)
    return None


def _compared(domain: str, other: str) -> Iterator[tuple[str, str]]:
    """Two domains as they are, and as they were registered, unless that is the very same name."""
    yield domain, other
    registered = _registered(domain), _registered(other)
    if registered[0] != registered[1] and registered != (domain, other):
        yield registered


def _is_misspelt(domain: str, other: str) -> bool:
    return distance(domain, other, 1) == 1


def _looks_like(domain: str, other: str) -> bool:
    return _seen(domain) == _seen(other)


def _seen(domain: str) -> str:
    for letters, one in _LOOKS:
        domain = domain.replace(letters, one)
    return domain


def _ends_otherwise(domain: str, other: str) -> bool:
    name = _name(other)
    # lumen.com.evil.com, and lumen-com.com.
    is_added = _seen(domain).startswith(f"{_seen(other)}.") or _seen(_name(domain)) == _seen(other.replace(".", "-"))
    return len(name) >= _SHORTEST_NAME and (is_added or _seen(_name(domain)) == _seen(name))


def _name(domain: str) -> str:
    """A domain without its ending, of one part or two."""
    labels = domain.split(".")
    return ".".join(labels[: -_ending(labels)])


def _registered(domain: str) -> str:
    """The ending of a domain with the one name before it."""
    labels = domain.split(".")
    return ".".join(labels[-_ending(labels) - 1 :])


def _ending(labels: Sequence[str]) -> int:
    return 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _BEFORE_COUNTRIES else 1
