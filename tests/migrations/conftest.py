"""Fixtures of the migrations' tests."""

from tests.support.office import office

__all__ = ["office"]
