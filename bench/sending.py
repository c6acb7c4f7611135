"""Mails per second over one kept connection against one connection per mail, to a real SMTP server on loopback.

The ratio is the least that a kept connection gains: a real server is farther away, and signs people in.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backoffice.config import Settings
from backoffice.delivery.connection import Connection
from backoffice.delivery.rules import MessageState
from tests.faults import smtp_servers

COUNT = 200
DOCUMENT = b"x" * 76 + b"\r\n"
MIME = (
    b"Subject: bench\r\nMessage-ID: <bench@mail.backoffice.local>\r\n\r\n" + DOCUMENT * 600
)  # about 47 KB, an invoice


def run() -> None:
    """Print for each kind of line: rates with one connection for all and with one for each, and their ratio."""
    print(f"{'line':9} {'kept/s':>9} {'each/s':>9} {'ratio':>7}")
    with TemporaryDirectory(prefix="backoffice-bench-") as folder:
        certificate = smtp_servers.make_certificate(Path(folder))
        for security in ("none", "starttls", "tls"):
            served = {} if security == "none" else {security: certificate.context()}
            with ExitStack() as stack:
                server = stack.enter_context(smtp_servers.accepting(**served))
                settings = _settings(Path(folder), server, security, certificate.certificate)
                kept, each = _rate(settings, together=COUNT), _rate(settings, together=1)
            print(f"{security:9} {kept:9.0f} {each:9.0f} {kept / each:7.1f}", flush=True)


def _settings(folder: Path, server: Any, security: str, authority: Path) -> Settings:
    return Settings(
        demo=True, instance_path=folder, mail_server=server.host, mail_port=server.port, mail_security=security,
        mail_ca_file=None if security == "none" else authority,
    )  # fmt: skip


def _rate(settings: Settings, *, together: int) -> float:
    began = time.perf_counter()
    for _ in range(COUNT // together):
        with Connection(settings) as connection:
            for _ in range(together):
                outcome = connection.send("ap@bench.example", MIME)
                assert outcome.state is MessageState.ACCEPTED, outcome
    return COUNT / (time.perf_counter() - began)


if __name__ == "__main__":
    run()
