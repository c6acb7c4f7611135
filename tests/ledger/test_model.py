"""Any order of what the platform tells and of what the office does, beside a slow and obvious model of the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session
from backoffice.errors import BackofficeError
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries
from backoffice.ledger.models import (
    Allocation,
    LedgerEntry,
    LedgerMovement,
    MovementKind,
    Reservation,
    ReservationState,
)
from backoffice.ledger.rules import FIGURES, Figures, Line
from backoffice.money import ZERO, from_minor
from backoffice.requests.models import InvoiceRequest
from tests.ledger.slow_books import SlowBooks, SlowRecharge, SlowRequest
from tests.support.office import Office, contradictions

# The books of an account are compared after every step; a whole check-invariants would only repeat it.
EXAMPLES, STEPS = 10, 40
CENTS = st.integers(min_value=100, max_value=30_000)
STATUS = st.sampled_from(["completed"] * 3 + ["pending"])
ENDS = st.sampled_from(["completed", "completed", "failed"])
LINES = st.sampled_from(["recharge", "recharge", "refund", "refund", "refund", "finish", "finish a refund", "aside"])
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


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


def money(cents: int) -> str:
    """Cents as people type them."""
    return str(from_minor(cents))


@dataclass(frozen=True)
class Telling:
    """A line that the platform tells, and what the slow books make of it: they say the outcome."""

    line: Line
    take: Callable[[], str]


class Life(RuleBasedStateMachine):
    """Two accounts, so that nothing of one ever shows in the other."""

    office: Office  # both given by the test; time goes on from one example to the next, as invoice numbers do
    travel: Callable[[datetime], None]
    recharges = Bundle("recharges")
    early = Bundle("early")
    requests = Bundle("requests")

    @initialize(target=recharges)
    def begin(self) -> Any:
        self.names = count(1)
        self.told: list[Line] = []  # what the books took last of each id
        self.accounts = [Account(self.office) for _ in range(2)]
        self.past: list[tuple[datetime, Account, Figures, Figures]] = []
        self.unfinished: list[tuple[int, str]] = []  # they have their number, and no document yet
        money = ((0, 9_000), (0, 14_000), (1, 8_000))
        made = [self._recharge(of, f"R-{next(self.names)}", cents, "completed") for of, cents in money]
        self.apply_and_go_the_whole_way(0, 4)
        return multiple(*made)

    def teardown(self) -> None:
        """In the end all is credited; and no day that has passed says anything else than it said when it ended."""
        for of, name in self._issued() if hasattr(self, "accounts") else ():
            self._credit((of, name), 1, 0)
            self.the_books_agree()
        for which in list(getattr(self, "unfinished", ())):
            self.issue(which)
        for at, account, figures, listed in getattr(self, "past", ()):
            day = clock.local_date(at, clock.zone())
            assert queries.balance_on(account.account_id, day) == figures
            assert issuing.balance_on(account.account_id, day) == listed
        session.rollback()

    # --- time ---

    @precondition(lambda self: len(self.past) < 8)
    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        """What the books say at the end of this day must be what they say of it later."""
        self.past += [
            (clock.now(), each, queries.balance(each.account_id), issuing.balance(each.account_id))
            for each in self.accounts
        ]
        session.rollback()
        self.travel(clock.now() + timedelta(days=days))

    # --- the platform ---

    @rule(target=recharges, of=WHOSE, cents=CENTS, status=STATUS)
    def recharge(self, of: int, cents: int, status: str) -> tuple[int, str]:
        return self._recharge(of, f"R-{next(self.names)}", cents, status)

    @rule(target=early, of=WHOSE, cents=CENTS, status=STATUS)
    def refund_before_its_recharge(self, of: int, cents: int, status: str) -> tuple[int, str]:
        name = f"R-{next(self.names)}"
        self._book(self._refund(of, name, cents, status))
        return of, name

    @rule(told=early, cents=CENTS, status=STATUS)
    def another_refund_before_its_recharge(self, told: tuple[int, str], cents: int, status: str) -> None:
        self._book(self._refund(*told, cents, status))

    @rule(target=recharges, told=consumes(early), cents=CENTS)
    def recharge_after_its_refund(self, told: tuple[int, str], cents: int) -> tuple[int, str]:
        return self._recharge(*told, cents, "completed")

    @rule(which=recharges, status=ENDS)
    def finish(self, which: tuple[int, str], status: str) -> None:
        self._book(self._finish(which, status))

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

    @rule(which=recharges, cents=CENTS)
    def tell_another_amount(self, which: tuple[int, str], cents: int) -> None:
        account, recharge = self._found(which)
        if cents != recharge.cents:
            (result,) = self.office.book(self.office.line("recharge", money(cents), self._id(which), to=account.code))
            assert result.outcome == "conflict"

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
                tellings.append(self._new_recharge(*next(names), cents, status))
            elif what == "refund":
                tellings.append(self._refund(*data.draw(st.sampled_from([*known, *new])), cents, status))
            elif what == "finish a refund" and refunds:
                tellings.append(self._finish_refund(*data.draw(st.sampled_from(refunds)), data.draw(ENDS)))
            elif what == "finish":
                tellings.append(self._finish(data.draw(st.sampled_from(known)), data.draw(ENDS)))
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

    def _recharge(self, of: int, name: str, cents: int, status: str) -> tuple[int, str]:
        self._book(self._new_recharge(of, name, cents, status))
        return of, name

    def _new_recharge(self, of: int, name: str, cents: int, status: str) -> Telling:
        books, now = self.accounts[of].books, clock.now()
        return Telling(
            self._line("recharge", (of, name), cents, status), lambda: books.recharge(name, cents, status, now)
        )

    def _finish(self, which: tuple[int, str], status: str) -> Telling:
        (account, recharge), now = self._found(which), clock.now()
        return Telling(
            self._line("recharge", which, recharge.cents, status), lambda: account.books.finish(recharge, status, now)
        )

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

    def _line(self, kind: str, which: tuple[int, str], cents: int, status: str, refund_of: str | None = None) -> Line:
        of = self._id((which[0], refund_of)) if refund_of else None
        return self.office.line(
            kind, money(cents), self._id(which), to=self.accounts[which[0]].code, status=status, refund_of=of
        )

    # --- customers, reviewers, the worker ---

    @rule(target=requests, of=WHOSE, cents=CENTS)
    def apply(self, of: int, cents: int) -> Any:
        return self._apply(of, cents)

    @rule(target=requests, of=WHOSE, share=st.integers(1, 4))
    def apply_for_a_share(self, of: int, share: int) -> Any:
        cents = self.accounts[of].books.invoiceable() // share
        return self._apply(of, cents) if cents >= 100 else multiple()

    @rule(target=requests, of=WHOSE)
    def apply_for_everything_in_pieces(self, of: int) -> Any:
        """Several open requests and nothing free: refunds and withdrawals then move money between them."""
        third = self.accounts[of].books.invoiceable() // 3
        if third < 100:
            return multiple()
        last = self.accounts[of].books.invoiceable() - 2 * third
        return multiple(*(self._apply(of, cents) for cents in (third, third, last)))

    @rule(target=requests, of=WHOSE, data=st.data())
    def squeeze(self, of: int, data: st.DataObject) -> Any:
        """Everything is asked for, money is refunded, and then one of the requests gives up its own."""
        made = self.apply_for_everything_in_pieces(of)
        self.the_books_agree()
        self.refund_what_is_spoken_for(data, 20_000)
        self.the_books_agree()
        self.go_on(data, data.draw(st.sampled_from(["withdraw", "reject"])))
        return made

    @rule(target=requests, of=WHOSE, share=st.integers(1, 4))
    def apply_and_go_the_whole_way(self, of: int, share: int) -> Any:
        cents = self.accounts[of].books.invoiceable() // share
        if cents < 100:
            return multiple()
        made = self._apply(of, cents)
        self.approve(made)
        self.issue(made)
        return made

    def _apply(self, of: int, cents: int) -> Any:
        account = self.accounts[of]
        possible = cents <= account.books.invoiceable()
        try:
            number = self.office.apply(money(cents), account.person)
        except BackofficeError:
            assert not possible
            return multiple()
        assert possible
        account.books.apply(number, cents)
        return of, number

    @rule(data=st.data(), what=st.sampled_from(["withdraw", "reject", "approve", "issue"]))
    def go_on(self, data: st.DataObject, what: str) -> None:
        """What can be done with open requests, where the rules below mostly meet closed ones."""
        wanted = ("approved",) if what == "issue" else ("pending",)
        fitting = [
            (of, each.name)
            for of, account in enumerate(self.accounts)
            for each in account.books.requests
            if each.state in wanted
        ]
        if fitting:
            getattr(self, what)(data.draw(st.sampled_from(fitting)))

    @rule(which=requests, what=st.sampled_from(["withdraw", "reject", "approve", "issue"]))
    def try_anything(self, which: tuple[int, str], what: str) -> None:
        getattr(self, what)(which)

    def withdraw(self, which: tuple[int, str]) -> None:
        account, request = self._asked(which)
        if self._done(request.state == "pending", lambda: self.office.withdraw(request.name, account.person)):
            account.books.close(request, "withdrawn")

    def reject(self, which: tuple[int, str]) -> None:
        account, request = self._asked(which)
        if self._done(request.state == "pending", lambda: self.office.reject(request.name)):
            account.books.close(request, "rejected")

    def approve(self, which: tuple[int, str]) -> None:
        _, request = self._asked(which)
        if self._done(request.state == "pending" and not request.short, lambda: self.office.approve(request.name)):
            request.state = "approved"

    def issue(self, which: tuple[int, str]) -> None:
        _, request = self._asked(which)
        possible = (request.state == "approved" and not request.short) or which in self.unfinished
        assert self.office.issue(request.name) == possible
        if possible:
            request.state = "issued"
        if which in self.unfinished:
            self.unfinished.remove(which)

    @rule(data=st.data())
    def the_document_fails(self, data: st.DataObject) -> None:
        """The number is taken and the money is invoiced; the request is approved until its document is there."""
        fitting = [
            (of, each.name)
            for of, account in enumerate(self.accounts)
            for each in account.books.requests
            if each.state == "approved" and not each.short
        ]
        if fitting:
            which = data.draw(st.sampled_from(fitting))
            with pytest.MonkeyPatch.context() as broken:
                broken.setattr("backoffice.storage.put", _no_space)
                assert not self.office.issue(which[1])
            self._asked(which)[1].state = "issued"
            self.unfinished.append(which)

    @precondition(lambda self: self.unfinished)
    @rule(data=st.data())
    def finish_a_document(self, data: st.DataObject) -> None:
        self.issue(data.draw(st.sampled_from(self.unfinished)))

    @rule(data=st.data(), share=st.integers(1, 3), over=st.sampled_from([0, 0, 0, 1]))
    def credit(self, data: st.DataObject, share: int, over: int) -> None:
        """A part of what is left of an invoice, the whole of it, or a cent more than there is."""
        if issued := self._issued():
            self._credit(data.draw(st.sampled_from(issued)), share, over)

    def _issued(self) -> list[tuple[int, str]]:
        everything = ((of, each) for of, account in enumerate(self.accounts) for each in account.books.requests)
        return [(of, each.name) for of, each in everything if each.state == "issued"]

    def _credit(self, which: tuple[int, str], share: int, over: int) -> None:
        account, request = self._asked(which)
        left = {name: cents - request.credited.get(name, 0) for name, cents in request.parts.items()}
        parts = {name: cents // share + over * (share == 1) for name, cents in left.items() if cents >= share}
        told = {self._id((which[0], name)): money(cents) for name, cents in parts.items()}
        try:
            self.office.credit(request.name, told)
        except BackofficeError:
            assert not account.books.credit(request, parts)
        else:
            assert account.books.credit(request, parts)

    def _done(self, possible: bool, act: Any) -> bool:
        try:
            act()
        except BackofficeError:
            assert not possible
            return False
        assert possible
        return True

    # --- what must hold after every step ---

    @invariant()
    def the_books_agree(self) -> None:
        for account in getattr(self, "accounts", ()):
            session.rollback()
            books = account.books
            told = {name: from_minor(cents) for name, cents in books.figures().items()}
            figures = queries.balance(account.account_id)
            assert {name: getattr(figures, name) for name in FIGURES} == told
            assert figures.difference == 0
            assert figures.invoiceable == from_minor(books.invoiceable())
            assert queries.invoice_debt(account.account_id) == told["debt"]
            told_aside = queries.not_invoiceable(account.account_id)
            assert (
                told_aside.pending, told_aside.waiting_refunds, told_aside.grants, told_aside.consumption,
            ) == tuple(map(from_minor, books.not_invoiceable()))  # fmt: skip
            unissued = sum(
                (
                    from_minor(sum(each.parts.values()) - sum(each.credited.values()))
                    for each in books.requests
                    if (self.accounts.index(account), each.name) in self.unfinished
                ),
                ZERO,
            )
            assert issuing.balance(account.account_id) == issuing.as_listed(figures, unissued)
            self._recharges_agree(account)
            self._requests_agree(account)

    def _recharges_agree(self, account: Account) -> None:
        rows = session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.account_id == account.account_id, LedgerEntry.kind == "recharge")
            .execution_options(populate_existing=True)
        )
        found = {row.external_id: (row.free, row.status) for row in rows if row.status == "completed"}
        assert found == {
            self._id((self.accounts.index(account), each.name)): (from_minor(account.books.free(each)), each.status)
            for each in account.books.completed()
        }

    def _requests_agree(self, account: Account) -> None:
        of = self.accounts.index(account)
        rows = session.execute(
            select(
                InvoiceRequest.number,
                InvoiceRequest.state,
                Reservation.short,
                LedgerEntry.external_id,
                Allocation.amount,
            )
            .join(Reservation, Reservation.request_id == InvoiceRequest.id)
            .outerjoin(
                Allocation,
                (Allocation.request_id == InvoiceRequest.id) & (Allocation.state != ReservationState.RELEASED),
            )
            .outerjoin(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
            .where(InvoiceRequest.account_id == account.account_id)
        )
        found: dict[str, tuple[str, Decimal, dict[str, Decimal]]] = {}
        for number, state, short, recharge, amount in rows:
            found.setdefault(number, (state, short, {}))[2].update({recharge: amount} if recharge else {})
        assert found == {
            request.name: (
                "approved" if (of, request.name) in self.unfinished else request.state,
                from_minor(request.short),
                {self._id((of, name)): from_minor(cents) for name, cents in request.parts.items()},
            )
            for request in account.books.requests
        }

    def _found(self, which: tuple[int, str]) -> tuple[Account, SlowRecharge]:
        account = self.accounts[which[0]]
        return account, next(each for each in account.books.recharges if each.name == which[1])

    def _asked(self, which: tuple[int, str]) -> tuple[Account, SlowRequest]:
        account = self.accounts[which[0]]
        return account, next(each for each in account.books.requests if each.name == which[1])

    def _id(self, which: tuple[int, str]) -> str:
        return f"{self.accounts[which[0]].code}-{which[1]}"


def test_the_books_agree_with_a_slow_and_obvious_model(office: Office, freeze: Callable[[datetime], None]) -> None:
    class AtThisOffice(Life):
        pass

    freeze(datetime(2026, 1, 5, 3, tzinfo=UTC))
    AtThisOffice.office = office
    AtThisOffice.travel = staticmethod(freeze)  # type: ignore[assignment]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        AtThisOffice,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    assert contradictions() == []
    seen = Counter(session.scalars(select(LedgerMovement.kind)))
    assert min(seen[kind] for kind in MovementKind if kind != MovementKind.OPENING) >= 1, seen
