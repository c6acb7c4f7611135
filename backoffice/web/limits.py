"""Whom the limits of rate count together."""

from __future__ import annotations

from flask_limiter.util import get_remote_address
from flask_login import current_user


def who_asks() -> str:
    """The person, whatever session and address they come from: colleagues behind one address do not slow each other."""
    return f"user {current_user.id}" if current_user.is_authenticated else f"address {get_remote_address()}"
