"""How history is sealed: the form in which an event is hashed, and how one seal leans on the one before.

Whoever has the rows can do it again with the standard library alone: docs/decisions/0024 says it in words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# What of an event is sealed, in this order: all of it. Another column is another form, and old seals keep theirs.
FORM = 1
COLUMNS = (
    "id", "at", "actor_id", "actor_label", "actor_role", "via", "address", "action", "object_type", "object_id",
    "before", "after", "reason",
)  # fmt: skip
# A mark is the id of an event, eight bytes, and its sha256: by the marks of its seal each event is told by itself.
_ID, _HASH = 8, 32
MARK = _ID + _HASH
# In front of the first seal.
ORIGIN = "0" * 64
_LINE = re.compile(r"(?P<seal>[0-9]{1,18}) (?P<event>[0-9]{1,18}) (?P<sha256>[0-9a-f]{64}) (?P<at>\S{20,40})")


# What the audit log calls it when the file of heads had to be written anew.
LOST = "audit.heads_lost"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at a moment: its newest seal, the last event in it, and the hash over all of history."""

    seal: int
    event: int
    sha256: str
    at: datetime

    def line(self) -> str:
        """The head as a line of the file outside the database."""
        return f"{self.seal} {self.event} {self.sha256} {_instant(self.at)}\n"

    @classmethod
    def of_line(cls, line: str) -> Head:
        """The head that a line says. Raises ValueError for any other line."""
        said = _LINE.fullmatch(line.rstrip("\n"))
        if said is None:
            raise ValueError(f"no head: {line[:100]!r}")
        return cls(int(said["seal"]), int(said["event"]), said["sha256"], datetime.fromisoformat(said["at"]))


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal says: its number, the events it holds, one mark for each, and when it was set."""

    id: int
    first_event_id: int
    last_event_id: int
    events: int
    form: int
    marks: bytes
    sealed_at: datetime

    def hash_after(self, previous: str) -> str:
        """The hash of this seal where `previous` is that of the one before it, or ORIGIN."""
        said = [
            previous, self.id, self.first_event_id, self.last_event_id, self.events, self.form,
            hashlib.sha256(self.marks).hexdigest(), _instant(self.sealed_at),
        ]  # fmt: skip
        return hashlib.sha256(_json(said).encode()).hexdigest()

    def each(self) -> Iterator[tuple[int, bytes]]:
        """The events it holds: id and mark."""
        for begin in range(0, len(self.marks), MARK):
            mark = self.marks[begin : begin + MARK]
            yield int.from_bytes(mark[:_ID]), mark


def seal(seal_id: int, events: Sequence[Mapping[str, Any]], at: datetime) -> Sealed:
    """The seal over these events, which are in the order of their ids and not none."""
    first, last = events[0]["id"], events[-1]["id"]
    return Sealed(seal_id, first, last, len(events), FORM, b"".join(mark(event) for event in events), at)


def mark(event: Mapping[str, Any]) -> bytes:
    """The id of an event and the hash over all that it says."""
    return int(event["id"]).to_bytes(_ID) + hashlib.sha256(canonical(event).encode()).digest()


def canonical(event: Mapping[str, Any]) -> str:
    """All that an event says, in the one way both databases and every later version write it."""
    return _json([_instant(value) if isinstance(value := event[name], datetime) else value for name in COLUMNS])


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
