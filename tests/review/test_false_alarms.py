"""The checks over the demo's year: what was approved in the end must have raised few hints when it was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backoffice import clock
from backoffice.database import close_connections, session
from backoffice.demo import cast, story
from backoffice.demo.deeds import Deeds
from backoffice.review.checks import panel, wishes
from backoffice.review.checks.facts import Outcome
from backoffice.review.queries import dossier as dossiers
from backoffice.review.queries import evidence
from tests.review.checks import cases
from tests.support import databases
from tests.support.apps import bare_app, test_settings

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
MOST_PERCENT = 5


@dataclass
class Year:
    """How often each check spoke up when a reviewer was about to approve, and beside which remarks each approval was
    given."""

    spoke: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)


@pytest.fixture
def year(tmp_path: Path, freeze: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch) -> Year:
    """The demo's year, with a look at the evidence before each approval."""
    seen = Year()
    approved = Deeds._approved

    def look_first(deeds: Deeds, reviewer: str, number: str, *rest: Any) -> str | None:
        facts = evidence.facts(dossiers.dossier(number), now=clock.now())
        found = panel.run(facts)
        session.rollback()
        state = approved(deeds, reviewer, number, *rest)
        if state == "approved":
            seen.remarks.append(facts.remarks)
            seen.spoke.update(check.code for check in found if check.outcome != Outcome.PASS)
        return state

    monkeypatch.setattr(Deeds, "_approved", look_first)
    freeze(NOW)
    settings = test_settings(tmp_path, databases.new_database("sqlite", tmp_path))
    app = bare_app(settings)
    with app.app_context():
        story.seed(settings, seed=2026)
        session.remove()
        close_connections()
    return seen


# Harmless, and given to read all the same: they may as well name another party, a share, a day or a standing order.
READ_ALL_THE_SAME = {"Project Aurora", "PO#88-1234", "Monthly invoice", "智慧园区项目", "10月份发票"}


def test_of_the_remarks_that_customers_write_few_are_given_to_read() -> None:
    said = [
        (who, one.format(name=who, first=who.split()[0], buyer=cases.COMPANY, before=9, last=10, quarter="三"))
        for who, language in (("Ada Lin", "en"), ("薄文博", "zh"))
        for one in cast.REMARKS[language]
    ]
    assert len(said) > 50
    found = {one: wishes.remarks(cases.facts(remarks=one, applicant=who)).outcome for who, one in said}
    assert {one for one, outcome in found.items() if outcome != Outcome.PASS} == READ_ALL_THE_SAME


def test_fewer_than_five_in_a_hundred_approved_requests_raise_a_hint(year: Year) -> None:
    approvals = len(year.remarks)
    assert approvals > 200, "a year of work"
    written = [one for one in year.remarks if one]
    assert len(written) > approvals / 4, "customers write something about every third time"
    assert len(set(written)) > 30, "and not always the same"
    print(f"\n{'check':12} {'hints':>6} {'percent':>8}   of {approvals} approved requests")
    for code in panel.LABELS:
        print(f"{code:12} {year.spoke[code]:6} {100 * year.spoke[code] / approvals:8.1f}")
    assert {code: count for code, count in year.spoke.items() if 100 * count >= MOST_PERCENT * approvals} == {}
