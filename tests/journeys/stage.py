"""A small installation for whole journeys: two customers with money and headers, and the work behind the pages."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery import caught
from backoffice.delivery import jobs as delivery
from backoffice.delivery.rules import maildir
from backoffice.headers import services as headers
from backoffice.issuing import jobs as issuing
from backoffice.issuing import queries as documents
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import applying, changes, supporting
from backoffice.requests.services.applying import Application
from backoffice.review.services import decisions as review
from backoffice.sla import jobs as sla
from tests.support.people import Cast, Person

# A Monday, 10:00 in Shanghai; in China's calendar the weeks around it have no holiday.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
RECHARGES = (("6000.00", 90), ("4000.00", 60), ("2500.00", 30))
LUMEN_HEADER = {"kind": "enterprise", "name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277"}
YUNQI_HEADER = {"kind": "enterprise", "name": "杭州云栖数据服务有限公司", "tax_id": "91500000MA60K9P35N"}


@dataclass
class Stage:
    """The installation under test. Every verb opens its own application context, as a process beside the web does."""

    app: Flask
    cast: Cast
    headers: dict[int, int] = field(default_factory=dict)  # account id -> its default header
    _tokens: Any = field(default_factory=count)

    def open_houses(self, *, yunqi_header: bool = True) -> Stage:
        """Give lumen 12,500.00 and a header, yunqi the same; without `yunqi_header` yunqi has none yet."""
        began = clock.now()
        for code, person, header in (("lumen", self.cast.ada, LUMEN_HEADER), ("yunqi", self.cast.bo, YUNQI_HEADER)):
            lines = [_recharge(code, amount, began - timedelta(days=days)) for amount, days in RECHARGES]
            self.do(book, lines, source="platform")
            if code == "lumen" or yunqi_header:
                assert person.account_id is not None
                self.headers[person.account_id] = self.do(headers.create, person.actor, header).id
        return self

    def do(self, verb: Callable[..., Any], *arguments: Any, at: datetime | None = None, **options: Any) -> Any:
        """Call a service in a transaction of its own, at that moment or now."""
        with self.app.app_context(), transaction():
            made = verb(*arguments, now=at or clock.now(), **options)
            if made is not None and not isinstance(made, list):
                session.flush()
                session.refresh(made)
                session.expunge(made)
            return made

    def apply(
        self,
        who: Person,
        amount: str,
        *,
        at: datetime | None = None,
        remarks: str = "",
        follows: str | None = None,
        copies: str = "",
        file: bytes | None = None,
        locale: str = "en",
    ) -> str:
        """Submit an application, with the content of an enclosed file if there is one; returns its number."""
        assert who.account_id is not None
        support = None
        if file is not None:
            with self.app.app_context():
                support = supporting.take(file, "采购单 4501.pdf")
        application = Application(self.headers[who.account_id], amount, who.email, remarks, follows, copies, support)
        options = {"submit_token": f"stage-token-{next(self._tokens):06d}", "locale": locale}
        number: str = self.do(applying.apply, who.actor, application, at=at, **options).number
        return number

    def approve(self, number: str, *, at: datetime | None = None) -> str:
        """Rita approves; returns the number."""
        self.do(review.approve, self.cast.rita.actor, number, at=at)
        return number

    def reject(self, number: str, remarks: str = "税号与名称不符，请核对。", *, at: datetime | None = None) -> str:
        """Rita rejects because of the tax ID; returns the number."""
        self.do(review.reject, self.cast.rita.actor, number, at=at, reason="tax_id", remarks=remarks)
        return number

    def withdraw(self, number: str) -> str:
        """Ada takes it back; returns the number."""
        self.do(changes.withdraw, self.cast.ada.actor, number)
        return number

    def work(self) -> None:
        """What the worker does when it ticks: issue what is approved, send what is queued."""
        with self.app.app_context(), clock.shifted(timedelta(seconds=1)):
            issuing.issue_due()
            delivery.send_due()
            session.remove()

    def sweep(self) -> int:
        """Look for overdue requests as the worker does each minute; returns how many were flagged."""
        with self.app.app_context():
            return sla.sweep()

    def fold(self) -> None:
        """Fold the managers' figures as the worker does twice a minute."""
        with self.app.app_context():
            sla.fold()

    def request(self, number: str) -> InvoiceRequest:
        """A request as it is now."""
        with self.app.app_context():
            found = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()
            session.expunge(found)
            return found

    def document(self, number: str) -> bytes:
        """The stored bytes of an issued request's invoice."""
        with self.app.app_context():
            return storage.get(documents.document_of(self.request(number).id).sha256)

    def mails(self, recipient: str) -> list[caught.CaughtMail]:
        """What the mail server took for that address, the oldest first."""
        folder = maildir(Path(self.app.config["BACKOFFICE_SETTINGS"].instance_path))
        summaries, _ = caught.newest(folder, 1000)
        taken = [caught.read(folder, each.key) for each in reversed(summaries)]
        return [mail for mail in taken if recipient in mail.summary.recipient]


def _recharge(code: str, amount: str, at: datetime) -> Line:
    return Line(
        number=1, kind="recharge", external_id=f"{code.upper()}-{at:%Y%m%d}", account=code, status="completed",
        amount=Decimal(amount), occurred_at=at, refund_of=None, channel="支付宝", payer_name="流明",
    )  # fmt: skip


def text_of(pdf: bytes) -> str:
    """The text of a PDF as a reader copies it out, white space folded."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def free_port() -> int:
    """A port of this machine where nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
