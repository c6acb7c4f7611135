"""Believable demo data: two customer accounts, the people of the back office, and a year of history.

Everything is written through the services, as if the people had done it, with the clock moved to each moment. The same
seed on the same day gives the same data.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.accounts.models import User
from backoffice.calendars import queries as calendars
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.headers import services as headers
from backoffice.issuing import jobs as issuing
from backoffice.issuing.services import Issuer
from backoffice.ledger import queries as ledger
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.money import CENT
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.requests.services import applying, changes
from backoffice.requests.services.applying import Application
from backoffice.review import services as review
from backoffice.sla import jobs as sla

PASSWORD = "invoice-demo-2026"  # noqa: S105 - demo mode only, printed at start
SOURCE = "platform"
DAYS = 365
MAILED_FOR_REAL = 4  # days

PEOPLE = (
    ("ada@lumen.example", "Ada Lin", Role.CUSTOMER, "lumen", "en"),
    ("lin@lumen.example", "林晓", Role.CUSTOMER, "lumen", "zh"),
    ("bo@yunqi.example", "薄文博", Role.CUSTOMER, "yunqi", "zh"),
    ("rita@backoffice.example", "Rita Moreau", Role.REVIEWER, None, "en"),
    ("rui@backoffice.example", "芮明", Role.REVIEWER, None, "zh"),
    ("max@backoffice.example", "Max Weber", Role.MANAGER, None, "en"),
    ("otto@backoffice.example", "Otto Lindqvist", Role.AUDITOR, None, "en"),
    ("ana@backoffice.example", "Ana Sousa", Role.ADMINISTRATOR, None, "en"),
)
ACCOUNTS = (("lumen", "Lumen Robotics"), ("yunqi", "云栖数据"))
HEADERS = {
    "lumen": (
        {"kind": "enterprise", "vat_kind": "special", "name": "上海流明机器人有限公司", "tax_id": "91310115MA1K4LM57L",
         "address": "上海市徐汇区漕河泾开发区宜山路900号", "phone": "021-6485 2200",
         "bank": "中国建设银行上海漕河泾支行", "bank_account": "3105 0170 4200 0000 1188", "language": "both"},
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "Lumen Robotics (Shenzhen) Co., Ltd.",
         "tax_id": "91440300MA5DA0X7X5", "language": "en"},
        {"kind": "personal", "vat_kind": "ordinary", "name": "Łukasz Nowak", "language": "en"},
    ),
    "yunqi": (
        {"kind": "enterprise", "vat_kind": "ordinary", "name": "杭州云栖数据服务有限公司",
         "tax_id": "91500000MA60K9P35N", "language": "zh"},
        {"kind": "public_body", "vat_kind": "ordinary", "name": "云栖数据研究院（筹）", "tax_id": "1210000040000000XN",
         "language": "zh"},
    ),
}  # fmt: skip
EMAILS = {"lumen": ("ap@lumen.example", "finance@lumen.example"), "yunqi": ("caiwu@yunqi.example",)}
REMARKS = ("", "", "", "请在备注栏注明合同号 HT-2026-118", "PO 4500012873", "第三季度推理服务费", "Cost centre 7120")
CHANNELS = (("Bank transfer", "上海流明机器人有限公司"), ("Alipay", ""), ("WeChat Pay", ""), ("Card", "Lumen Robotics"))
USES = ("API 调用额度充值", "GPU 推理时长充值", "Account top-up", "微调任务额度充值")
REJECTIONS = (
    ("tax_id", "The tax ID does not belong to this company name. Please correct the header and resubmit."),
    ("duplicate", "You applied for the same amount two days ago. Withdraw one of the two, or say why both are needed."),
    ("bank_details", "开户行与账号不符，请核对后重新提交。"),
    ("email", "The mail address bounced. Please give one that works."),
)


@dataclass(order=True)
class Event:
    """Something that happens at a moment; `order` keeps moments of the same second in order."""

    at: datetime
    order: int
    act: Callable[[], object] = field(compare=False)


def seed(settings: Settings, *, seed: int, if_empty: bool = False) -> None:
    """Write the demo people and a year of history that ends now. Raises Conflict when there are people already."""
    if if_empty and session.scalar(select(User.id).limit(1)) is not None:
        session.rollback()
        return
    session.rollback()
    _Year(settings, seed).live()


class _Year:
    """A year of the two accounts, told event by event in the order of time."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.random = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.now = clock.now()
        self.today = clock.local_date(self.now, settings.zone)
        self.issuer = Issuer(currency=settings.currency, external_url=settings.external_url)
        self.calendar = calendars.current_calendar()
        self.events: list[Event] = []
        self.order = count()
        self.tokens = count()
        self.people: dict[str, Actor] = {}
        self.header_ids: dict[str, list[int]] = {}

    def live(self) -> None:
        """Tell the whole year."""
        start = self.today - timedelta(days=DAYS)
        with clock.moved_to(self._at(start, 8)):
            self._people()
            self._headers()
        for day in (start + timedelta(days=offset) for offset in range(DAYS + 1)):
            self._plan_day(day)
        self._plan_ending()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("a year of history", total=DAYS)
            while self.events and self.events[0].at <= self.now:
                event = heapq.heappop(self.events)
                with clock.moved_to(event.at):
                    event.act()
                progress.update(task, completed=(event.at.date() - start).days)
        sla.sweep()

    def _people(self) -> None:
        now = clock.now()
        with transaction():
            ids = {code: accounts.create_account(SYSTEM, code=code, name=name, now=now).id for code, name in ACCOUNTS}
            for email, name, role, code, locale in PEOPLE:
                person = accounts.create_user(
                    SYSTEM, email=email, name=name, role=role, password=PASSWORD,
                    account_id=ids[code] if code else None, locale=locale, now=now,
                )  # fmt: skip
                session.flush()
                self.people[email.split("@")[0]] = person.actor()

    def _headers(self) -> None:
        with transaction():
            for code, wanted in HEADERS.items():
                actor = self.people["ada" if code == "lumen" else "bo"]
                self.header_ids[code] = [headers.create(actor, values, now=clock.now()).id for values in wanted]

    def _plan_day(self, day: date) -> None:
        # Customers top up all week; offices apply on business days, and more towards the end of a month.
        for code, _ in ACCOUNTS:
            if self.random.random() < (0.42 if code == "lumen" else 0.25):
                self._at_random(day, lambda code=code: self._recharge(code))  # type: ignore[misc]
            busy = 0.85 if day.day >= 25 else 0.5
            for _ in range(4 if code == "lumen" else 2):
                if self.calendar.is_business_day(day) and self.random.random() < busy * 0.4:
                    self._at_random(day, lambda code=code: self._apply(code))  # type: ignore[misc]
        if self.calendar.is_business_day(day):
            self._schedule(self._at(day, 23, 55), self._mail)

    def _sweep(self) -> None:
        sla.sweep()

    def _plan_ending(self) -> None:
        """Whatever chance made of the year, today shows every state: overdue, due today, fresh, approved, rejected."""
        waiting = ((7, "lumen"), (6, "yunqi"), (5, "lumen"), (4, "yunqi"), (3, "lumen"), (2, "lumen"), (1, "yunqi"))
        for days, code in waiting:
            self._story(self._office_time(self._business_days_ago(days)), code)
        for minutes, verdict in ((95, self._withdraw), (70, self._reject_for_good), (45, self._approve_slowly)):
            self._story(self.now - timedelta(minutes=minutes), "lumen", verdict)
        for code, _ in ACCOUNTS:  # and there is money left to apply for
            self._schedule(self.now - timedelta(minutes=5), lambda code=code: self._recharge(code, 60000))  # type: ignore[misc]

    def _story(self, at: datetime, code: str, verdict: Callable[[str, str], None] | None = None) -> None:
        """A recharge and an application at a moment; it waits, or gets its verdict half an hour later."""

        def tell() -> None:
            self._recharge(code, 40000)
            number = self._apply(code, verdict=False)
            self._schedule(applying.promised(clock.now())[1], self._sweep)
            session.rollback()
            if number is not None and verdict is not None:
                self._schedule(clock.now() + timedelta(minutes=30), lambda: verdict(code, number))

        self._schedule(at, tell)

    def _business_days_ago(self, count: int) -> date:
        day = self.today
        while count:
            day -= timedelta(days=1)
            count -= self.calendar.is_business_day(day)
        return day

    def _recharge(self, code: str, at_least: int = 0) -> None:
        now = clock.now()
        channel, payer = self.random.choice(CHANNELS)
        amount = Decimal(max(at_least, self.random.choice((5000, 8000, 12000, 20000, 36000, 50000)))) + self._cents(
            99999
        )
        line = Line(
            number=0, kind="recharge", external_id=f"R{now:%Y%m%d}{self.random.randrange(10**6):06d}", account=code,
            status="completed", amount=amount, occurred_at=now, refund_of=None, channel=channel, payer_name=payer,
            bank_reference=f"{self.random.randrange(10**12):012d}", description=self.random.choice(USES),
        )  # fmt: skip
        lines = [line]
        if self.random.random() < 0.06:
            lines.append(
                replace(
                    line,
                    kind="grant",
                    external_id=f"G{line.external_id[1:]}",
                    amount=Decimal(500),
                    description="Welcome credit",
                )
            )
        with transaction():
            book(lines, source=SOURCE, now=now)
        if self.random.random() < 0.05:
            refund = replace(
                line, kind="refund", external_id=f"F{line.external_id[1:]}", refund_of=line.external_id,
                amount=(amount / 4).quantize(CENT), description="Partial refund",
            )  # fmt: skip
            self._schedule(now + timedelta(days=self.random.randrange(2, 20)), lambda: self._refund(refund))

    def _mail(self) -> None:
        """Let the mails of the past count as accepted; those of the last days are left for the worker to send."""
        if clock.now() > self.now - timedelta(days=MAILED_FOR_REAL):
            return
        accepted = Outcome(MessageState.ACCEPTED, "250 2.0.0 accepted (demo history)")
        with transaction():
            while (message := delivery.take(clock.now(), lease_seconds=60)) is not None:
                delivery.record_outcome(message.id, message.lease or "", accepted, now=clock.now())

    def _refund(self, line: Line) -> None:
        with transaction():
            book([replace(line, occurred_at=clock.now())], source=SOURCE, now=clock.now())

    def _apply(self, code: str, resubmission_of: str | None = None, *, verdict: bool = True) -> str | None:
        actor = self.people[self.random.choice(("ada", "lin")) if code == "lumen" else "bo"]
        account_id = actor.account_id or 0
        free = ledger.balance(account_id).invoiceable
        session.rollback()
        if free < 1000:
            return None
        amount = (
            free
            if self.random.random() < 0.2
            else min(free, Decimal(self.random.randrange(800, 30000)) + self._cents(99))
        )
        application = Application(
            header_id=self.random.choices(self.header_ids[code], weights=range(len(self.header_ids[code]), 0, -1))[0],
            amount=str(amount),
            email=self.random.choice(EMAILS[code]),
            remarks=self.random.choice(REMARKS),
            resubmission_of=resubmission_of,
        )
        with transaction():
            made = applying.apply(
                actor, application, submit_token=f"demo-{next(self.tokens)}",
                locale="en" if actor.label.isascii() else "zh", now=clock.now(),
            )  # fmt: skip
            number = made.number
        if verdict:
            self._plan_verdict(code, number)
        return number

    def _plan_verdict(self, code: str, number: str) -> None:
        now, chance = clock.now(), self.random.random()
        if chance < 0.04:
            self._schedule(now + timedelta(hours=self.random.randrange(1, 20)), lambda: self._withdraw(code, number))
            return
        # Most are decided within two business days; some wait, and a few break the promise.
        days = self.random.choices((0, 1, 2, 3, 4, 6, 8), weights=(20, 34, 22, 11, 6, 5, 2))[0]
        day = self.calendar.add_business_days(clock.local_date(now, self.settings.zone), days) if days else None
        moment = now + timedelta(minutes=self.random.randrange(20, 200)) if day is None else self._office_time(day)
        due_at = applying.promised(now)[1]
        session.rollback()
        if moment > due_at:  # the promise will break: that is when the sweep finds it
            self._schedule(due_at, self._sweep)
        verdict = self._reject if 0.04 <= chance < 0.12 else self._approve
        self._schedule(moment, lambda: verdict(code, number))

    def _withdraw(self, code: str, number: str) -> None:
        with self._tolerant():
            changes.withdraw(self.people["ada" if code == "lumen" else "bo"], number, now=clock.now())

    def _approve(self, _code: str, number: str) -> None:
        reviewer = self.people[self.random.choice(("rita", "rita", "rui"))]
        remarks = "Checked against the bank statement." if self.random.random() < 0.1 else ""
        with self._tolerant():
            approved = review.approve(
                reviewer, number, remarks=remarks, now=clock.now(), undo_seconds=self.settings.undo_seconds
            )
            request_id = approved.id
            issued_at = clock.now() + timedelta(seconds=self.settings.undo_seconds, minutes=self.random.randrange(1, 4))
            self._schedule(issued_at, lambda: self._issue(request_id))

    def _approve_slowly(self, _code: str, number: str) -> None:
        """An approval whose undo window is still open, so that Approved can be seen before the worker issues it."""
        with self._tolerant():
            review.approve(self.people["rui"], number, now=clock.now(), undo_seconds=3600)

    def _reject_for_good(self, _code: str, number: str) -> None:
        reason, remarks = REJECTIONS[0]
        with self._tolerant():
            review.reject(self.people["rita"], number, reason=reason, remarks=remarks, now=clock.now())

    def _issue(self, request_id: int) -> None:
        issuing.issue_one(request_id, self.issuer)

    def _reject(self, code: str, number: str) -> None:
        reason, remarks = self.random.choice(REJECTIONS)
        with self._tolerant():
            review.reject(
                self.people[self.random.choice(("rita", "rui"))],
                number,
                reason=reason,
                remarks=remarks,
                now=clock.now(),
            )
            if self.random.random() < 0.7:
                later = clock.now() + timedelta(hours=self.random.randrange(2, 40))
                self._schedule(later, lambda: self._apply(code, resubmission_of=number))

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        """People are late sometimes: a request that was decided or went short meanwhile is left as it is."""
        from backoffice.errors import Conflict

        try:
            with transaction():
                yield
        except Conflict:
            return

    def _schedule(self, at: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self.events, Event(at, next(self.order), act))

    def _at_random(self, day: date, act: Callable[[], object]) -> None:
        self._schedule(self._office_time(day), act)

    def _office_time(self, day: date) -> datetime:
        return self._at(day, self.random.randrange(9, 18), self.random.randrange(60), self.random.randrange(60))

    def _at(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute, second), tzinfo=self.settings.zone)

    def _cents(self, below: int) -> Decimal:
        return Decimal(self.random.randrange(below)) / 100
