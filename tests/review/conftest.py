"""The desk at NOW, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from tests.review.desk import NOW, Desk
from tests.support.office import office
from tests.support.people import Cast

__all__ = ["office"]


@pytest.fixture
def desk(freeze: Callable[[datetime], None], app: Flask, cast: Cast) -> Desk:
    """A filled installation; the clock stands at NOW."""
    freeze(NOW)
    return Desk(app, cast)
