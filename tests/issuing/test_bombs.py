"""Texts made to keep a renderer busy: each is refused or printed within two seconds, wherever a person may write.

Both halves are asked: where text is typed, and the drawing itself, in case something of the kind stands in a snapshot.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from types import FrameType
from zoneinfo import ZoneInfo

import pytest

from backoffice.errors import BackofficeError
from backoffice.headers import rules as headers
from backoffice.issuing.pdf import render
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules import credits as rules
from backoffice.issuing.rules.credits import CreditReason, Share
from backoffice.issuing.services import proposals
from backoffice.ledger.rules import LineError, parse_line
from backoffice.requests.services import applying
from backoffice.text import TextError
from tests.support import invoices

SECONDS = 2.0  # of processor time: a busy machine is no fault of the renderer
BOMBS: dict[str, Callable[[int], str]] = {
    "zero-width": lambda size: "a" + "\u200b\u200d\u2060" * (size // 3),
    "zero-width between letters": lambda size: "\u200b".join("云" * (size // 2)),
    "combining": lambda size: "Z" + "\u0301\u0316" * (size // 2),
    "combining on each letter": lambda size: "e\u0301\u0323\u0302\u0308" * (size // 5),
    "endless word": lambda size: "W" * size,
    "endless word of two faces": lambda size: "漢Ł" * (size // 2),
    "no word at all": lambda size: "-/" * (size // 2),
    "unfolding": lambda size: "\ufdfa" * size,
    "right to left": lambda size: "\u202e" + "عربى " * (size // 5),
    "right to left letters": lambda size: "שלום" * (size // 4),
    "emoji": lambda size: "👩\u200d👩\u200d👧🏽" * (size // 6),
    "flags": lambda size: "🇨🇳" * (size // 2),
    "lone surrogate": lambda size: "a" * (size - 1) + "\ud800",
    "lines": lambda size: "a\n" * (size // 2),
}
# What is cut by the limits of a field, what fits into the tightest, and what nobody types.
SIZES = (30, 128, 300, 500, 2_000, 8_000, 1_000_000)
DAY, AT = date(2026, 4, 2), datetime(2026, 4, 2, tzinfo=UTC)
ROW = {
    "kind": "recharge", "external_id": "R-1", "account": "lumen", "status": "completed", "amount": "1.00",
    "currency": "CNY", "occurred_at": "2026-03-02T09:30:00+08:00",
}  # fmt: skip


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail in the midst of what takes more of the processor."""

    def over(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def typed_remarks(bomb: str) -> None:
    applying._printable_remarks(bomb)


def typed_credit_words(bomb: str) -> None:
    faults: dict[str, list[object]] = {}
    proposals._printable(bomb, faults)  # type: ignore[arg-type]
    if faults:
        raise TextError(faults["words"][0])  # type: ignore[arg-type]


def typed_description(bomb: str) -> None:
    parse_line(1, ROW | {"description": bomb}, currency="CNY", zone=ZoneInfo("UTC"))


def typed_header(field: str) -> Callable[[str], None]:
    def write(bomb: str) -> None:
        headers.validate({"kind": "enterprise", "name": "流明", "tax_id": "91110000MA00000152", field: bomb})

    return write


WRITTEN: dict[str, Callable[[str], None]] = {
    **{f"header {field}": typed_header(field) for field in headers.LIMITS},
    "remarks": typed_remarks,
    "line": typed_description,
    "words of a credit note": typed_credit_words,
}


def test_where_text_is_typed() -> None:
    """Every field against every bomb, the whole table at once: one that takes long would be beyond the time alone."""
    for name, make in BOMBS.items():
        for size in SIZES:
            bomb = make(size)
            for field, write in WRITTEN.items():
                try:
                    with within(SECONDS):
                        write(bomb)
                except (BackofficeError, TextError, LineError):
                    continue
                except Exception as fault:
                    raise AssertionError(f"{name} of {size} in {field}: {fault!r}") from fault


def invoice(field: str, bomb: str) -> Snapshot:
    """An invoice with a bomb in one place, or in all."""
    there = lambda *fields: {one: bomb for one in fields if field in (one, "everywhere")}  # noqa: E731
    buyer = invoices.CHINESE | there("name", "tax_id", "address", "phone", "bank", "bank_account", "street", "city")
    paper = invoices.Paper(
        [invoices.line("10.00", **there("description", "external_id"))], buyer=buyer, **there("remarks")
    )
    return paper.freeze()


def credit_note(field: str, bomb: str) -> Snapshot:
    original = invoice(field, bomb)
    return rules.build_credit_snapshot(
        original, [Share(*(Decimal(original[name]) for name in ("net", "gross")))],
        number="CN-2026-000001", issued_at=AT, issued_on=DAY, reason=CreditReason.REFUND,
        remarks=bomb if field in ("remarks", "everywhere") else "",
        verify_url="https://backoffice.example/verify?number=CN-2026-000001",
    )  # fmt: skip


@pytest.mark.parametrize("document", [invoice, credit_note])
@pytest.mark.parametrize("field", ["name", "address", "bank", "city", "description", "remarks", "everywhere"])
def test_where_it_is_drawn(document: Callable[[str, str], Snapshot], field: str) -> None:
    drawn = refused = 0
    for name, make in BOMBS.items():
        for size in (30, 300, 2_000, 8_000):
            snapshot = document(field, make(size))
            try:
                with within(SECONDS):
                    render(snapshot)
                drawn += 1
            except BackofficeError:
                refused += 1
            except Exception as fault:
                raise AssertionError(f"{name} of {size}: {fault!r}") from fault
    assert drawn, "nothing at all was drawn"
    assert refused, "nothing at all was refused"


def test_a_bomb_goes_off() -> None:
    """The watch itself: what takes longer is stopped."""
    with pytest.raises(TimeoutError), within(0.05):
        sum(1 for _ in iter(int, 1))
