"""The checks over the demo's year: what was approved in the end must have raised few hints when it was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backoffice import clock
from backoffice.database import db, session
from backoffice.demo import story
from backoffice.demo.deeds import Deeds
from backoffice.review.checks import panel
from backoffice.review.checks.facts import Outcome
from backoffice.review.queries import dossier as dossiers
from backoffice.review.queries import evidence
from tests.support import databases
from tests.support.apps import bare_app, test_settings

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
MOST_PERCENT = 5


@pytest.fixture
def raised(
    tmp_path: Path, freeze: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> tuple[Counter[str], int]:
    """How often each check spoke up when a reviewer was about to approve, and how many approvals there were."""
    spoke: Counter[str] = Counter()
    approvals = 0
    approved = Deeds._approved

    def look_first(deeds: Deeds, reviewer: str, number: str, *rest: Any) -> str | None:
        facts = evidence.facts(dossiers.dossier(number), now=clock.now())
        found = panel.run(facts)
        session.rollback()
        state = approved(deeds, reviewer, number, *rest)
        if state == "approved":
            nonlocal approvals
            approvals += 1
            spoke.update(check.code for check in found if check.outcome != Outcome.PASS)
        return state

    monkeypatch.setattr(Deeds, "_approved", look_first)
    freeze(NOW)
    settings = test_settings(tmp_path, databases.new_database("sqlite", tmp_path))
    app = bare_app(settings)
    with app.app_context():
        story.seed(settings, seed=2026)
        session.remove()
        db.engine.dispose()
    return spoke, approvals


def test_fewer_than_five_in_a_hundred_approved_requests_raise_a_hint(raised: tuple[Counter[str], int]) -> None:
    spoke, approvals = raised
    assert approvals > 200, "a year of work"
    print(f"\n{'check':12} {'hints':>6} {'percent':>8}   of {approvals} approved requests")
    for code in panel.LABELS:
        print(f"{code:12} {spoke[code]:6} {100 * spoke[code] / approvals:8.1f}")
    assert {code: count for code, count in spoke.items() if 100 * count >= MOST_PERCENT * approvals} == {}
