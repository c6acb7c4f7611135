"""What today shows in the demo, whatever chance made of the year: every state, and every trouble somebody may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.demo.books import Books
from backoffice.demo.cast import BY_CHANCE, GONE, REJECTIONS
from backoffice.demo.deeds import Deeds, Wish
from backoffice.demo.stage import Stage
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import changing
from backoffice.requests.services import promises, supporting
from backoffice.requests.services.supporting import SupportingFile
from backoffice.sla import jobs as sla

Verdict = Callable[[str, str], None]
HALF_AN_HOUR = timedelta(minutes=30)


class Ending:
    """The stories that end today."""

    def __init__(self, stage: Stage, books: Books, deeds: Deeds) -> None:
        self.stage, self.books, self.deeds = stage, books, deeds

    def plan(self) -> None:
        """Schedule them all."""
        self._waiting()
        self._by_mail()
        self._resubmitted()
        self._money_on_its_way()
        self._debt_and_short()
        self._policies()

    def _waiting(self) -> None:
        """Overdue, due today, due soon, fresh; and what was withdrawn, rejected, approved within the last two hours."""
        stage = self.stage
        waiting = ((7, "lumen"), (6, "yunqi"), (5, "lumen"), (4, "yunqi"), (3, "lumen"), (2, "lumen"), (1, "yunqi"))
        for days, code in waiting:
            self._story(days, code)
        deeds = self.deeds
        reject_for_good: Verdict = lambda code, number: deeds.reject_because(code, number, REJECTIONS[0])  # noqa: E731
        for minutes, verdict in ((95, deeds.withdraw), (70, reject_for_good), (45, deeds.approve_slowly)):
            stage.schedule(stage.now - timedelta(minutes=minutes), self._told("lumen", Wish(header=1), verdict))
        for code in BY_CHANCE:  # and there is money left to apply for
            at = stage.now - timedelta(minutes=5)
            stage.schedule(at, lambda code=code: self.books.some_recharge(code, 60000))  # type: ignore[misc]

    def _by_mail(self) -> None:
        """A file for the reviewer and copies; an address that was corrected; a mail that came back."""
        enclosed = Wish(
            header=0,
            email="ap@lumen.example",
            copies="finance@lumen.example, archive@lumen.example",
            remarks="PO 4500012873",
            support=_order,
        )
        self._story(1, "lumen", enclosed)
        mistyped = Wish(header=1, email="ap@lumen.exmaple", remarks="Cost centre 7120")
        self._story(2, "lumen", mistyped, lambda code, number: self.deeds.correct(code, number, "ap@lumen.example"))
        day = self.stage.business_days_ago(8)
        self.stage.schedule(self.stage.at(day, 11), self._told("lumen", Wish(header=1, email=GONE), self.deeds.approve))

    def _resubmitted(self) -> None:
        """Rejected three business days ago, resubmitted the day after, and pending again."""

        def reject(code: str, number: str) -> None:
            self.deeds.reject_because(code, number, REJECTIONS[3])
            again = Wish(header=1, email="finance@lumen.example", remarks="PO 4500012901", resubmission_of=number)
            day = self.stage.business_days_ago(2)
            self.stage.schedule(self.stage.at(day, 16, 20), lambda: self.deeds.apply(code, again))

        self._story(3, "lumen", Wish(header=1, email="ap@lumen.example", remarks="PO 4500012901"), reject)

    def _money_on_its_way(self) -> None:
        """Recharges that are not completed, one that failed, and refunds that wait for their end or for a recharge."""
        stage, books = self.stage, self.books

        def recharge(at: datetime, code: str, amount: str, status: str, channel: int) -> None:
            stage.schedule(at, lambda: books.recharge(code, Decimal(amount), status=status, channel=channel))

        recharge(stage.ago(1, 11), "lumen", "15000.00", "pending", 0)
        recharge(stage.now - timedelta(minutes=40), "lumen", "8200.00", "pending", 1)
        recharge(stage.ago(1, 15), "yunqi", "6000.00", "pending", 0)
        recharge(stage.ago(2, 14), "lumen", "3000.00", "failed", 3)

        def give_back() -> None:
            paid = books.recharge("lumen", Decimal("20000.00"), channel=0)
            later = clock.now() + timedelta(hours=2)
            stage.schedule(later, lambda: books.refund(paid, Decimal("1200.00"), status="pending"))
            # The platform tells of this refund before it tells of its recharge.
            untold = replace(paid, external_id=f"R{clock.now():%Y%m%d}990001")
            stage.schedule(later, lambda: books.refund(untold, Decimal("2500.00")))

        stage.schedule(stage.ago(2, 12), give_back)

    def _debt_and_short(self) -> None:
        """The third account: a month's recharge, invoiced in full, month by month; then two refunds that hurt.

        One takes money a pending request had reserved, which makes it short; one takes money that is on an invoice,
        which makes debt.
        """
        stage, books = self.stage, self.books
        whole = Wish(header=0, everything=True, remarks="")
        for month in range(11, 0, -1):
            days = 30 * month
            if days < stage.days - 5:
                amount = Decimal(18000 + 500 * (11 - month))
                stage.schedule(stage.ago(days), lambda amount=amount: books.recharge("beichen", amount))  # type: ignore[misc]
                header = 1 if month % 4 == 0 else 0
                verdict = self._approve_and_credit if month == 1 else self.deeds.approve
                stage.schedule(stage.ago(days - 2), self._told("beichen", replace(whole, header=header), verdict, 0))

        def invoiced_then_refunded() -> None:
            paid = books.recharge("beichen", Decimal("30000.00"), channel=1)
            stage.schedule(clock.now() + HALF_AN_HOUR, self._told("beichen", whole, approve_and_owe, 0))
            stage.schedule(stage.ago(1, 16), lambda: books.refund(paid, Decimal("12000.00")))

        def approve_and_owe(code: str, number: str) -> None:
            """A reviewer has seen the debt, and a colleague has to confirm the credit note."""
            self.deeds.approve(code, number)
            stage.schedule(stage.ago(1, 17), lambda: self.deeds.credit(number, "refund", "银行退款 Bank refund"))

        def applied_then_refunded() -> None:
            paid = books.recharge("beichen", Decimal("24000.00"), channel=1)
            stage.schedule(clock.now() + HALF_AN_HOUR, self._told("beichen", replace(whole, header=2), None, 0))
            stage.schedule(stage.ago(1, 14), lambda: books.refund(paid, Decimal("9000.00")))

        stage.schedule(stage.ago(10), invoiced_then_refunded)
        stage.schedule(stage.at(stage.business_days_ago(4), 10), applied_then_refunded)

    def _policies(self) -> None:
        """A promise that becomes shorter, and a threshold that a second administrator has to look at."""
        stage = self.stage

        def change(who: str, key: PolicyKey, value: object, days: int, reason: str) -> None:
            day = stage.today + timedelta(days=days)
            with transaction():
                changing.change(stage.people[who], key, value, starts_on=day, reason=reason, now=clock.now())

        shorter, lower = "Two reviewers more since summer", "The auditors' advice of October"
        for at, planned in (
            (stage.ago(2, 9, 30), ("ana", PolicyKey.SLA_BUSINESS_DAYS, 4, 30, shorter)),
            (stage.ago(1, 15, 40), ("abe", PolicyKey.FOUR_EYES_THRESHOLD, "100000.00", 14, lower)),
        ):
            stage.schedule(at, lambda planned=planned: change(*planned))  # type: ignore[misc]

    def _approve_and_credit(self, code: str, number: str) -> None:
        """An invoice of which a part was taken back five days later."""
        self.deeds.approve(code, number)
        amount, words = Decimal("1500.00"), "合同折扣 Discount of the contract"
        take_back = lambda: self.deeds.credit(number, "amount", words, amount)  # noqa: E731
        self.stage.schedule(clock.now() + timedelta(days=5), take_back)

    def _story(self, days: int, code: str, wish: Wish | None = None, verdict: Verdict | None = None) -> None:
        """A recharge and an application so many business days ago; it waits, or something becomes of it."""
        at = self.stage.office_time(self.stage.business_days_ago(days))
        self.stage.schedule(at, self._told(code, wish, verdict))

    def _told(
        self, code: str, wish: Wish | None, verdict: Verdict | None, recharged: int = 40000
    ) -> Callable[[], None]:
        """A recharge of that much and an application, with what becomes of it half an hour later."""

        def tell() -> None:
            if recharged:
                self.books.some_recharge(code, recharged)
            number = self.deeds.apply(code, wish)
            self.stage.schedule(promises.promised(clock.now())[1], sla.sweep)
            session.rollback()
            if number is not None and verdict is not None:
                self.stage.schedule(clock.now() + HALF_AN_HOUR, lambda: verdict(code, number))

        return tell


def _order() -> SupportingFile:
    """A purchase order, as a customer encloses it."""
    import fpdf  # heavy: only where a document is drawn

    page = fpdf.FPDF()
    page.set_creation_date(clock.now())
    page.add_page()
    page.set_font("helvetica", size=14)
    for line in ("Purchase order 4500012873", "Lumen Robotics", "Inference service, third quarter"):
        page.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return supporting.take(bytes(page.output()), "purchase-order-4500012873.pdf")
