"""`make run`: one command, one process tree. Web, worker and mail catcher start together and end together.

State lives in the instance folder alone. What a second start need not do again (migrations, demo data) is found out
without importing the application, because a start is a felt quality.
"""

from __future__ import annotations

import ctypes
import fcntl
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from backoffice.listening import LISTENER
from backoffice.stopping import StopSignal

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("mail", "web", "worker")
HEAD_START = 5.0  # seconds that the web gets before the worker, at most
PATIENCE = 60.0  # seconds until the first page must be there
GRACE = 10.0  # seconds for a child to end what it is doing
LONGEST_PAUSE = 30.0
STEADY = 60.0  # a child that lived this long starts again without a pause
HOPELESS = 5  # failures in a row before the first page: something is wrong that a restart does not mend

PEOPLE = (
    ("ada@lumen.example", "customer"),
    ("lin@lumen.example", "customer, same account"),
    ("bo@yunqi.example", "customer, another account"),
    ("qi@beichen.example", "customer with a refund that hurts"),
    ("rita@backoffice.example", "reviewer"),
    ("rui@backoffice.example", "reviewer"),
    ("max@backoffice.example", "manager"),
    ("otto@backoffice.example", "auditor"),
    ("ana@backoffice.example", "administrator"),
    ("abe@backoffice.example", "administrator, the second"),
)
PASSWORD = "invoice-demo-2026"  # noqa: S105 - demo mode only


def main(arguments: list[str] | None = None) -> int:
    """Without arguments: supervise until told to stop. With the name of a role: be that child."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments:
        become(arguments[0])
        return 0
    return Supervisor(*environment()).run()


def environment() -> tuple[dict[str, str], dict[str, socket.socket]]:
    """The environment of the children: demo mode unless told otherwise, and the ports; by role what listens there.

    A port is taken when it is chosen: of two that start at once none tells its worker the other's mail catcher.
    """
    given = dict(os.environ)
    sockets = {"web": own_port(int(given.get("PORT", "8000")))}
    # Somebody with a mail server of their own wants mail to go there.
    if "BACKOFFICE_MAIL_SERVER" not in given:
        sockets["mail"] = own_port(int(given.get("BACKOFFICE_MAIL_PORT", "8025")))
    ports = {role: str(one.getsockname()[1]) for role, one in sockets.items()}
    env = {
        "BACKOFFICE_DEMO": "true",
        "BACKOFFICE_EXTERNAL_URL": f"http://127.0.0.1:{ports['web']}",
        "BACKOFFICE_INSTANCE_PATH": str(ROOT / "instance"),
        **given,
        "PORT": ports["web"],
        "PYTHONUNBUFFERED": "1",
    }
    return env | ({"BACKOFFICE_MAIL_PORT": ports["mail"]} if "mail" in ports else {}), sockets


def own_port(wanted: int) -> socket.socket:
    """What listens at `wanted`, or at the next port of this machine that nobody uses."""
    for port in range(wanted, min(wanted + 50, 65536)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            # Two may have bound it at the same moment; only one can listen.
            listener.listen()
        except OSError:
            listener.close()
            continue
        return listener
    raise SystemExit(f"No free port from {wanted} to {wanted + 49}; choose another one with PORT=.")


def become(role: str) -> None:
    """Be one of the children, and end when the supervisor does, even when it was killed."""
    _end_with_parent()
    if role == "web":
        from backoffice.serve import main as serve

        serve()
    elif role == "worker":
        from backoffice.cli.command import main as command

        sys.argv = ["backoffice", "worker"]
        command()
    elif role == "mail":
        from backoffice.delivery.catcher import main as catch

        catch()
    else:
        raise SystemExit(f"{role} is none of {', '.join(ROLES)}")


def _end_with_parent() -> None:
    if sys.platform.startswith("linux"):
        set_death_signal = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
    if os.environ.get("BACKOFFICE_SUPERVISOR") not in (None, str(os.getppid())):
        raise SystemExit("the supervisor is gone")


class Child:
    """One process with its own group; its lines come out under its name."""

    def __init__(
        self, role: str, env: dict[str, str], say: Callable[[str, str], None], listener: socket.socket | None = None
    ) -> None:
        self.role = role
        self._env = env if listener is None else {**env, LISTENER: str(listener.fileno())}
        # It stays the supervisor's: whoever is started anew goes on at the same port.
        self._handed_on = [] if listener is None else [listener.fileno()]
        self._say = say
        self.failures = 0
        self.start_at = 0.0
        self._started = 0.0
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the process in a group of its own: Ctrl-C reaches the supervisor alone, which stops all in order."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "backoffice.supervisor", self.role],
            cwd=ROOT,
            env={**self._env, "BACKOFFICE_SUPERVISOR": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=self._handed_on,
        )
        self._reader = threading.Thread(target=self._relay, args=(self._process,), daemon=True)
        self._reader.start()

    def _relay(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            for line in process.stdout:
                self._say(self.role, line.rstrip("\n"))

    def look_after(self) -> None:
        """Start the process when it is time to; when it has died, say so and set the time of the next start."""
        now = time.monotonic()
        if self._process is None:
            if now >= self.start_at:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        self.failures = 1 if now - self._started > STEADY else self.failures + 1
        pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE)
        self._process = None
        self.start_at = now + pause
        self._say(self.role, f"ended unexpectedly (exit code {code}); starts again in {pause:.0f} s")

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process; it ends what it is doing."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def make_sure(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill what is left of the process and its group."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._say(self.role, "does not stop; killed")
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1)


class Supervisor:
    """Starts the children, watches them, stops them."""

    def __init__(self, env: dict[str, str], sockets: dict[str, socket.socket]) -> None:
        self._env = env
        self._lines = threading.Lock()
        self._sockets = sockets
        roles = [role for role in ROLES if role != "mail" or role in sockets]
        self._children = [Child(role, env, self.say, sockets.get(role)) for role in roles]
        self._port = int(env["PORT"])

    def run(self) -> int:
        """Prepare, start, watch. Returns 0 after an orderly stop, 1 when the web never came up."""
        stop = StopSignal(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        code = prepare(self._env, stop)
        if code or stop.has_come():
            return code
        try:
            return self._watch(stop)
        finally:
            self._stop()

    def say(self, role: str, line: str) -> None:
        """Print one line of a child under its name, whole."""
        with self._lines:
            print(f"{role:>6} | {line}", flush=True)  # noqa: T201 - this is the command's output

    def _watch(self, stop: StopSignal) -> int:
        began, announced = time.monotonic(), False
        for child in self._children:
            # Two Pythons that load at once on two cores delay the first page; the worker can wait for it a little.
            child.start_at = began + HEAD_START if child.role == "worker" else began
        while not stop.wait(0.05 if not announced else 0.5):
            for child in self._children:
                child.look_after()
            if announced:
                continue
            if is_ready(self._port):
                announced = True
                for child in self._children:
                    child.start_at = 0.0
                with self._lines:
                    print(welcome(f"http://127.0.0.1:{self._port}"), flush=True)  # noqa: T201
            elif time.monotonic() - began > PATIENCE or max(child.failures for child in self._children) >= HOPELESS:
                self.say("run", "the pages did not come up; the lines above say why")
                return 1
        return 0

    def _stop(self) -> None:
        # The mail server goes last: a worker that has just turned to it would wait for a greeting that never comes.
        others = [child for child in self._children if child.role != "mail"]
        for leaving in (others, [child for child in self._children if child not in others]):
            for child in leaving:
                child.ask_to_stop()
            deadline = time.monotonic() + GRACE
            for child in leaving:
                child.make_sure(deadline)
        self.say("run", "stopped")


def is_ready(port: int) -> bool:
    """Whether /readyz says that pages can be served."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(address: str) -> str:
    """What somebody who just typed `make run` wants to know."""
    people = "\n".join(f"    {email:<26} {part}" for email, part in PEOPLE)
    return (
        f"\n  Backoffice is ready: {address}\n\n"
        f"  Sign in with the password {PASSWORD} as\n{people}\n\n"
        f"  Mail that was sent:  {address}/dev/mail\n"
        "  Ctrl-C stops everything.\n"
    )


