"""Resident memory of each process of an installation under the supervisor's roles, after it has done some work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.ports import free_port

AIMS = {"web": 110, "worker": 220}  # MiB, design/performance.md
REQUESTS = 60


def run() -> None:
    """Print MiB resident per process, and the aim where there is one."""
    with TemporaryDirectory(prefix="backoffice-bench-") as folder:
        port = free_port(8300)
        environment = {
            **os.environ,
            "BACKOFFICE_DEMO": "true",
            "BACKOFFICE_INSTANCE_PATH": folder,
            "BACKOFFICE_LOG_LEVEL": "ERROR",
            "BACKOFFICE_UNDO_SECONDS": "0",
            "BACKOFFICE_MAIL_PORT": str(free_port(8400)),
            "PORT": str(port),
        }
        for command in (["db", "upgrade"], ["demo", "seed"]):
            subprocess.run(
                [Path(sys.executable).parent / "backoffice", *command], env=environment, check=True, capture_output=True
            )
        with (
            _role("mail", environment) as mail,
            _role("web", environment) as web,
            _role("worker", environment) as worker,
        ):
            _work(port)
            for name, process in (("web", web), ("worker", worker), ("mail", mail)):
                aim = f"aim {AIMS[name]}" if name in AIMS else ""
                print(f"{name:8} {_resident(process.pid):6.0f} MiB  {aim}", flush=True)


@contextmanager
def _role(name: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "backoffice.supervisor", name],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def _work(port: int) -> None:
    """Ask for pages, and give the worker the time to send the mails of the demo's last days."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).read()
            break
        except OSError:
            time.sleep(0.3)
    for _ in range(REQUESTS):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=5).read()
    time.sleep(8)


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
    return int(kilobytes) / 1024


if __name__ == "__main__":
    run()
