"""What the platform reports in the demo: recharges, refunds, consumption and grants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal

from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.demo.cast import ACCOUNTS, CHANNELS, USAGE, USES
from backoffice.demo.stage import Stage
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.money import CENT

SOURCE = "platform"
GRANT = Decimal(500)
WEEKEND = Decimal("0.35")


class Books:
    """The platform's side of the story."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def recharge(self, code: str, amount: Decimal, *, status: str = "completed", channel: int | None = None) -> Line:
        """Book a recharge of this moment."""
        chance, now = self.stage.random, clock.now()
        name, payer = chance.choice(CHANNELS) if channel is None else CHANNELS[channel]
        line = Line(
            number=0, kind="recharge", external_id=f"R{now:%Y%m%d}{chance.randrange(10**6):06d}", account=code,
            status=status, amount=amount, occurred_at=now, refund_of=None, channel=name,
            payer_name=payer if code == "lumen" else "",
            bank_reference=f"{chance.randrange(10**12):012d}" if name == "Bank transfer" else "",
            description=chance.choice(USES),
        )  # fmt: skip
        _book([line])
        return line

    def some_recharge(self, code: str, at_least: int = 0) -> None:
        """A recharge as customers make them; a few are given back in part while nobody has spoken for the money."""
        chance = self.stage.random
        usual = chance.choice((5000, 8000, 12000, 20000, 36000, 50000))
        line = self.recharge(code, Decimal(max(at_least, usual)) + self.stage.cents(99999))
        if chance.random() < 0.05:
            later = clock.now() + timedelta(hours=chance.randrange(2, 60))
            self.stage.schedule(later, lambda: self._refund_if_free(line, (line.amount / 4).quantize(CENT)))

    def _refund_if_free(self, of: Line, amount: Decimal) -> None:
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.external_id == of.external_id)).one()
        free = entry.free
        session.rollback()
        if free >= amount:
            self.refund(of, amount)

    def refund(self, of: Line, amount: Decimal, *, status: str = "completed") -> None:
        """Give money of a recharge back; one whose recharge is not in the books waits for it."""
        _book([
            replace(
                of, kind="refund", external_id=f"F{of.external_id[1:]}", refund_of=of.external_id, amount=amount,
                status=status, occurred_at=clock.now(), description="Partial refund",
            )
        ])  # fmt: skip

    def plan_usage(self) -> None:
        """What every account uses, told by the platform once a week; and credit on the first of a month."""
        days = [self.stage.start + timedelta(days=offset) for offset in range(self.stage.days)]
        for first in range(0, len(days), 7):
            week = days[first : first + 7]
            self.stage.schedule(
                min(self.stage.at(week[-1] + timedelta(days=1), 6), self.stage.now), lambda week=week: self._use(week)  # type: ignore[misc]
            )  # fmt: skip

    def _use(self, days: list[date]) -> None:
        lines = []
        for day in days:
            for code, _ in ACCOUNTS:
                lines += [self._used(day, code, place) for place in range(len(USAGE[code]))]
                if day.day == 1:
                    lines.append(self._line("grant", f"G{day:%Y%m}-{code}", day, code, GRANT, "Monthly credit"))
        _book(lines)

    def _used(self, day: date, code: str, place: int) -> Line:
        service, at_the_end = USAGE[code][place]
        grown = Decimal(1) - Decimal((self.stage.today - day).days) / Decimal(900)
        pace = Decimal(1) if self.stage.calendar.is_business_day(day) else WEEKEND
        luck = Decimal(self.stage.random.randrange(70, 131)) / 100
        amount = max((at_the_end * grown * pace * luck).quantize(CENT), CENT)
        return self._line("consumption", f"C{day:%Y%m%d}-{code}-{place + 1}", day, code, amount, service)

    def _line(self, kind: str, external_id: str, day: date, code: str, amount: Decimal, description: str) -> Line:
        at = self.stage.at(day, 23).astimezone(UTC)
        return Line(0, kind, external_id, code, "completed", amount, at, None, description=description)


def _book(lines: list[Line]) -> None:
    with transaction():
        book(lines, source=SOURCE, now=clock.now())
