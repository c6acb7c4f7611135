"""What the delivery tests share: a queued message, the settings of a mail server, the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery import services
from backoffice.delivery.models import Message
from tests.faults.smtp_servers import Server

NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)
CONTEXT = {"request_number": "R-2026-000001", "header_name": "Lumen 光明", "amount": "1,409.50", "due_on": "2026-03-13"}


@pytest.fixture(autouse=True)
def moment() -> Iterator[datetime]:
    with clock.moved_to(NOW):
        yield NOW


@pytest.fixture
def queue(context: Flask) -> Callable[..., int]:
    """Queue a mail and return the row's id."""

    def queue(template: str = "submitted", recipient: str = "ada@lumen.example", **further: Any) -> int:
        facts = {**CONTEXT, **further.pop("context", {})}
        options = {"locale": "en", "at": NOW, "about": ("invoice_request", 1), **further}
        with transaction():
            message = services.queue(template, recipient, options.pop("locale"), facts, **options)
            session.flush()
            return message.id

    return queue


@pytest.fixture
def use_server(context: Flask) -> Callable[..., None]:
    """Let the application send to a server, quickly giving up."""

    def use(server: Server, **settings: Any) -> None:
        update = {"mail_server": server.host, "mail_port": server.port, "mail_timeout_seconds": 0.5}
        update["mail_deadline_seconds"] = 1.0
        context.config["BACKOFFICE_SETTINGS"] = context.config["BACKOFFICE_SETTINGS"].model_copy(
            update={**update, **settings}
        )

    return use


@pytest.fixture
def message(context: Flask) -> Callable[[int], Message]:
    """Read a message as it is now."""

    def read(message_id: int) -> Message:
        session.rollback()
        return session.get_one(Message, message_id, populate_existing=True)

    return read
