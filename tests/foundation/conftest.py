"""Fixtures of the foundation's tests."""

from tests.support.office import office

__all__ = ["office"]
