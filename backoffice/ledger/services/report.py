"""What became of the lines of a file: counted, summed, and told line by line where one was not taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from backoffice import clock
from backoffice.errors import Message
from backoffice.ledger.models import LedgerFile
from backoffice.ledger.rules import OPTIONAL_COLUMNS, Line
from backoffice.ledger.services.deciding import LineResult, Outcome, Sum
from backoffice.ledger.services.reading import BadLine
from backoffice.money import ZERO

KEPT_PROBLEMS = 50
# Of an import from before the sums told what was completed, this one is missing.
NO_SUMS = {str(Sum.PENDING): ZERO}


class Problem(NamedTuple):
    """A line that was not taken, and why."""

    number: int
    outcome: Outcome
    external_id: str
    reason: Message
    told: dict[str, str]


@dataclass(slots=True)
class Report:
    """What an import did, or would do. Of the problems only the first are kept here; all of them are in the table."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    sums: dict[str, Decimal] = field(default_factory=lambda: dict(NO_SUMS))
    problems: list[Problem] = field(default_factory=list)
    lines: int = 0
    assumed_zone: int = 0
    assumed_midnight: int = 0
    undone: bool = False
    encoding: str = ""
    delimiter: str = ""
    ignored: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    unended: bool = False
    imported_before: datetime | None = None

    @property
    def new_money(self) -> Decimal:
        """What the books took: recharges that became completed, less what was taken off recharges as refunded."""
        return self.sums.get(Sum.RECHARGE, ZERO) - self.sums.get(Sum.REFUND, ZERO)

    @property
    def clean(self) -> bool:
        """Whether every line was taken or known already."""
        return not self.troubled

    @property
    def troubled(self) -> int:
        """How many lines were refused or in conflict."""
        return self.counts[Outcome.REFUSED] + self.counts[Outcome.CONFLICT]

    @classmethod
    def of(cls, record: LedgerFile) -> Report:
        """The report so far of a file that is imported in several goes."""
        counts = (record.added, record.updated, record.unchanged, record.conflicts, record.refused)
        return cls(
            counts=dict(zip(Outcome, counts, strict=True)),
            sums={kind: Decimal(total) for kind, total in record.sums.items()},
            lines=record.lines,
            assumed_zone=record.assumed_zone,
            assumed_midnight=record.assumed_midnight,
            encoding=record.encoding,
            delimiter=record.delimiter,
            ignored=tuple(record.ignored_columns),
            samples=tuple(record.samples),
            unended=record.unended,
        )

    def emptied(self) -> Report:
        """A report on the same file of which no line is read yet."""
        return replace(self, counts=dict.fromkeys(Outcome, 0), sums=dict(NO_SUMS), problems=[], lines=0,
                       assumed_zone=0, assumed_midnight=0)  # fmt: skip

    def copy(self) -> Report:
        """A report that can be added to while this one still tells what is kept."""
        return replace(self, counts=dict(self.counts), sums=dict(self.sums), problems=list(self.problems))

    def add(self, results: Iterable[LineResult | BadLine]) -> list[Problem]:
        """Count what became of lines; returns the problems among them in the order of the file."""
        problems: list[Problem] = []
        for result in results:
            self.lines += 1
            if isinstance(result, BadLine):
                outcome = Outcome.CONFLICT if result.contradicts else Outcome.REFUSED
                problems.append(Problem(result.number, outcome, result.external_id, result.reason, result.told))
            else:
                line, outcome = result.line, result.outcome
                self.assumed_zone += line.assumed_zone
                self.assumed_midnight += line.assumed_midnight
                if result.reason is not None:
                    problems.append(Problem(line.number, outcome, line.external_id, result.reason, _told(line)))
                for name, change in result.sums.items():
                    self.sums[name] = self.sums.get(name, ZERO) + change
            self.counts[outcome] += 1
        problems.sort(key=lambda problem: problem.number)
        self.problems += problems[: KEPT_PROBLEMS - len(self.problems)]
        return problems


def _told(line: Line) -> dict[str, str]:
    told = {"kind": line.kind, "external_id": line.external_id, "account": line.account, "status": line.status,
            "amount": f"{line.amount:.2f}", "occurred_at": line.occurred_at.astimezone(clock.zone()).isoformat(),
            "refund_of": line.refund_of or ""}  # fmt: skip
    told |= {name: getattr(line, name) for name in OPTIONAL_COLUMNS}
    return {name: value for name, value in told.items() if value}
