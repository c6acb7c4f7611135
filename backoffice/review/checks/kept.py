"""What the checks of a request said, as it is kept with a verdict: sentences that can still be translated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from backoffice.errors import Message, packed, unpacked
from backoffice.review.checks.facts import Check, Datum, Outcome, Value


@dataclass(frozen=True, slots=True)
class Checked:
    """What every check of a request said, the gravest first, and when that was worked out."""

    checks: Sequence[Check]
    at: datetime


def as_kept(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Checks as JSON holds them, in their order."""
    return [
        {
            "code": check.code,
            "outcome": str(check.outcome),
            "message": packed(check.message),
            "data": [
                {"label": packed(datum.label), "value": packed(datum.value)}
                | ({"request": datum.request} if datum.request is not None else {})
                for datum in check.data
            ],
        }
        for check in checks
    ]


def fingerprint(kept: Sequence[dict[str, Any]], at: datetime) -> str:
    """The SHA-256 of what `as_kept` wrote and of when that was worked out, in whatever order names come back."""
    whole = {"at": at.astimezone(UTC).isoformat(timespec="microseconds"), "checks": kept}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def from_kept(kept: Iterable[dict[str, Any]]) -> tuple[Check, ...]:
    """The checks that `as_kept` wrote."""
    return tuple(
        Check(
            one["code"],
            Outcome(one["outcome"]),
            cast(Message, unpacked(one["message"])),
            tuple(
                Datum(
                    cast("Message | str", unpacked(datum["label"])),
                    cast(Value, unpacked(datum["value"])),
                    datum.get("request"),
                )
                for datum in one["data"]
            ),
        )
        for one in kept
    )
