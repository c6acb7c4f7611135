"""What a row says about a file that a customer encloses: the request itself, and a draft of one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

_ENCLOSED = text("support_sha256 IS NOT NULL")


class Enclosing:
    """A row that may name a document of the store, with its cleaned name and its checked media type: all or nothing."""

    support_sha256: Mapped[str | None] = mapped_column(String(64))
    support_name: Mapped[str | None] = mapped_column(String(120))
    support_type: Mapped[str | None] = mapped_column(String(20))
    support_size: Mapped[int | None]


def enclosing_args(table: str) -> tuple[Any, ...]:
    """What the table of such rows adds to its arguments: the rule, and the index that tells whether a file is named."""
    whole = " AND ".join(f"(support_sha256 IS NULL) = (support_{other} IS NULL)" for other in ("name", "type", "size"))
    return (
        CheckConstraint(whole, name="support_is_whole"),
        Index(f"ix_{table}_support_sha256", "support_sha256", sqlite_where=_ENCLOSED, postgresql_where=_ENCLOSED),
    )
