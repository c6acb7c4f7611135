"""The cast of the tests: the demo people, made by the services that make people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from argon2 import PasswordHasher
from sqlalchemy import select

from backoffice.accounts import services
from backoffice.accounts.models import Account, User
from backoffice.database import session, transaction
from backoffice.permissions import SYSTEM, Actor, Role

PASSWORD = "invoice-demo-2026"
ACCOUNTS = (("lumen", "Lumen Robotics"), ("yunqi", "云栖数据"))
PEOPLE = (
    ("ada", "Ada Lin", Role.CUSTOMER, "lumen"),
    ("lin", "林晓", Role.CUSTOMER, "lumen"),
    ("bo", "薄文博", Role.CUSTOMER, "yunqi"),
    ("rita", "Rita Moreau", Role.REVIEWER, None),
    ("rui", "芮明", Role.REVIEWER, None),
    ("max", "Max Weber", Role.MANAGER, None),
    ("otto", "Otto Lindqvist", Role.AUDITOR, None),
    ("ana", "Ana Sousa", Role.ADMINISTRATOR, None),
)

# When the people of a peopled database were created: before anything that a test tells of.
FOUNDED = datetime(2020, 1, 2, 3, 4, tzinfo=UTC)

# Real parameters take 30 ms a hash; what argon2 is worth is not in question here.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; plain values, so it outlives every database session."""

    id: int
    email: str
    name: str
    role: Role
    account_id: int | None
    password: str = PASSWORD

    @property
    def actor(self) -> Actor:
        """The person as services know them."""
        return Actor(self.id, self.name, self.role, self.account_id)


@dataclass(frozen=True)
class Cast:
    """Everybody by first name, and the ids of the two customer accounts."""

    ada: Person
    lin: Person
    bo: Person
    rita: Person
    rui: Person
    max: Person
    otto: Person
    ana: Person
    lumen: int
    yunqi: int

    def __iter__(self) -> Iterator[Person]:
        return (getattr(self, first) for first, *_ in PEOPLE)


def create_cast(now: datetime) -> Cast:
    """Create the two accounts and the eight people; call it inside an application context."""
    with transaction():
        accounts = {code: services.create_account(SYSTEM, code=code, name=name, now=now).id for code, name in ACCOUNTS}
        people = {
            first: _create(first, name, role, accounts.get(code or ""), now) for first, name, role, code in PEOPLE
        }
    return Cast(**people, **accounts)


_known: dict[str, Cast] = {}


def known_cast() -> Cast:
    """The cast of a peopled database; call it inside an application context.

    All of a kind are copies of one database: who is in it is read once.
    """
    kind = session.get_bind().dialect.name
    if kind not in _known:
        _known[kind] = _read_cast()
    return _known[kind]


def _read_cast() -> Cast:
    accounts = {account.code: account.id for account in session.scalars(select(Account))}
    people = {
        user.email.partition("@")[0]: Person(user.id, user.email, user.name, Role(user.role), user.account_id)
        for user in session.scalars(select(User))
    }
    session.rollback()
    return Cast(**people, **accounts)


def _create(first: str, name: str, role: Role, account_id: int | None, now: datetime) -> Person:
    house = {"bo": "yunqi"}.get(first, "lumen") if role is Role.CUSTOMER else "backoffice"
    return create_person(f"{first}@{house}.example", name, role, account_id, now)


def create_person(email: str, name: str, role: Role, account_id: int | None, now: datetime) -> Person:
    """Create somebody who can sign in with the password of all; call it inside a transaction."""
    user = services.create_user(
        SYSTEM, email=email, name=name, role=role, password=PASSWORD, account_id=account_id, now=now
    )
    return Person(user.id, email, name, role, account_id)