def prepare(env: dict[str, str], stop: StopSignal) -> int:
    """Migrate and fill the database where that is needed; returns the exit code of what failed, else 0.

    Two supervisors may start at once on the same folder: the second waits and then finds the work done.
    """
    instance = Path(env["BACKOFFICE_INSTANCE_PATH"])
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "prepare.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_prepared(env):
            return 0
        steps = [["db", "upgrade"]]
        if env["BACKOFFICE_DEMO"].lower() in ("1", "true", "yes", "on"):
            steps.append(["demo", "seed", "--if-empty"])
        for step in steps:
            if code := _command(step, env, stop):
                return code
    return 0


def is_prepared(env: dict[str, str]) -> bool:
    """Whether the SQLite database has the newest schema and somebody in it. Others are asked by the commands."""
    url = env.get("BACKOFFICE_DATABASE_URL") or f"sqlite:///{env['BACKOFFICE_INSTANCE_PATH']}/backoffice.sqlite"
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.exists():
        return False
    import pysqlite3.dbapi2 as sqlite  # the same SQLite the application uses

    try:
        connection = sqlite.connect(path, timeout=15)
    except sqlite.Error:
        return False
    try:
        revisions = {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")}
        people = connection.execute("SELECT count(*) FROM app_user").fetchone()[0]
    except sqlite.Error:
        return False
    finally:
        connection.close()
    return revisions == {newest_revision()} and people > 0


def newest_revision() -> str:
    """The last migration's number; they are numbered in their order, so Alembic need not be loaded to know."""
    versions = ROOT / "backoffice" / "migrations" / "versions"
    return max(found[1] for file in versions.glob("*.py") if (found := re.match(r"(\d{4})_", file.name)))


def _command(arguments: list[str], env: dict[str, str], stop: StopSignal) -> int:
    """Run a `backoffice` command with the terminal's own output; pass a wish to stop on to it."""
    code = "import sys; from backoffice.cli.command import main; sys.argv[0] = 'backoffice'; main()"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=env, start_new_session=True
    )
    while process.poll() is None:
        if stop.wait(0.05):
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
    return process.wait() if not stop.has_come() else 0


if __name__ == "__main__":
    sys.exit(main())
