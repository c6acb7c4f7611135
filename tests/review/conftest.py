"""The desk at NOW, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from tests.review.desk import NOW, Desk
from tests.review.four_eyes import threshold
from tests.support.office import office
from tests.support.people import Cast

__all__ = ["office"]


@pytest.fixture
def desk(freeze: Callable[[datetime], None], app: Flask, cast: Cast) -> Desk:
    """A filled installation; the clock stands at NOW."""
    freeze(NOW)
    return Desk(app, cast)


@pytest.fixture
def four_eyes(desk: Desk) -> Desk:
    """From 1,000.00 on two people have to approve."""
    threshold(desk, "1000.00")
    return desk
