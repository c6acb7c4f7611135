"""Starts real processes quickly: a warm process that has imported everything forks one for each wish.

A worker takes seconds to import what it needs and to read its typefaces, and milliseconds to work: thirty random kills
would all hit its beginning, and a test would mostly watch imports. The launcher opens no database and starts no thread
before it forks; whatever it starts builds its own application, engine and connections, dies when it is killed and takes
nobody along.

Run as a program it reads one wish a line (JSON) and answers one line: {"start": {...}} -> pid, {"wait": pid} -> status,
or null where it did not end.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from backoffice.config import ROOT, Settings

WARM = (
    "backoffice.cli.command",
    "backoffice.worker",
    "backoffice.issuing.pdf",
    "backoffice.delivery.jobs",
    "backoffice.invariants",
    "apscheduler.schedulers.background",
    "psycopg",
    "pysqlite3",
    "tests.support.apps",
    "tests.concurrency.tasks",
)


# Far longer than the longest of them takes on a busy machine.
PATIENCE_SECONDS = 180


class Child:
    """A process somewhere: how it is killed and what became of it."""

    def __init__(self, launcher: Launcher, pid: int, log: Path) -> None:
        self.pid, self.log = pid, log
        self._launcher = launcher
        self._status: int | None = None

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self, patience: int = PATIENCE_SECONDS) -> int:
        """SIGTERM, as an operator would; returns the exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(patience)

    def wait(self, patience: int = PATIENCE_SECONDS) -> int:
        """Wait for its end, so many seconds at most; the exit code, or minus the signal that killed it.

        One that does not end is a failure that tells where each of its threads stands.
        """
        if self._status is None:
            self._status = self._launcher.ask({"wait": self.pid, "patience": patience})
        assert self._status is not None, f"it does not end\n{self.log.read_text()}"
        return self._status

    def finish(self, patience: int = PATIENCE_SECONDS) -> None:
        """Wait for its end, which must be a good one."""
        status = self.wait(patience)
        assert status == 0, f"exit {status}\n{self.log.read_text()}"


class Launcher:
    """The test's side of the warm process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.launcher"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._started = 0

    def start(self, task: str, settings: Settings, **arguments: Any) -> Child:
        """Run `tests.concurrency.tasks.<task>(**arguments)` in a process whose environment describes `settings`.

        A task of another module is `<module>:<task>`.
        An argument `clock_offset` moves the clock of that process by so many seconds.
        """
        self._started += 1
        log = settings.instance_path / f"process-{self._started}-{task.rpartition(':')[2]}.log"
        environment = environment_of(settings)
        if "clock_offset" in arguments:
            environment["BACKOFFICE_CLOCK_OFFSET"] = str(arguments.pop("clock_offset"))
        wish = {"task": task, "arguments": arguments, "environment": environment, "log": str(log)}
        return Child(self, int(self.ask({"start": wish})), log)

    def say_begin(self, begin: Path, children: Sequence[Child], offset: Callable[[], float] = lambda: 0.0) -> None:
        """Write the file `begin` that tasks wait for, once all of them are ready, with the offset of their clocks."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(begin.parent.glob(f"{begin.name}-ready-*"))) < len(children):
            assert time.monotonic() < deadline, "a process did not get ready"
            time.sleep(0.01)
        begin.with_suffix(".new").write_text(str(offset()))
        begin.with_suffix(".new").rename(begin)

    def ask(self, wish: Mapping[str, Any]) -> Any:
        """Send one wish and read its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the launcher died"
        return json.loads(answer)

    def close(self) -> None:
        """End the warm process; it kills what it started and nobody waited for."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """The BACKOFFICE_* variables from which a process reads these settings."""
    values = {
        "demo": settings.demo,
        "instance_path": settings.instance_path,
        "database_url": settings.url,
        "mail_server": settings.mail_server,
        "mail_port": settings.mail_port,
        "mail_timeout_seconds": settings.mail_timeout_seconds,
        "mail_deadline_seconds": settings.mail_deadline_seconds,
        "undo_seconds": settings.undo_seconds,
    }
    return {f"BACKOFFICE_{name.upper()}": str(value) for name, value in values.items()}


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """One warm process for the run; a folder's conftest imports it."""
    started = Launcher()
    yield started
    started.close()


# --- the warm process itself ---


def serve() -> None:
    """Answer wishes until the test closes the line."""
    _warm_up()
    alive: set[int] = set()
    for line in sys.stdin:
        wish = json.loads(line)
        if "start" in wish:
            answer = _fork(wish["start"])
            alive.add(answer)
        else:
            answer = _end_of(wish["wait"], wish["patience"])
            alive.discard(wish["wait"])
        print(json.dumps(answer), flush=True)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _warm_up() -> None:
    """Import everything and draw one invoice: that reads the typefaces, and imports what drawing needs."""
    for module in WARM:
        importlib.import_module(module)
    from backoffice import fonts
    from backoffice.issuing.pdf import render
    from tests.support import invoices
    from tests.support.apps import font_cache

    fonts.configure(font_cache())
    render(invoices.Paper([invoices.line("1.00")]).freeze())
    # What is here stays: children that look for garbage need not go through it, and share its pages with us.
    gc.collect()
    gc.freeze()


def _end_of(pid: int, patience: int) -> int | None:
    """Its exit code; None when it had to be ended, after it wrote its stacks into its log."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGABRT)
    os.waitpid(pid, 0)
    return None


def _fork(wish: Mapping[str, Any]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        with Path(wish["log"]).open("w") as log:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        faulthandler.enable()
        status = _run(wish)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run(wish: Mapping[str, Any]) -> int:
    from datetime import timedelta

    from backoffice import clock

    module, _, name = wish["task"].rpartition(":")
    task = getattr(importlib.import_module(module or "tests.concurrency.tasks"), name)
    os.environ.update(wish["environment"])
    # The variable is read when the module is imported, which the warm process did long ago.
    with clock.shifted(timedelta(seconds=float(os.environ.pop("BACKOFFICE_CLOCK_OFFSET", "0")))):
        try:
            task(**wish["arguments"])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    serve()
