"""`make run`: all parts come up, a part that dies comes back, and nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from backoffice import clock, supervisor
from backoffice.database import close_connections, db
from tests.support import databases
from tests.support.apps import bare_app, test_settings
from tests.support.people import create_cast

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """A running supervisor and what it has printed."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backoffice.supervisor"],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def close(self) -> None:
        """Wait for the end and let go of the output."""
        self.process.wait(20)
        self._reader.join(timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def address(self) -> str:
        found = re.search(r"is ready: (http://\S+)", self.output)
        assert found, self.output
        return found[1]

    def children(self) -> dict[str, psutil.Process]:
        """The children by role."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            command = child.cmdline()
            if "backoffice.supervisor" in command:
                found[command[-1]] = child
        return found

    def readiness(self) -> dict[str, str]:
        with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
            body: dict[str, str] = json.load(answer)
        return body


def until(condition: Callable[[], bool], run: Run, seconds: float = 40) -> None:
    """Wait for `condition`; fail with everything the supervisor printed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, run.output
        time.sleep(0.05)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with a migrated database and people in it."""
    instance = tmp_path_factory.mktemp("run") / "instance"
    app = bare_app(test_settings(instance, databases.new_database("sqlite", instance)))
    with app.app_context():
        create_cast(clock.now())
        db.session.remove()
        close_connections()
    return instance


@pytest.fixture
def env(prepared: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a supervisor on a copy of that folder, with the clean settings of a first user."""
    shutil.copytree(prepared, tmp_path / "instance")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKOFFICE_")}
    return {**kept, "BACKOFFICE_INSTANCE_PATH": str(tmp_path / "instance"), "PORT": "18000", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run(env: dict[str, str]) -> Iterator[Run]:
    """A supervisor whose first page is there."""
    started = Run(env)
    try:
        until(lambda: "Ctrl-C stops everything" in started.output, started)
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
        started.close()


@pytest.mark.fault
def test_the_mail_server_is_there_until_the_worker_has_gone(run: Run) -> None:
    until(lambda: set(run.children()) == {"web", "worker", "mail"}, run)
    until(lambda: run.readiness()["worker"] == "ok", run)
    children = run.children()
    run.process.send_signal(signal.SIGINT)
    while children["worker"].is_running():
        # Looked at in this order: the worker was there when the mail server was looked at before.
        served = children["mail"].is_running()
        assert served or not children["worker"].is_running(), run.output
    assert run.process.wait(15) == 0
    assert not children["mail"].is_running()


@pytest.mark.fault
def test_all_parts_run_and_end_together(run: Run) -> None:
    until(lambda: set(run.children()) == {"web", "worker", "mail"}, run)
    until(lambda: run.readiness()["worker"] == "ok", run)
    assert "password invoice-demo-2026" in run.output
    assert f"{run.address}/dev/mail" in run.output
    assert "  mail | Catching mail on 127.0.0.1:" in run.output
    children = run.children()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(15) == 0
    assert [name for name, child in children.items() if child.is_running()] == []
    assert "killed" not in run.output


@pytest.mark.fault
def test_a_part_that_dies_is_reported_and_comes_back(run: Run) -> None:
    until(lambda: "worker" in run.children(), run)
    first = run.children()["worker"]
    first.kill()
    until(lambda: "worker | ended unexpectedly (exit code -9); starts again in 1 s" in run.output, run)
    until(lambda: "worker" in run.children(), run)
    assert run.children()["worker"].pid != first.pid


@pytest.mark.fault
def test_nothing_outlives_a_killed_supervisor(run: Run) -> None:
    until(lambda: "worker" in run.children(), run)
    children = run.children()
    run.process.kill()
    run.process.wait()
    until(lambda: not any(child.is_running() for child in children.values()), run, seconds=15)


@pytest.mark.fault
def test_a_taken_port_leads_to_the_next(env: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with supervisor.own_port(port) as ours, supervisor.own_port(port) as theirs:
            found = [port, ours.getsockname()[1], theirs.getsockname()[1]]
        assert found == sorted(set(found)), "what is chosen is taken at once, for whoever starts at the same moment"


def test_a_mail_server_of_ones_own_keeps_its_port(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKOFFICE_MAIL_SERVER", "mail.example")
    monkeypatch.setenv("BACKOFFICE_MAIL_PORT", "25")
    monkeypatch.setenv("PORT", env["PORT"])
    chosen, sockets = supervisor.environment()
    with sockets["web"] as web:
        assert (chosen["BACKOFFICE_MAIL_PORT"], set(sockets)) == ("25", {"web"})
        assert chosen["PORT"] == str(web.getsockname()[1])


@pytest.mark.fault
def test_two_that_start_at_once_have_each_their_own_pages_and_mail(env: dict[str, str], tmp_path: Path) -> None:
    """The second chooses while the first has chosen and nobody listens yet."""
    shutil.copytree(tmp_path / "instance", tmp_path / "other")
    runs = [Run(env), Run({**env, "BACKOFFICE_INSTANCE_PATH": str(tmp_path / "other")})]
    try:
        for one in runs:
            until(lambda one=one: "Catching mail on" in one.output and "is ready" in one.output, one)  # type: ignore[misc]
        assert len({one.address for one in runs}) == 2
        assert len({re.search(r"Catching mail on \S+", one.output)[0] for one in runs}) == 2  # type: ignore[index]
        assert not any("ended unexpectedly" in one.output for one in runs)
    finally:
        for one in runs:
            one.process.terminate()
            one.close()


def test_a_prepared_folder_is_recognised(env: dict[str, str], tmp_path: Path) -> None:
    assert supervisor.is_prepared(env)
    assert not supervisor.is_prepared({**env, "BACKOFFICE_INSTANCE_PATH": str(tmp_path / "other")})


def test_an_older_schema_and_an_empty_one_are_not_prepared(env: dict[str, str], tmp_path: Path) -> None:
    import pysqlite3.dbapi2 as sqlite

    file = tmp_path / "instance" / "backoffice.sqlite"
    with sqlite.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert not supervisor.is_prepared(env)
    with sqlite.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (supervisor.newest_revision(),))
        assert not supervisor.is_prepared({**env, "BACKOFFICE_DATABASE_URL": "postgresql://somewhere/else"})
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM app_user")
    assert not supervisor.is_prepared(env)


def test_the_newest_revision_is_the_one_alembic_knows(tmp_path: Path) -> None:
    from alembic.script import ScriptDirectory

    directory = ScriptDirectory(str(ROOT / "backoffice" / "migrations"))
    assert directory.get_current_head() == supervisor.newest_revision()
