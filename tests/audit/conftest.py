"""The office at work, and a sealed history."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from backoffice.audit import heads, jobs
from backoffice.audit.services import sealing
from tests.audit.tampering import empty, put
from tests.support.office import office

__all__ = ["office"]


@pytest.fixture
def log(context: Flask, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six events with room between their ids, sealed two by two; the file of heads."""
    empty()
    monkeypatch.setattr(sealing, "BATCH", 2)
    put(10, 20, 30, 40, 50, 60)
    assert jobs.seal() == 6
    return heads.place(context.config["BACKOFFICE_SETTINGS"].instance_path)
