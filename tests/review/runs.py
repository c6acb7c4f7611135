"""Runs over many requests as they are started from the pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from backoffice.review import jobs
from tests.review.desk import Desk
from tests.support.visitor import Visitor


def work(desk: Desk) -> None:
    """What the worker does until nothing is left, in as many turns as it takes."""
    with desk.app.app_context():
        while jobs.work_off():
            pass


def words(visitor: Visitor) -> str:
    """What the page says."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", visitor.page.text)).split())


def started(visitor: Visitor, button: str, **fields: Any) -> str:
    """Confirm, approvals whatever the checks say; the address of the run."""
    if button.startswith("Approve"):
        fields.setdefault("leave_doubtful", [])
    answer = visitor.submit(fields, button=button)
    assert answer.status_code == 303, words(visitor)
    visitor.follow()
    return visitor.path
