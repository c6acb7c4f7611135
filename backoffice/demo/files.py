"""The bank's files of the demo, handed in at the page: a clean one, a settled conflict, a trial, and one in trouble."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from sqlalchemy import select

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.demo.stage import Stage
from backoffice.ledger import jobs as imports
from backoffice.ledger.models import FileVia, LedgerLineProblem, is_open_conflict
from backoffice.ledger.rules import COLUMNS
from backoffice.ledger.services import conflicts, encodings, files, reading

SOURCE = "bank"
Row = dict[str, str]


def plan(stage: Stage) -> None:
    """Let the administrator hand in four files; of the last one three lines are refused and one is in conflict."""
    first = [_transfer(stage, 66, "lumen", "18600.00"), _transfer(stage, 63, "yunqi", "9200.00")]
    second = [_transfer(stage, 41, "lumen", "24000.00"), _transfer(stage, 38, "lumen", "7350.50")]
    third = [
        _transfer(stage, 3, "lumen", "12500.00"),
        _transfer(stage, 2, "yunqi", "6400.00"),
        {**second[0], "amount": "42000.00"},
        _transfer(stage, 2, "lumin", "5000.00"),
        _transfer(stage, 2, "yunqi", "1.234,50"),
        {**_transfer(stage, 2, "yunqi", "900.00"), "currency": "EUR"},
        _transfer(stage, 2, "lumen", "31080.00"),
    ]

    def hand_in(at: datetime, name: str, rows: list[Row], *, trial: bool = False) -> None:
        stage.schedule(at, lambda: _hand_in(stage, name, rows, trial=trial))

    hand_in(stage.ago(60), f"bank-{stage.ago(60):%Y-%m}.csv", first)
    hand_in(stage.ago(35), f"bank-{stage.ago(35):%Y-%m}.csv", [*second, {**first[0], "amount": "16800.00"}])
    stage.schedule(stage.ago(34), lambda: _settle(stage))
    hand_in(stage.ago(1, 9), f"bank-{stage.ago(1):%Y-%m-%d}.csv", third, trial=True)
    hand_in(stage.ago(1, 9, 20), f"bank-{stage.ago(1):%Y-%m-%d}.csv", third)


def _transfer(stage: Stage, days: int, code: str, amount: str) -> Row:
    at = stage.ago(days, 9, 5)
    place = f"{stage.random.randrange(10**8):08d}"
    row = dict.fromkeys(COLUMNS, "")
    row |= {"kind": "recharge", "external_id": f"BT-{at:%Y%m%d}-{place[:4]}", "account": code, "status": "completed"}
    row |= {"amount": amount, "currency": stage.settings.currency, "occurred_at": at.isoformat()}
    return row | {"channel": "Bank transfer", "bank_reference": place, "description": "Account top-up"}


def _hand_in(stage: Stage, name: str, rows: list[Row], *, trial: bool) -> None:
    """What the page of imports does with a file, and the worker after it."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    file = io.BytesIO(written.getvalue().encode())
    facts = encodings.examine(file)
    shape = reading.shape(file, facts.encoding)
    storage.put_file(file, facts.sha256)
    with transaction():
        order = files.Order(name, SOURCE, FileVia.PAGE, dry_run=trial)
        record = files.enter(stage.people["ana"], order, facts, shape, now=clock.now())
        if record.asks:  # beside the platform the bank is a new source
            files.confirm(stage.people["ana"], record.id, SOURCE, now=clock.now())
    imports.import_due()


def _settle(stage: Stage) -> None:
    """Say why the one conflict there is needs no correction of the books."""
    with transaction():
        for problem_id in session.scalars(select(LedgerLineProblem.id).where(is_open_conflict())).all():
            reason = "The bank confirms 18,600.00; the second file had a typing mistake."
            conflicts.settle(stage.people["ana"], problem_id, reason, now=clock.now())
