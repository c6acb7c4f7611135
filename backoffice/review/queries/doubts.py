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
from backoffice.review.checks.kept import Checked
from backoffice.review.queries import evidence
from backoffice.review.queries.dossier import Dossier, dossier

_GRAVEST_FIRST = (Outcome.FAIL, Outcome.WARN, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Doubts:
    """The outcome of the gravest check, the names of those that warn or fail, the gravest first, and what all said."""

    worst: Outcome
    names: tuple[Message, ...] = ()
    checked: Checked | None = None

    def __bool__(self) -> bool:
        return bool(self.names)


def listed(names: Sequence[Message]) -> Message:
    """Several names, at least one, as one sentence that can still be translated."""
    return reduce(lambda so_far, name: Message(N_("%(first)s, %(next)s"), first=so_far, next=name), names)


def worked_out(about: Dossier, *, now: datetime, currency: str) -> Checked:
    """What every check says at this moment; four statements beside the dossier's."""
    return Checked(panel.run(evidence.facts(about, now=now, currency=currency)), now)


def doubts(number: str, *, now: datetime, currency: str) -> Doubts | None:
    """What the checks say about a request that waits for a verdict; None where it waits for none. Ten statements.

    Raises NotFound.
    """
    whole = dossier(number)
    if whole.request.state != State.PENDING:
        return None
    found = worked_out(whole, now=now, currency=currency)
    worst = min((check.outcome for check in found.checks), key=_GRAVEST_FIRST.index)
    names = [Message(panel.LABELS[check.code]) for check in found.checks if check.outcome != Outcome.PASS]
    return Doubts(worst, tuple(names), found)
