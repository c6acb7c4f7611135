"""What the platform tells of its accounts, in any order; the slow books say what should become of each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from backoffice import clock
from backoffice.ledger.rules import Line
from backoffice.money import from_minor
from tests.ledger.slow_books import SlowBooks, SlowRecharge
from tests.support.office import Office

CENTS = st.integers(min_value=100, max_value=30_000)
STATUS = st.sampled_from(["completed"] * 3 + ["pending"])
ENDS = st.sampled_from(["completed", "completed", "failed"])
KINDS = ("recharge", "refund", "grant", "consumption")
LINES = st.sampled_from(["recharge", "recharge", "refund", "refund", "refund", "finish", "finish a refund", "aside"])
# The platform tells of what happened some hours ago, before or after what it told before.
BACK = st.sampled_from([0, 0, 0, 5, 11, 30, 70])
# Most happens to one account, so that much happens to it.
WHOSE = st.sampled_from([0, 0, 0, 1])
_accounts = count(1)


class Account:
    """One customer account of an example, in the product and in the model."""

    def __init__(self, office: Office) -> None:
        self.office, self.books = office, SlowBooks()
        number = next(_accounts)
        self.code = f"m{number}"
        self.person = office.newcomer(self.code)
        self.account_id: int = self.person.account_id or 0

    def id_of(self, name: str) -> str:
        """The external id of what the model calls `name`."""
        return f"{self.code}-{name}"


def money(cents: int) -> str:
    """Cents as people type them."""
    return str(from_minor(cents))


@dataclass(frozen=True)
class Telling:
    """A line that the platform tells, and what the slow books make of it: they say the outcome."""

    line: Line
    take: Callable[[], str]


class Platform(RuleBasedStateMachine):
    """Lines about a few accounts, booked by the product and by the slow books."""

    office: Office  # given by the test
    names: Iterator[int]
    told: list[Line]  # what the books took last of each id
    accounts: list[Account]
    recharges = Bundle("recharges")
    early = Bundle("early")

    @rule(target=recharges, of=WHOSE, cents=CENTS, status=STATUS, back=BACK)
    def recharge(self, of: int, cents: int, status: str, back: int) -> tuple[int, str]:
        return self._recharge(of, f"R-{next(self.names)}", cents, status, back)

    @rule(target=early, of=WHOSE, cents=CENTS, status=STATUS)
    def refund_before_its_recharge(self, of: int, cents: int, status: str) -> tuple[int, str]:
        name = f"R-{next(self.names)}"
        self._book(self._refund(of, name, cents, status))
        return of, name

    @rule(told=early, cents=CENTS, status=STATUS)
    def another_refund_before_its_recharge(self, told: tuple[int, str], cents: int, status: str) -> None:
        self._book(self._refund(*told, cents, status))

    @rule(target=recharges, told=consumes(early), cents=CENTS, is_tight=st.booleans(), back=BACK)
    def recharge_after_its_refund(
        self, told: tuple[int, str], cents: int, is_tight: bool, back: int
    ) -> tuple[int, str]:
        """Of several refunds that wait, a tight recharge has room for the largest alone: their order matters."""
        waiting = [refund.cents for refund in self.accounts[told[0]].books.waiting(told[1])]
        return self._recharge(*told, max(waiting) if waiting and is_tight else cents, "completed", back)

    @rule(which=recharges, status=ENDS, back=BACK)
    def finish(self, which: tuple[int, str], status: str, back: int) -> None:
        self._book(self._finish(which, status, back))

    @rule(which=recharges, cents=CENTS, status=STATUS)
    def refund(self, which: tuple[int, str], cents: int, status: str) -> None:
        self._book(self._refund(*which, cents, status))

    @rule(which=recharges)
    def refund_all(self, which: tuple[int, str]) -> None:
        account, recharge = self._found(which)
        told = sum(each.cents for each in account.books.waiting(recharge.name))
        self._book(self._refund(*which, max(1, recharge.left - told), "completed"))

    @rule(data=st.data(), status=ENDS)
    def finish_a_refund(self, data: st.DataObject, status: str) -> None:
        refunds = self._refunds()
        if refunds:
            self._book(self._finish_refund(*data.draw(st.sampled_from(refunds)), status))

    @rule(data=st.data(), cents=CENTS)
    def refund_what_is_spoken_for(self, data: st.DataObject, cents: int) -> None:
        spoken_for = [
            (of, each.name)
            for of, account in enumerate(self.accounts)
            for each in account.books.completed()
            if account.books.spoken_for(each, "pending", "approved", "issued") and each.left > 100
        ]
        if spoken_for:
            of, name = data.draw(st.sampled_from(spoken_for))
            self._book(self._refund(of, name, min(cents, self._found((of, name))[1].left), "completed"))

    @rule(data=st.data(), otherwise=st.sampled_from(["account", "account", "amount", "kind", "recharge"]), cents=CENTS)
    def tell_it_otherwise(self, data: st.DataObject, otherwise: str, cents: int) -> None:
        """What the books took is told once more, and one thing of it is another one: they stay as they are.

        Another currency never comes this far: it is refused where the line is read.
        """
        line = data.draw(st.sampled_from(self.told))
        others: dict[str, dict[str, Any]] = {
            "account": {"account": next(each.code for each in self.accounts if each.code != line.account)},
            "amount": {"amount": line.amount + from_minor(cents)},
            "kind": {"kind": data.draw(st.sampled_from([each for each in KINDS if each != line.kind]))},
            "recharge": {"refund_of": f"{line.refund_of or line.external_id}-other"},
        }
        (result,) = self.office.book(replace(line, **others[otherwise]))
        assert result.outcome == "conflict", (line, otherwise)

    @rule(of=WHOSE, kind=st.sampled_from(["grant", "consumption"]), cents=CENTS)
    def tell_of_what_is_never_invoiceable(self, of: int, kind: str, cents: int) -> None:
        self._book(self._aside(of, kind, cents))

    @rule(data=st.data())
    def tell_all_lately_told_again(self, data: st.DataObject) -> None:
        lines = data.draw(st.lists(st.sampled_from(self.told), min_size=1, max_size=9))
        assert {result.outcome for result in self.office.book(*lines)} == {"unchanged"}

    @rule(
        target=recharges, data=st.data(), batch=st.lists(st.tuples(LINES, WHOSE, CENTS, STATUS), min_size=2, max_size=9)
    )
    def tell_many_lines_at_once(self, data: st.DataObject, batch: list[tuple[str, int, int, str]]) -> Any:
        """A batch of anything: its refunds may be of its own recharges, told before or after them."""
        new = [(of, f"R-{next(self.names)}") for what, of, _, _ in batch if what == "recharge"]
        known = [(of, each.name) for of, account in enumerate(self.accounts) for each in account.books.recharges]
        names, refunds = iter(new), self._refunds()
        tellings = []
        for what, of, cents, status in batch:
            if what == "recharge":
                tellings.append(self._new_recharge(*next(names), cents, status, data.draw(BACK)))
            elif what == "refund":
                tellings.append(self._refund(*data.draw(st.sampled_from([*known, *new])), cents, status))
            elif what == "finish a refund" and refunds:
                tellings.append(self._finish_refund(*data.draw(st.sampled_from(refunds)), data.draw(ENDS)))
            elif what == "finish":
                tellings.append(self._finish(data.draw(st.sampled_from(known)), data.draw(ENDS), data.draw(BACK)))
            else:
                tellings.append(self._aside(of, data.draw(st.sampled_from(["grant", "consumption"])), cents))
        self._book(*tellings)
        return multiple(*new)

    def _book(self, *tellings: Telling) -> None:
        """Both books take the lines; the slow ones one after the other."""
        results = self.office.book(*(telling.line for telling in tellings))
        for telling, result in zip(tellings, results, strict=True):
            assert result.outcome == telling.take(), (telling.line, result.reason)
            if result.outcome in ("added", "updated"):
                self.told = [each for each in self.told if each.external_id != telling.line.external_id]
                self.told.append(telling.line)

    def _recharge(self, of: int, name: str, cents: int, status: str, back: int = 0) -> tuple[int, str]:
        self._book(self._new_recharge(of, name, cents, status, back))
        return of, name

    def _new_recharge(self, of: int, name: str, cents: int, status: str, back: int = 0) -> Telling:
        books, when = self.accounts[of].books, clock.now() - timedelta(hours=back)
        line = self._line("recharge", (of, name), cents, status, when=when)
        return Telling(line, lambda: books.recharge(name, cents, status, when))

    def _finish(self, which: tuple[int, str], status: str, back: int) -> Telling:
        (account, recharge), when = self._found(which), clock.now() - timedelta(hours=back)
        line = self._line("recharge", which, recharge.cents, status, when=when)
        return Telling(line, lambda: account.books.finish(recharge, status, when))

    def _refund(self, of: int, recharge: str, cents: int, status: str) -> Telling:
        books, name = self.accounts[of].books, f"F-{next(self.names)}"
        line = self._line("refund", (of, name), cents, status, recharge)
        return Telling(line, lambda: books.refund(recharge, name, cents, status))

    def _refunds(self) -> list[tuple[int, str]]:
        return [(of, each.name) for of, account in enumerate(self.accounts) for each in account.books.refunds]

    def _finish_refund(self, of: int, name: str, status: str) -> Telling:
        books = self.accounts[of].books
        refund = next(each for each in books.refunds if each.name == name)
        same = [each for each in self.told if each.external_id == self._id((of, name)) and each.status == status]
        # Told again with another date, a completed one would be a conflict, as a recharge is.
        line = same[0] if same else self._line("refund", (of, name), refund.cents, status, refund.of)
        return Telling(line, lambda: books.finish_refund(name, status))

    def _aside(self, of: int, kind: str, cents: int) -> Telling:
        books = self.accounts[of].books
        line = self._line(kind, (of, f"N-{next(self.names)}"), cents, "completed")
        return Telling(line, lambda: books.put_aside(kind, cents))

    def _line(
        self, kind: str, which: tuple[int, str], cents: int, status: str, refund_of: str | None = None,
        when: datetime | None = None,
    ) -> Line:  # fmt: skip
        of = self._id((which[0], refund_of)) if refund_of else None
        return self.office.line(
            kind, money(cents), self._id(which), to=self.accounts[which[0]].code, status=status, refund_of=of,
            occurred_at=when or clock.now(),
        )  # fmt: skip

    def _found(self, which: tuple[int, str]) -> tuple[Account, SlowRecharge]:
        account = self.accounts[which[0]]
        return account, next(each for each in account.books.recharges if each.name == which[1])

    def _id(self, which: tuple[int, str]) -> str:
        return self.accounts[which[0]].id_of(which[1])
