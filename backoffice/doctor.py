"""What this installation runs on, and which settings would be unsafe in production."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from backoffice import clock, scheduling
from backoffice.config import Settings
from backoffice.database import session

# The range of releases whose WAL reset can corrupt a database used by two connections.
WAL_RACE = ((3, 7, 0), (3, 51, 2))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing: `ok`, `note` or `unsafe`."""

    level: str
    text: str


def findings(settings: Settings) -> list[Finding]:
    """Look at the running parts and the settings."""
    return [*_parts(settings), *_settings(settings)]


def _parts(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", f"Python {sys.version.split()[0]}")
    if settings.is_sqlite:
        version = session.scalar(text("SELECT sqlite_version()")) or "0"
        numbers = tuple(int(part) for part in version.split("."))
        risky = WAL_RACE[0] <= numbers <= WAL_RACE[1]
        yield Finding("unsafe" if risky else "ok", f"SQLite {version}{' has the WAL-reset race' if risky else ''}")
    else:
        yield Finding("ok", f"PostgreSQL {session.scalar(text('SHOW server_version'))}")
    life = scheduling.life(clock.now())
    yield Finding("ok" if life.works else "note", f"worker {_seen(life.worker_age)}")
    yield Finding("ok" if life.is_led else "note", f"worker that leads {_seen(life.leader_age)}")


def _seen(age: timedelta | None) -> str:
    return "never seen" if age is None else f"last seen {age.total_seconds():.0f} s ago"


def _settings(settings: Settings) -> Iterator[Finding]:
    checks = {
        "demo mode is on: everybody knows the passwords and the signing key": settings.demo,
        "BACKOFFICE_SECURE_COOKIES is off: cookies travel without TLS": not settings.secure_cookies,
        "BACKOFFICE_TRUSTED_HOSTS is empty: any Host header is answered": not settings.trusted_hosts,
        "BACKOFFICE_EXTERNAL_URL is not https": not settings.external_url.startswith("https://"),
        "BACKOFFICE_MAIL_SECURITY is none: invoices travel in clear text": settings.mail_security == "none",
    }
    for sentence, unsafe in checks.items():
        if unsafe:
            yield Finding("unsafe", sentence)
