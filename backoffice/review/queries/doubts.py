"""What the checks of a request come to in one word, and which of them warn or fail: for whoever decides on many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from backoffice.errors import N_, Message
from backoffice.requests.rules import State
from backoffice.review.checks import panel
from backoffice.review.checks.facts import Outcome
from backoffice.review.queries import evidence
from backoffice.review.queries.dossier import dossier

_GRAVEST_FIRST = (Outcome.FAIL, Outcome.WARN, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Doubts:
    """The outcome of the gravest check, and the names of those that warn or fail, the gravest first."""

    worst: Outcome
    names: tuple[Message, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names)


def listed(names: Sequence[Message]) -> Message:
    """Several names, at least one, as one sentence that can still be translated."""
    return reduce(lambda so_far, name: Message(N_("%(first)s, %(next)s"), first=so_far, next=name), names)


def doubts(number: str, *, now: datetime, currency: str) -> Doubts | None:
    """What the checks say about a request that waits for a verdict; None where it waits for none. Ten statements.

    Raises NotFound.
    """
    whole = dossier(number)
    if whole.request.state != State.PENDING:
        return None
    found = panel.run(evidence.facts(whole, now=now, currency=currency))
    worst = min((check.outcome for check in found), key=_GRAVEST_FIRST.index)
    names = [Message(panel.LABELS[check.code]) for check in found if check.outcome != Outcome.PASS]
    return Doubts(worst, tuple(names))
