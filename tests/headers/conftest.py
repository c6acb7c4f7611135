"""A customer at the form of a header, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from backoffice.headers import queries
from backoffice.headers.models import InvoiceHeader
from tests.support.people import Cast, Person
from tests.support.visitor import Visitor, as_read

NEW = "/invoice-headers/new"
GOOD = {"name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277"}
OTHER = {"name": "Second", "tax_id": "91110000MA00000152"}


class Clerk(Visitor):
    """Somebody who fills in headers."""

    account_id: int

    def new(self, action: str | None = None, **typed: str) -> int:
        """Open the empty form, fill it in, press a button (Save); the status."""
        self.get(NEW)
        return self.press(action, **typed)

    def press(self, action: str | None = None, **typed: str) -> int:
        """Fill in the form of the present page and press a button (Save); the status."""
        sent = {name: as_read(value) for name, value in {**self.typed(), **typed}.items()}
        return self.submit(sent, button=action).status_code

    def typed(self) -> dict[str, Any]:
        """What the form of the present page holds."""
        form = next(form for form in self.forms() if "tax_id" in form.names)
        return dict(form.values)

    def told(self, field: str) -> str:
        """The sentences beside a field; empty where there is nothing to say."""
        return self.text.partition(f'id="{field}-error"')[2].partition("</span>")[0].rpartition("<span>")[2]

    def saved(self, **typed: str) -> InvoiceHeader:
        """Create a header, which must be accepted; the header as it is kept."""
        assert self.new(**typed) == 303, self.text
        return self.kept()[-1]

    def kept(self) -> list[InvoiceHeader]:
        """The usable headers of the account, oldest first."""
        with self.client.application.app_context():
            return sorted(queries.headers_of(self.account_id), key=lambda header: header.id)

    @property
    def text(self) -> str:
        """The present page with its entities read."""
        return unescape(self.page.text)


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Callable[[Person], Clerk]:
    """`clerk(person)` opens a browser with that person signed in."""

    def open_browser(person: Person) -> Clerk:
        browser = Clerk(app)
        browser.sign_in(person)
        browser.account_id = person.account_id or 0
        return browser

    return open_browser


@pytest.fixture
def ada(cast: Cast, clerk: Callable[[Person], Clerk]) -> Clerk:
    """Ada of lumen."""
    return clerk(cast.ada)
