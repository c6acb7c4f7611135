"""What processes of the race and crash tests do. Each task runs in a process of its own; see `launcher`."""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from flask.cli import ScriptInfo

from backoffice import clock, config, scheduling, worker
from backoffice.accounts import queries as accounts
from backoffice.cli.command import cli
from backoffice.database import session, transaction
from backoffice.delivery import jobs as delivery
from backoffice.errors import BackofficeError
from backoffice.issuing import jobs as issuing
from backoffice.issuing import services as issuing_services
from backoffice.ledger.services import files
from backoffice.permissions import Actor
from backoffice.requests.services import applying as requests
from backoffice.requests.services.applying import Application
from backoffice.review.checks.kept import Checked
from backoffice.review.queries.dossier import dossier
from backoffice.review.queries.doubts import worked_out
from backoffice.review.services import credits
from backoffice.review.services import decisions as review
from tests.concurrency import steps
from tests.support.apps import bare_app
from tests.support.office import ISSUER


def command(
    arguments: Sequence[str], die_at: str | None = None, batch_takes: float = 0, batch: int = files.BATCH
) -> None:
    """Run `backoffice <arguments>`; `die_at` names a step at which the process kills itself.

    `batch_takes`: each batch of an import takes so many seconds longer, for somebody who wants to be faster.
    `batch`: so many lines of an import are one.
    """
    # A shell that runs the tests in its background lets them, and us, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if die_at is not None:
        steps.arm(die_at)
    make_batches_of(batch)
    if batch_takes:
        _slow_down(files, "take_batch", batch_takes)
    cli.main(list(arguments), obj=ScriptInfo(create_app=lambda: bare_app(config.load()), set_debug_flag=False))


def worker_with_slow_leader(seconds: float) -> None:
    """Run the worker; every job of the leader takes so many seconds until it knows that it leads."""
    _slow_down(worker.FileLeadership, "held", seconds)
    command(["worker"])


def hurried_worker(freeze: str = "") -> None:
    """Run the worker; each of its jobs has its turn every second, one after the other.

    Once the file `freeze` is there it freezes itself, between two jobs: in the middle of one it may hold what all
    others wait for, and then whoever looks sees that nothing at all is done.
    """
    run, one_at_a_time = worker.Worker._run, threading.Lock()

    def run_or_freeze(self: worker.Worker, *job: Any) -> None:
        with one_at_a_time:
            while freeze and Path(freeze).exists():
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(0.01)  # another thread may be stopped first, and this one must not go on till then
            run(self, *job)

    setattr(worker.Worker, "_run", run_or_freeze)  # noqa: B010 - mypy minds an assigned method
    scheduling.SECONDS = dict.fromkeys(scheduling.SECONDS, 1)
    command(["worker"])


