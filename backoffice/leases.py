"""Work that one worker at a time has in its hands, and that comes back by itself when that worker dies.

Whoever takes a row writes a word of its own and an end into it, and moves the end on while it works. Each thing it
writes asks for its word again, so a worker that was too slow, or whose work was stopped meanwhile, writes nothing
more. One that died is followed by whoever comes after the end.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ColumnElement, String, update
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Instant, rows_changed, session

# What an update writes that gives the work back.
GIVEN_BACK: Final[dict[str, None]] = {"lease": None, "leased_until": None}


class LeaseLost(Exception):
    """The work was stopped, or somebody else has it by now: nothing more may be written for it."""


class Leased:
    """A row that is lent out; its table has `lease_is_whole` among its checks."""

    id: Mapped[int]
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)

    def lend(self, until: datetime) -> str:
        """Put the row into the caller's hands until then; the word that names these hands."""
        lease = uuid.uuid4().hex
        self.lease, self.leased_until = lease, until
        return lease

    @classmethod
    def lent(cls, row_id: int, lease: str) -> ColumnElement[bool]:
        """Whether the row is still in the hands that `lease` names."""
        return (cls.id == row_id) & (cls.lease == lease)

    @classmethod
    def renew(cls, row_id: int, lease: str, *, until: datetime) -> None:
        """Keep the row until then, in the transaction of whatever is written under the lease. Raises LeaseLost."""
        if not rows_changed(session.execute(update(cls).where(cls.lent(row_id, lease)).values(leased_until=until))):
            raise LeaseLost


def lease_is_whole(busy: str) -> CheckConstraint:
    """A row is lent out in the state `busy` and in no other, and never without an end."""
    return CheckConstraint(
        f"(state = '{busy}') = (lease IS NOT NULL) AND (lease IS NULL) = (leased_until IS NULL)", name="lease_is_whole"
    )
