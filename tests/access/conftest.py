"""The filled installation that access, language and looks are checked on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from tests.access.atlas import Atlas
from tests.access.filled import draw
from tests.journeys.conftest import post, settings
from tests.journeys.stage import NOW, Stage
from tests.support.people import Cast

__all__ = ["post", "settings"]


@pytest.fixture
def atlas(freeze: Callable[[datetime], None], app: Flask, cast: Cast, post: Path) -> Atlas:
    """A request in every state, headers and mail; the clock stands at NOW."""
    freeze(NOW)
    return draw(Stage(app, cast).open_houses())
