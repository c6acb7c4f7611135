"""What a form carries for the server and nobody else may write: signed values, each kind for one purpose."""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def sign(value: Any, purpose: str) -> str:
    """JSON as text for a hidden field or a cookie. It can be read by whoever holds it, but not changed."""
    return str(_serializer(purpose).dumps(value))


def read(signed: str | None, purpose: str) -> Any:
    """The value that was signed for `purpose`; None for anything else."""
    if not signed:
        return None
    try:
        return _serializer(purpose).loads(signed)
    except (BadData, ValueError, RecursionError):
        return None


def _serializer(purpose: str) -> URLSafeSerializer:
    # Signed with the last key, read with each: what was begun before a change of keys goes on.
    former: list[str] = current_app.config.get("SECRET_KEY_FALLBACKS") or []
    keys = [*former, current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt=f"backoffice.portal.{purpose}")