def make_batches_of(lines: int, put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Let an import of this process book so many lines at a time."""
    put(files, "BATCH", lines)
    put(files, "batches", partial(files.batches, size=lines))


def _slow_down(owner: Any, name: str, seconds: float) -> None:
    real = getattr(owner, name)

    def run_slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return real(*arguments, **options)

    setattr(owner, name, run_slowly)


def confirm(email: str, proposal_id: int, die_at: str) -> None:
    """Confirm a proposed credit note, as the page does, and die at a step of it."""
    steps.arm(die_at)
    with _application() as app:
        checker = _person(app, email)
        with app.app_context(), transaction():
            credits.confirm(checker, proposal_id, issuer=ISSUER, now=clock.now())


# --- races ---


@contextmanager
def _application() -> Iterator[Flask]:
    app = bare_app(config.load())
    yield app


def _person(app: Flask, email: str) -> Actor:
    with app.app_context():
        person = accounts.find_person(email)
        assert person is not None
        return person.actor("web", None)


def _in_threads(app: Flask, threads: int, work: Callable[[int], None]) -> None:
    faults: list[BaseException] = []

    def run(thread: int) -> None:
        try:
            with app.app_context():
                work(thread)
        except BaseException as error:
            faults.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if faults:
        raise faults[0]


def apply_often(
    email: str, header_id: int, amounts: Sequence[str], threads: int, times: int, mark: str, result: str
) -> None:
    """Let `threads` threads apply `times` times each; write how often each answer came to the file `result`."""
    answers: Counter[str] = Counter()
    with _application() as app:
        actor = _person(app, email)

        def work(thread: int) -> None:
            for turn in range(times):
                answers[_apply(actor, header_id, random.choice(amounts), f"{mark}-{thread}-{turn}")] += 1

        _in_threads(app, threads, work)
    Path(result).write_text(json.dumps(answers))


def _apply(actor: Actor, header_id: int, amount: str, token: str) -> str:
    application = Application(header_id=header_id, amount=amount, email="ap@lumen.example")
    try:
        with transaction():
            requests.apply(actor, application, submit_token=token, locale="en", now=clock.now())
    except BackofficeError as error:
        return type(error).__name__
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"
    return "applied"


def decide(email: str, verdict: str, numbers: Sequence[str], seat: int, meeting: str, result: str) -> None:
    """Decide on each request at the same moment as the process in the other seat; write the answers to `result`."""
    answers = []
    with _application() as app, Meeting(Path(meeting), seat) as together:
        actor = _person(app, email)
        with app.app_context():
            for number in numbers:
                # As a web process does, which has shown the request: nothing but the verdict is left to be raced for.
                shown = {} if verdict == "undo" else {"checked": _looked_at(number)}
                together.wait()
                answers.append(_decide(actor, verdict, number, shown))
    Path(result).write_text(json.dumps(answers))


def _looked_at(number: str) -> Checked:
    checked = worked_out(dossier(number), now=clock.now(), currency="CNY")
    session.remove()
    return checked


def _decide(actor: Actor, verdict: str, number: str, shown: Mapping[str, Any]) -> str:
    verdicts: dict[str, Callable[..., Any]] = {
        "approve": review.approve,
        "reject": partial(review.reject, reason="other", remarks="Not this one."),
        "undo": review.undo,
    }
    try:
        with transaction():
            verdicts[verdict](actor, number, now=clock.now(), **shown)
    except BackofficeError as error:
        return f"{error.code}: {error}"
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"
    return "decided"


class Meeting:
    """Two processes meet again and again: each counts its arrivals in shared memory and waits for the other's."""

    def __init__(self, path: Path, seat: int) -> None:
        self._seat, self._arrivals = seat, 0
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 16)

    def __enter__(self) -> Meeting:
        return self

    def __exit__(self, *_error: object) -> None:
        self._memory.close()

    def wait(self) -> None:
        """Return when the other seat has arrived as often as this one."""
        self._arrivals += 1
        self._memory[self._seat * 8 : self._seat * 8 + 8] = self._arrivals.to_bytes(8, "little")
        other = (1 - self._seat) * 8
        deadline = time.monotonic() + 60
        while int.from_bytes(self._memory[other : other + 8], "little") < self._arrivals:
            if time.monotonic() > deadline:
                raise TimeoutError("the other process does not come")
            time.sleep(0.0002)


def send(begin: str, result: str) -> None:
    """Send all that is due once the file `begin` is there; write how many mails this process took."""
    with _application() as app, app.app_context():
        await_begin(Path(begin))
        Path(result).write_text(str(delivery.send_due(1000)))


def issue(begin: str, result: str) -> None:
    """Issue all that is due once the file `begin` is there; write how many documents this process drew and issued."""
    done: Counter[str] = Counter()
    draw = issuing_services.render_document

    def count_and_draw(snapshot: Any) -> tuple[str, int]:
        done["drawn"] += 1
        return draw(snapshot)

    issuing_services.render_document = count_and_draw
    with _application() as app, app.app_context():
        await_begin(Path(begin))
        while count := issuing.issue_due():
            done["issued"] += count
    Path(result).write_text(json.dumps(done))


class _ForcedRollback(Exception):
    """Ends a transaction whose number must come back to the series."""


def take_numbers(request_ids: Sequence[int], threads: int, rollbacks: float, begin: str, result: str) -> None:
    """Number all requests, undoing a share `rollbacks` of the transactions after the number was taken.

    Waits for the file `begin`, which holds the offset of the clock in seconds. Writes the count of rollbacks.
    """
    undone: Counter[str] = Counter()
    with _application() as app, clock.shifted(timedelta(seconds=await_begin(Path(begin)))):

        def work(_thread: int) -> None:
            left = list(request_ids)
            while left:
                random.shuffle(left)
                left = [request_id for request_id in left if not _number(request_id, rollbacks, undone)]

        _in_threads(app, threads, work)
    Path(result).write_text(str(undone["forced"]))


def _number(request_id: int, rollbacks: float, undone: Counter[str]) -> bool:
    """Whether nothing is left to do: it has a number, from here or from elsewhere."""
    try:
        with transaction():
            invoice = issuing_services.number_invoice(request_id, issuer=ISSUER)
            if invoice is not None and random.random() < rollbacks:
                raise _ForcedRollback
    except _ForcedRollback:
        undone["forced"] += 1
        return False
    if invoice is not None:
        return True
    numbered = issuing.queries.numbered_invoice(request_id) is not None
    session.rollback()
    return numbered


def await_begin(path: Path) -> float:
    """Say that this process is ready, and wait for the word to begin."""
    path.with_name(f"{path.name}-ready-{os.getpid()}").touch()
    deadline = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("nobody said begin")
        time.sleep(0.005)
    return float(path.read_text())
