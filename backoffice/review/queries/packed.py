"""Rows of another table as one text inside a statement that is sent anyway, so that whoever has none pays for none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

from sqlalchemy import String, Text, cast, func

# No cleaned name, encoded query or number holds these.
_FIELD, _LINE = "\x1f", "\x1e"


def packed(*columns: Any) -> Any:
    """All rows of the statement around it in one text, in no order; empty or None without rows."""
    texts = [column if isinstance(column.type, String) else cast(column, Text) for column in columns]
    return func.aggregate_strings(reduce(lambda line, text: line + _FIELD + text, texts), _LINE)


def unpacked(told: str | None) -> Iterator[list[str]]:
    """The rows that `packed` made one text of."""
    return (line.split(_FIELD) for line in (told or "").split(_LINE) if line)
