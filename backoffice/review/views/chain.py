"""What pages of the register say of the sealed chain that proves it."""

from __future__ import annotations

from typing import NamedTuple

from backoffice.audit.queries import seals
from backoffice.audit.rules import Head
from backoffice.permissions import Permission
from backoffice.web.guards import current_actor


class Sealed(NamedTuple):
    """How far history is sealed, None where nothing is yet; and whether the reader may open the page that proves it."""

    head: Head | None
    may_open: bool


def sealed() -> Sealed:
    """The chain as it stands."""
    return Sealed(seals.head(), current_actor().can(Permission.SEE_AUDIT))
