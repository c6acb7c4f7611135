"""Any order of what the platform tells and of what the office does, beside a slow and obvious model of the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session
from backoffice.errors import BackofficeError
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerMovement, MovementKind
from backoffice.ledger.rules import Figures
from tests.ledger import agreement
from tests.ledger.platform import CENTS, WHOSE, Account, Platform, money
from tests.ledger.slow_books import SlowRequest
from tests.support.databases import examples
from tests.support.office import Office, contradictions

# The books of an account are compared after every step; a whole check-invariants would only repeat it.
EXAMPLES, STEPS = 10, 40
_INSTANT = timedelta(microseconds=1)
# A life of forty steps can be made shorter for minutes. Whoever looks at a red run waits for this long, and reads the
# shortest one found until then.
SHRINKING_SECONDS = 20


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


class Life(Platform):
    """The platform and the office. Two accounts, so that nothing of one ever shows in the other."""

    travel: Callable[[datetime], None]  # given by the test; time goes on from one example to the next
    requests = Bundle("requests")

    @initialize(target=Platform.recharges)
    def begin(self) -> Any:
        self.names = count(1)
        self.told = []
        self.accounts = [Account(self.office) for _ in range(2)]
        self.past: list[tuple[datetime, Account, Figures, Figures]] = []
        self.unfinished: list[tuple[int, str]] = []  # they have their number, and no document yet
        funds = ((0, 9_000), (0, 14_000), (1, 8_000))
        made = [self._recharge(of, f"R-{next(self.names)}", cents, "completed") for of, cents in funds]
        self.apply_and_go_the_whole_way(0, 4)
        # What random steps come to rarely, once in each life: a refund makes a request short, new money covers it.
        asked = self._apply(1, 8_000)
        self._book(self._refund(*made[2], 3_000, "completed"))
        made.append(self._recharge(1, f"R-{next(self.names)}", 3_500, "completed"))
        self.withdraw(asked)
        return multiple(*made)

    def teardown(self) -> None:
        """In the end all is credited; and no day that has passed says anything else than it said when it ended."""
        for of, name in self._issued() if hasattr(self, "accounts") else ():
            self._credit((of, name), 1, 0)
            self.the_books_agree()
        days = [clock.local_date(at, clock.zone()) for at, *_ in getattr(self, "past", ())]
        self._statements_agree(days)
        for which in list(getattr(self, "unfinished", ())):
            self.issue(which)
        self._statements_agree(days)
        for at, account, figures, listed in getattr(self, "past", ()):
            day = clock.local_date(at, clock.zone())
            assert queries.balance_on(account.account_id, day) == figures
            assert issuing.balance_on(account.account_id, day) == listed
        session.rollback()

    def _statements_agree(self, days: list[date]) -> None:
        for account in self.accounts if days else ():
            agreement.the_statements_agree(account.account_id, days[0], days[-1])
        session.rollback()

    # --- time ---

    @precondition(lambda self: len(self.past) < 8)
    @rule(days=st.sampled_from([1, 1, 3]), moment=st.sampled_from(["morning", "first", "first", "last"]))
    def wait(self, days: int, moment: str) -> None:
        """What the books say at the end of this day must be what they say of it later.

        Time goes on to some morning, or to the very first or last instant of a local day: what is booked at midnight is
        of the day that begins.
        """
        self.past += [
            (clock.now(), each, queries.balance(each.account_id), issuing.balance(each.account_id))
            for each in self.accounts
        ]
        session.rollback()
        zone = clock.zone()
        day = clock.local_date(clock.now(), zone) + timedelta(days=days)
        begins, ends = clock.start_of_day(day, zone), clock.start_of_day(day + timedelta(days=1), zone)
        self.travel({"first": begins, "morning": begins + timedelta(hours=11), "last": ends - _INSTANT}[moment])

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
            # What has its number and no document yet is nobody's invoice: first it is finished.
            assert which in self.unfinished or not account.books.credit(request, parts)
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
        for of, account in enumerate(getattr(self, "accounts", ())):
            agreement.the_books_agree(account, {name for whose, name in self.unfinished if whose == of})

    def _asked(self, which: tuple[int, str]) -> tuple[Account, SlowRequest]:
        account = self.accounts[which[0]]
        return account, next(each for each in account.books.requests if each.name == which[1])


def test_the_books_agree_with_a_slow_and_obvious_model(
    office: Office, database: str, freeze: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class AtThisOffice(Life):
        pass

    # Not one of its settings; a release that calls it otherwise fails here.
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", SHRINKING_SECONDS)
    freeze(datetime(2026, 1, 5, 3, tzinfo=UTC))
    AtThisOffice.office = office
    AtThisOffice.travel = staticmethod(freeze)  # type: ignore[assignment]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        AtThisOffice,
        settings=settings(
            max_examples=examples(EXAMPLES, database),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            report_multiple_bugs=False,
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # without Phase.explain: more minutes
        ),
    )
    assert contradictions() == []
    seen = Counter(session.scalars(select(LedgerMovement.kind)))
    assert min(seen[kind] for kind in MovementKind if kind != MovementKind.OPENING) >= 1, seen
