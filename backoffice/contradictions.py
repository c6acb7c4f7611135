"""What must never be found in the tables: rows that contradict what holds, and the sentence that each of them is.

`check-invariants` asks for more than a hundred kinds of them, and in the tests thousands of times. To word a statement
takes longer than to send it over a small table, so each is worded once in a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, Select, select

from backoffice.database import session


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rows that must not be there; `sentence` is filled with the columns of each, `only` leaves some of them out."""

    sentence: str
    statement: Executable
    only: Callable[[Row[Any]], bool] | None = None


def found(*kinds: Callable[[], Iterable[Contradiction]]) -> Iterator[str]:
    """The sentences of all rows there are of these kinds. What they are may depend on nothing: it is asked once."""
    for kind in kinds:
        for one in _worded(kind):
            for row in session.execute(one.statement):
                if one.only is None or one.only(row):
                    yield one.sentence.format(*row)


@cache
def _worded(kind: Callable[[], Iterable[Contradiction]]) -> tuple[Contradiction, ...]:
    return tuple(kind())


def one_each(statement: Select[Any]) -> Select[Any]:
    """Each row of a statement of one column once, where its groups are smaller than what is told of."""
    (column,) = statement.subquery().c
    return select(column).distinct().order_by(column)
