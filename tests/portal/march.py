"""Lines of lumen's in the March of the bills, and the list of entries that shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from tests.portal.conftest import Customer, World, text


def line(kind: str, external_id: str, amount: str, day: int, **further: object) -> Line:
    """A line of lumen's in March."""
    fields: dict[str, object] = {"status": "completed", "refund_of": None, "channel": "Bank transfer", **further}
    return Line(
        number=1, kind=kind, external_id=external_id, account="lumen", amount=Decimal(amount),
        occurred_at=datetime(2026, 3, day, 2, tzinfo=UTC), **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def tell(world: World, *lines: Line) -> None:
    """Let the books take lines."""
    world.act(book, list(lines), source="test")


def ids(browser: Customer, query: str = "") -> list[str]:
    """The entries that the list shows under a query."""
    page = text(browser.get(f"/bills/entries{query}"))
    return re.findall(r'class="key"><a href="/bills/entries/\d+">([^<]+)<', page)
