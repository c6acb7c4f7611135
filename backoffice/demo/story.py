"""The whole story of the demo: who is there, a year of chance, and what today shows.

The same seed on the same day gives the same data.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.accounts.models import User
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.demo import files
from backoffice.demo.books import Books
from backoffice.demo.cast import ACCOUNTS, BY_CHANCE, HEADERS, PASSWORD, PEOPLE, REMOVED, SPEAKS_FOR, USUAL_REMARKS
from backoffice.demo.deeds import Deeds
from backoffice.demo.ending import Ending
from backoffice.demo.stage import Stage
from backoffice.headers import services as headers
from backoffice.permissions import SYSTEM
from backoffice.sla import jobs as sla

DAYS = 365


def seed(settings: Settings, *, seed: int, if_empty: bool = False, days: int = DAYS) -> None:
    """Write the demo people and `days` of history that end now; nothing where there are people already (`if_empty`)."""
    if if_empty and session.scalar(select(User.id).limit(1)) is not None:
        session.rollback()
        return
    session.rollback()
    stage = Stage(settings, seed=seed, days=days)
    books, deeds = Books(stage), Deeds(stage)
    with clock.moved_to(stage.at(stage.start, 8)):
        _people(stage)
        _headers(stage)
    for day in (stage.start + timedelta(days=offset) for offset in range(days + 1)):
        _plan_day(stage, books, deeds, day)
    books.plan_usage()
    files.plan(stage)
    _plan_changes_of_headers(stage)
    Ending(stage, books, deeds).plan()
    stage.tell()
    sla.sweep()


def _people(stage: Stage) -> None:
    now = clock.now()
    with transaction():
        ids = {code: accounts.create_account(SYSTEM, code=code, name=name, now=now).id for code, name in ACCOUNTS}
        for email, name, role, code, locale in PEOPLE:
            person = accounts.create_user(
                SYSTEM, email=email, name=name, role=role, password=PASSWORD,
                account_id=ids[code] if code else None, locale=locale, now=now,
            )  # fmt: skip
            session.flush()
            stage.people[email.split("@")[0]] = person.actor()


def _headers(stage: Stage) -> None:
    with transaction():
        for code, wanted in HEADERS.items():
            actor = stage.people[SPEAKS_FOR[code]]
            stage.header_ids[code] = [
                headers.create(actor, values, now=clock.now(), tax_id_confirmed=True).id for values in wanted
            ]


def _plan_changes_of_headers(stage: Stage) -> None:
    """A header that moved house and got its defaults for applications, by two people; one that came and went."""
    ada, lin = stage.people["ada"], stage.people["lin"]
    first = stage.header_ids["lumen"][0]
    moved = {**HEADERS["lumen"][0], "address": "上海市浦东新区张江高科技园区祖冲之路887号", "phone": "021-5080 3600"}
    asked = {**moved, "email": "ap@lumen.example", "copies": "finance@lumen.example, archive@lumen.example",
             "remarks": USUAL_REMARKS}  # fmt: skip

    def come_and_go() -> None:
        with transaction():
            header_id = headers.create(ada, REMOVED, now=clock.now()).id
        stage.schedule(stage.ago(60, 15), lambda: go(header_id))

    def go(header_id: int) -> None:
        with transaction():
            headers.archive(lin, header_id, now=clock.now())

    def change(actor_is_lin: bool, values: dict[str, str]) -> None:
        with transaction():
            headers.edit(lin if actor_is_lin else ada, first, values, now=clock.now())

    stage.schedule(stage.ago(150), lambda: change(True, moved))
    stage.schedule(stage.ago(40), lambda: change(False, asked))
    stage.schedule(stage.ago(130), come_and_go)


def _plan_day(stage: Stage, books: Books, deeds: Deeds, day: date) -> None:
    """Customers top up all week; offices apply on business days, and more towards the end of a month."""
    for code in BY_CHANCE:
        if stage.random.random() < (0.42 if code == "lumen" else 0.25):
            stage.at_random(day, lambda code=code: books.some_recharge(code))  # type: ignore[misc]
        busy = 0.85 if day.day >= 25 else 0.5
        for _ in range(4 if code == "lumen" else 2):
            if stage.calendar.is_business_day(day) and stage.random.random() < busy * 0.4:
                stage.at_random(day, lambda code=code: deeds.apply_and_wait(code))  # type: ignore[misc]
    if stage.calendar.is_business_day(day):
        stage.schedule(stage.at(day, 23, 55), deeds.mail)
