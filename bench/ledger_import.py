"""Lines per second of `ledger import`, beside the floor: the same rows by a bare executemany or COPY."""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.config import Settings
from backoffice.database import db, session, transaction
from backoffice.ledger.jobs import import_file
from backoffice.permissions import SYSTEM
from bench.ground import KINDS, installed

LINES = 50_000
HEAD = ("kind", "external_id", "account", "status", "amount", "currency", "occurred_at", "refund_of", "description")


def run() -> None:
    """Print lines per second of the import, of its repetition, and of the floor."""
    print(f"{'database':11} {'import/s':>10} {'again/s':>10} {'floor/s':>10} {'ratio':>6}")
    for kind in KINDS:
        with installed(kind) as app, TemporaryDirectory() as folder, app.app_context():
            path = Path(folder) / "entries.csv"
            _write(path)
            settings: Settings = app.config["BACKOFFICE_SETTINGS"]
            with transaction():
                for number in range(20):
                    accounts.create_account(SYSTEM, code=f"a{number}", name=f"Account {number}", now=clock.now())
            first, again = (_import(path, settings) for _ in range(2))
            floor = _floor(kind, path)
            print(
                f"{kind:11} {LINES / first:10,.0f} {LINES / again:10,.0f} {LINES / floor:10,.0f} {first / floor:6.1f}",
                flush=True,
            )


def _write(path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for number in range(LINES):
            kind = "consumption" if number % 3 else "recharge"
            at = (start + timedelta(minutes=number)).isoformat()
            writer.writerow((kind, f"X{number}", f"a{number % 20}", "completed", "12.34", "CNY", at, "", "API"))


def _import(path: Path, settings: Settings) -> float:
    began = time.perf_counter()
    report = import_file(path, SYSTEM, source="bench", currency=settings.currency, zone=settings.zone)
    assert report.lines == LINES
    assert report.clean, report.problems[:3]
    return time.perf_counter() - began


def _floor(kind: str, path: Path) -> float:
    """Read the same file and store its rows in a bare table with a unique key, without rules."""
    with transaction():
        session.execute(
            text("CREATE TABLE floor (external_id TEXT PRIMARY KEY, kind TEXT, account TEXT, amount TEXT, at TEXT)")
        )
    began = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            (r["external_id"], r["kind"], r["account"], r["amount"], r["occurred_at"]) for r in csv.DictReader(file)
        ]
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if kind == "sqlite":
            cursor.execute("PRAGMA query_only = OFF")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany("INSERT INTO floor VALUES (?, ?, ?, ?, ?)", rows)
            cursor.execute("COMMIT")
        else:
            with cursor.copy("COPY floor FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
            raw.commit()
    finally:
        raw.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    run()
