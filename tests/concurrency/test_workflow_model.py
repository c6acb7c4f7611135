"""Random lives of two accounts beside a slow, obvious model: the counters must agree after every step."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from backoffice.errors import BackofficeError
from backoffice.money import ZERO
from tests.support.office import Office, contradictions
from tests.support.people import Person

STEPS = 110


@dataclass
class Account:
    """What an account has, as a child would keep it: lists that are summed up anew for every question."""

    who: Person
    code: str
    recharges: dict[str, Decimal] = field(default_factory=dict)
    refunds: list[Decimal] = field(default_factory=list)
    requests: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    def sum_of(self, *states: str) -> Decimal:
        return sum((amount for state, amount in self.requests.values() if state in states), ZERO)

    @property
    def counters(self) -> tuple[str, str, str]:
        recharged = sum(self.recharges.values(), ZERO) - sum(self.refunds, ZERO)
        return str(recharged), str(self.sum_of("pending", "approved")), str(self.sum_of("issued"))

    @property
    def invoiceable(self) -> Decimal:
        recharged, reserved, invoiced = map(Decimal, self.counters)
        return max(ZERO, recharged - reserved - invoiced)


class Life:
    """Chooses a step, takes it in the product and in the model."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.random = office, random.Random(seed)
        self.accounts = [Account(office.cast.ada, "lumen"), Account(office.cast.bo, "yunqi")]
        self.left: dict[str, Decimal] = {}

    def step(self) -> None:
        account = self.random.choice(self.accounts)
        steps: list[Callable[[Account], None]] = [self.recharge, self.refund, self.withdraw, self.reject, self.issue]
        self.random.choice([*steps, self.apply, self.apply, self.apply, self.approve, self.approve])(account)
        for each in self.accounts:
            assert self.office.counters(each.who.account_id) == each.counters
            assert Decimal(self.office.invoiceable(each.who.account_id)) == each.invoiceable

    def amount(self, most: int) -> Decimal:
        return Decimal(self.random.randrange(100, most)) / 100

    def recharge(self, account: Account) -> None:
        amount = self.amount(30000)
        name = self.office.recharge(str(amount), to=account.code)
        account.recharges[name] = self.left[name] = amount

    def refund(self, account: Account) -> None:
        if not account.recharges:
            return
        name, amount = self.random.choice(list(account.recharges)), self.amount(20000)
        (result,) = self.office.refund(name, str(amount), to=account.code)
        assert (result.outcome == "added") == (amount <= self.left[name])
        if result.outcome == "added":
            self.left[name] -= amount
            account.refunds.append(amount)

    def apply(self, account: Account) -> None:
        amount = self.amount(20000)
        possible = amount <= account.invoiceable
        try:
            number = self.office.apply(str(amount), account.who)
        except BackofficeError:
            assert not possible
            return
        assert possible
        account.requests[number] = ("pending", amount)

    def withdraw(self, account: Account) -> None:
        self._act(account, "pending", "withdrawn", lambda number: self.office.withdraw(number, account.who))

    def reject(self, account: Account) -> None:
        self._act(account, "pending", "rejected", self.office.reject)

    def approve(self, account: Account) -> None:
        self._act(account, "pending", "approved", self.office.approve)

    def issue(self, account: Account) -> None:
        def issue(number: str) -> None:
            if not self.office.issue(number):
                raise BackofficeError

        self._act(account, "approved", "issued", issue)

    def _act(self, account: Account, wanted: str, to: str, act: Callable[[str], None]) -> None:
        """Try it on any request: it works in the state `wanted`, unless a refund left an approval short."""
        if not account.requests:
            return
        fitting = [number for number, (state, _) in account.requests.items() if state == wanted]
        anything_goes = not fitting or self.random.random() < 0.2
        number = self.random.choice(list(account.requests) if anything_goes else fitting)
        state, amount = account.requests[number]
        short = Decimal(self.office.short(number)) > 0
        possible = state == wanted and not (short and to in ("approved", "issued"))
        try:
            act(number)
        except BackofficeError:
            assert not possible, f"{to} was refused for {number}, which is {state}"
            return
        assert possible, f"{to} was possible for {number}, which is {state}"
        account.requests[number] = (to, amount)


@pytest.mark.parametrize("seed", [2026, 7])
def test_the_books_agree_with_a_slow_and_obvious_model(office: Office, seed: int) -> None:
    life = Life(office, seed)
    for _ in range(STEPS):
        life.step()
    assert {state for account in life.accounts for state, _ in account.requests.values()} >= {
        "issued",
        "rejected",
        "withdrawn",
    }
    assert contradictions() == []
