"""Fixtures of the migrations' tests."""

import pytest

from tests.support.office import as_before_checks_were_kept, office

__all__ = ["office"]


@pytest.fixture(autouse=True)
def _as_an_earlier_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the way down the checks of a verdict are lost, and an event that has them says so. These tests stand for an
    earlier release, which kept none and told the audit log of none."""
    as_before_checks_were_kept(monkeypatch)
