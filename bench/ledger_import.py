"""Lines per second of `ledger import`, beside the floor: the same rows by a bare executemany or COPY; and its memory.

100,000 lines as a platform writes them: recharges, a tenth of them refunded, consumption, grants, several accounts.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.config import Settings
from backoffice.database import db, session, transaction
from backoffice.ledger.jobs import import_file
from backoffice.permissions import SYSTEM
from bench.ground import KINDS, installed

LINES = 100_000
FEW = 10_000
ACCOUNTS = 40
HEAD = ("kind", "external_id", "account", "status", "amount", "currency", "occurred_at", "refund_of", "channel",
        "payer_name", "bank_reference", "description")  # fmt: skip
# The columns of a ledger entry, without keys, checks and indexes.
FLOOR = ("source", "external_id", "kind", "account_id", "status", "amount", "occurred_at", "occurred_on", "refund_of",
         "applied", "channel", "payer_name", "bank_reference", "description", "file_id", "created_at", "refunded",
         "reserved", "invoiced")  # fmt: skip


def run() -> None:
    """Print seconds of the import, of its repetition, of all lines or none, and of the floor; then memory by length."""
    print(f"{LINES:,} lines in seconds, and as times the floor")
    print(f"{'database':11} {'import':>7} {'again':>7} {'strict':>7} {'floor':>7} {'ratio':>6} {'strict':>6}")
    for kind in KINDS:
        with installed(kind) as app, TemporaryDirectory() as folder, app.app_context():
            path = Path(folder) / "entries.csv"
            write(path, LINES)
            open_accounts()
            settings: Settings = app.config["BACKOFFICE_SETTINGS"]
            first, again = (import_seconds(path, settings, LINES) for _ in range(2))
            strict = import_seconds(path, settings, LINES, source="strict", strict=True)
            floor = _floor(kind, path)
            print(
                f"{kind:11} {first:7.1f} {again:7.1f} {strict:7.1f} {floor:7.2f} {first / floor:6.1f}"
                f" {strict / floor:6.1f}",
                flush=True,
            )
    print(f"\n{'database':11} {'lines':>8} {'peak MiB':>9}")
    for kind in KINDS:
        for lines in (FEW, LINES):
            print(f"{kind:11} {lines:8,} {_peak(kind, lines):9.0f}", flush=True)


def open_accounts() -> None:
    """The customer accounts that the lines name."""
    with transaction():
        for number in range(ACCOUNTS):
            accounts.create_account(SYSTEM, code=f"a{number}", name=f"Account {number}", now=clock.now())


def write(path: Path, lines: int) -> None:
    """A file of so many lines."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(_rows(lines))


def _rows(lines: int) -> Iterator[tuple[str, ...]]:
    """Of ten lines four are recharges, one a refund of an earlier one, four consumption, one a grant."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for number in range(lines):
        kind = ("recharge", "consumption", "recharge", "consumption", "grant", "recharge", "consumption", "recharge",
                "consumption", "refund")[number % 10]  # fmt: skip
        account, of = f"a{number // 10 % ACCOUNTS}", ""
        if kind == "refund":
            # The last but one recharge of the same ten lines: same account, booked before or with it.
            of, amount = f"X{number - 4}", "5.00"
        else:
            amount = f"{10 + number % 9000}.{number % 100:02}"
        at = (start + timedelta(minutes=5 * number)).isoformat()
        payer = ("上海流明机器人有限公司", f"HX{number:012}") if kind == "recharge" else ("", "")
        yield (kind, f"X{number}", account, "completed", amount, "CNY", at, of, "Bank transfer" if payer[0] else "",
               *payer, "API 调用额度充值")  # fmt: skip


def import_seconds(path: Path, settings: Settings, lines: int, *, source: str = "bench", strict: bool = False) -> float:
    """Seconds of one import of the file, which must go through clean."""
    began = time.perf_counter()
    report = import_file(path, SYSTEM, source=source, currency=settings.currency, zone=settings.zone, strict=strict)
    assert report.lines == lines
    assert report.clean, report.problems[:3]
    return time.perf_counter() - began


def _floor(kind: str, path: Path) -> float:
    """Read the same file and store its rows in a bare table of the same columns, without rules, keys or indexes."""
    with transaction():
        session.execute(text(f"CREATE TABLE floor ({', '.join(f'{name} TEXT' for name in FLOOR)})"))
    began = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        rows = [_floor_row(row) for row in csv.DictReader(file)]
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if kind == "sqlite":
            cursor.execute("PRAGMA query_only = OFF")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(f"INSERT INTO floor VALUES ({', '.join('?' * len(FLOOR))})", rows)
            cursor.execute("COMMIT")
        else:
            with cursor.copy("COPY floor FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)
            raw.commit()
    finally:
        raw.close()
    return time.perf_counter() - began


def _floor_row(row: dict[str, Any]) -> tuple[Any, ...]:
    at = row["occurred_at"]
    return (
        "bench", row["external_id"], row["kind"], row["account"], row["status"], row["amount"], at, at[:10],
        row["refund_of"] or None, "0", row["channel"], row["payer_name"], row["bank_reference"], row["description"],
        "1", at, "0", "0", "0",
    )  # fmt: skip


def _peak(kind: str, lines: int) -> float:
    """Peak resident MiB of a process that imports so many lines, all of them or none."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.ledger_import", kind, str(lines)], check=True, capture_output=True, text=True
    )
    peak: float = json.loads(told.stdout)
    return peak


def measure(kind: str, lines: int) -> float:
    """Import in this process and say its peak resident MiB."""
    import resource

    with installed(kind) as app, TemporaryDirectory() as folder, app.app_context():
        path = Path(folder) / "entries.csv"
        write(path, lines)
        open_accounts()
        import_seconds(path, app.config["BACKOFFICE_SETTINGS"], lines, strict=True)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))) if len(sys.argv) == 3 else run() or "")
