"""The places of a drawing as SVG writes them, to a tenth of a unit: filters of templates/components/plot.html.

The managers' page has two thousand such numbers: a macro for each of them took longer than the rest of its charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flask import Flask
from markupsafe import Markup


class Rectangle(Protocol):
    """What has a place, that of its upper left corner, and a size."""

    @property
    def x(self) -> float:
        """Its left edge."""

    @property
    def y(self) -> float:
        """Its upper edge."""

    @property
    def width(self) -> float:
        """From left to right."""

    @property
    def height(self) -> float:
        """From top to bottom."""


def tenths(value: float) -> Markup:
    """One number."""
    return Markup(f"{value:.1f}")  # noqa: S704  # nosec: a number


def sides(of: Rectangle) -> Markup:
    """The attributes of a rectangle."""
    numbers = f'x="{of.x:.1f}" y="{of.y:.1f}" width="{of.width:.1f}" height="{of.height:.1f}"'
    return Markup(numbers)  # noqa: S704  # nosec: numbers


def line(points: Sequence[tuple[float, float]]) -> Markup:
    """What follows the M of a path from point to point."""
    return Markup("L".join([f"{x:.1f} {y:.1f}" for x, y in points]))  # noqa: S704  # nosec: numbers


def init_svg(app: Flask) -> None:
    """Register the filters, each under the name of its function."""
    for function in (tenths, sides, line):
        app.jinja_env.filters[function.__name__] = function
