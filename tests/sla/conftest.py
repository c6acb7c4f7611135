"""The service level is tested on the same filled installation as the desk."""

from tests.review.conftest import desk

__all__ = ["desk"]
