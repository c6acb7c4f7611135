"""Proving that history is what was sealed, and naming the first place where it is not.

Everything is worked out again from the rows themselves; of what is stored nothing is believed but the marks of a seal
whose hash is right. A chain that was rewritten as a whole is right in itself: it is told by a head from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from backoffice.audit import rules
from backoffice.audit.queries import seals
from backoffice.audit.rules import Head, Sealed
from backoffice.errors import N_, Message


@dataclass(frozen=True, slots=True)
class Outside:
    """Heads that were written outside the database: by the number of their seal, and hashes of which no more is known
    (a mail that was kept)."""

    heads: Mapping[int, Head] = field(default_factory=dict)
    hashes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, heads: Iterable[Head], hashes: Iterable[str] = ()) -> Outside:
        """Heads as they stand in a file; the last one of a number counts."""
        return cls({head.seal: head for head in heads}, frozenset(hashes))


@dataclass(frozen=True, slots=True)
class Step:
    """How far a walk has come: the seal, the events until it, and the fault that ends the walk."""

    seal: int
    events: int
    last_event_id: int
    sha256: str
    fault: Message | None = None


NOTHING_OUTSIDE = Outside()


def walk(
    outside: Outside = NOTHING_OUTSIDE, *, after: int = 0, between: Callable[[], None] = lambda: None
) -> Iterator[Step]:
    """Prove one seal after the other and stop at the first fault.

    With `after` it begins behind that seal, which is believed. `between` is called after each read: over a long history
    it ends the transaction.
    """
    start = seals.head_of(after)
    at = Step(after, 0, start.event, start.sha256) if start else Step(0, 0, 0, rules.ORIGIN)
    unseen = set(outside.hashes)
    while (found := seals.seal_after(at.seal)) is not None:
        at = _step(at, *found, outside)
        between()
        unseen.discard(at.sha256)
        yield at
        if at.fault is not None:
            return
    if (fault := _cut_off(at, outside, unseen)) is not None:
        yield Step(at.seal, at.events, at.last_event_id, at.sha256, fault)


def _step(at: Step, said: Sealed, stored: str, outside: Outside) -> Step:
    sha256 = said.hash_after(at.sha256)
    head = outside.heads.get(said.id)
    fault = (
        _out_of_line(at, said, stored, sha256)
        or (_rewritten(said, head) if head is not None and head.sha256 != sha256 else None)
        or _differing(at, said)
    )
    return Step(said.id, at.events + said.events, said.last_event_id, sha256, fault)


def _out_of_line(at: Step, said: Sealed, stored: str, sha256: str) -> Message | None:
    if said.id != at.seal + 1:
        told = N_("Seal %(seal)s is gone: it began with the first event after %(event)s.")
        return Message(told, seal=at.seal + 1, event=at.last_event_id)
    ids = [event_id for event_id, _ in said.each()]
    in_order = all(before < later for before, later in zip([at.last_event_id, *ids], ids, strict=False))
    whole = in_order and ids[:1] == [said.first_event_id] and ids[-1:] == [said.last_event_id]
    if stored != sha256 or said.form != rules.FORM or len(ids) != said.events or not whole:
        told = N_("Seal %(seal)s was edited: it holds the events from %(event)s on.")
        return Message(told, seal=said.id, event=said.first_event_id)
    return None


def _rewritten(said: Sealed, head: Head) -> Message:
    told = N_(
        "Seal %(seal)s is another than was written outside on %(at)s: history was rewritten from event %(event)s on."
    )
    return Message(told, seal=said.id, at=head.at, event=said.first_event_id)


def _differing(at: Step, said: Sealed) -> Message | None:
    """The first event between the former seal and the end of this one that is not as its mark says."""
    # One more than there are marks: an event that was put in is seen, however many there are.
    events = seals.events_between(at.last_event_id, said.last_event_id, said.events + 1)
    return differing(list(said.each()), events)


def differing(marks: Sequence[tuple[int, bytes]], events: Sequence[Mapping[str, Any]]) -> Message | None:
    """The first difference between marks and events, both in the order of their ids."""
    for marked, event in zip_longest(marks, events):
        found = None if event is None else int(event["id"])
        if marked is not None and (found is None or found > marked[0]):
            return Message(N_("Audit event %(event)s was deleted after it was sealed."), event=marked[0])
        if marked is None or (found is not None and found < marked[0]):
            told = N_("Audit event %(event)s was not there when its place in history was sealed.")
            return Message(told, event=found)
        if event is not None and rules.mark(event) != marked[1]:
            return Message(N_("Audit event %(event)s was edited after it was sealed."), event=marked[0])
    return None


def _cut_off(at: Step, outside: Outside, unseen: set[str]) -> Message | None:
    later = min((head.seal for head in outside.heads.values() if head.seal > at.seal), default=None)
    if later is not None:
        head = outside.heads[later]
        told = N_(
            "History was cut off after event %(event)s: seal %(seal)s was written outside on %(at)s, and is gone."
        )
        return Message(told, event=at.last_event_id, seal=head.seal, at=head.at)
    if unseen:
        told = N_("No seal has the hash %(sha256)s: history was rewritten or cut off before it.")
        return Message(told, sha256=min(unseen))
    return None
