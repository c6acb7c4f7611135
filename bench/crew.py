"""What worker processes of the benchmarks do; they are forked from one that has imported everything."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from backoffice import clock, config
from backoffice.config import Settings
from backoffice.database import session
from backoffice.delivery import jobs as delivery
from backoffice.issuing import jobs as issuing
from backoffice.issuing import services
from tests.concurrency.launcher import Launcher
from tests.concurrency.tasks import await_begin
from tests.support import databases
from tests.support.apps import bare_app

PATIENCE_SECONDS = 3600


@contextmanager
def launched() -> Iterator[Launcher]:
    """The process that forks workers, and the folder that it shares with them."""
    folder = databases.open_shared_folder()
    launcher = Launcher()
    try:
        yield launcher
    finally:
        launcher.close()
        databases.close_shared_folder(folder)


def together(launcher: Launcher, settings: Settings, task: str, workers: int, **arguments: Any) -> list[dict[str, Any]]:
    """Let so many processes do a task of this module from the same moment on; what each has to say."""
    folder = settings.instance_path / f"{task}-{time.monotonic_ns()}"
    folder.mkdir()
    results = [folder / str(number) for number in range(workers)]
    children = [
        launcher.start(f"bench.crew:{task}", settings, begin=str(folder / "begin"), result=str(result), **arguments)
        for result in results
    ]
    launcher.say_begin(folder / "begin", children)
    for child in children:
        child.finish(PATIENCE_SECONDS)
    return [json.loads(result.read_text()) for result in results]


def issue_and_mail(begin: str, result: str) -> None:
    """Issue all that is due, then send all that is due; how much of each, when it ended, and the processor's time."""
    app = bare_app(config.load())
    with app.app_context():
        issuing.issue_due(1)  # what is compiled once is no work of a month end
        await_begin(Path(begin))
        began, said = time.time(), {}
        for name, work in (("issued", _issue_all), ("mailed", _send_all)):
            cpu = time.process_time()
            said[name] = work()
            said |= {f"{name}_cpu": time.process_time() - cpu, f"{name}_until": time.time()}
    Path(result).write_text(json.dumps(said | {"began": began}))


def issue_with_rollbacks(begin: str, result: str, share: float) -> None:
    """Issue all that is due while a share of the transactions is undone after their work, as if the database had gone
    away: both that which takes the number and that which says Issued."""
    undone: Counter[str] = Counter()
    for name in ("number_invoice", "complete"):
        setattr(services, name, _failing(name, getattr(services, name), share, undone))
    with bare_app(config.load()).app_context():
        await_begin(Path(begin))
        while _issuable():
            # What a fault leaves behind is there at the next turn, as in the worker.
            with suppress(OperationalError):
                issuing.issue_due()
    Path(result).write_text(json.dumps(undone))


def _failing(name: str, work: Callable[..., Any], share: float, undone: Counter[str]) -> Callable[..., Any]:
    def do_and_fail(*arguments: Any, **options: Any) -> Any:
        done = work(*arguments, **options)
        if done and random.random() < share:
            undone[name] += 1
            raise OperationalError(name, {}, Exception("undone on purpose"))
        return done

    return do_and_fail


def _issue_all() -> int:
    issued = 0
    while _issuable():
        issued += issuing.issue_due()
    return issued


def _send_all() -> int:
    sent = 0
    while count := delivery.send_due():
        sent += count
    return sent


def _issuable() -> bool:
    waiting = issuing.queries.issuable(clock.now(), 1)
    session.rollback()
    return bool(waiting)


def server_cpu(pid: int) -> float:
    """Seconds of the processor that a process and those of its children that have ended took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
