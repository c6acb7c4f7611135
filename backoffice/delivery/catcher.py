"""The mail catcher of `make run`: an SMTP server on this machine that keeps every mail and delivers none.

    python -m backoffice.delivery.catcher

Listens on 127.0.0.1 at `BACKOFFICE_MAIL_PORT` and writes a Maildir to `mail` in the instance folder, which `/dev/mail`
shows. Ends on SIGTERM and Ctrl-C.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from backoffice import config
from backoffice.delivery.rules import maildir
from backoffice.listening import handed_on
from backoffice.stopping import StopSignal

HOST = "127.0.0.1"
_LARGEST_MAIL = 40 * 1024 * 1024


class _Catcher(Controller):
    """The server, at a port of its own or at what listens already."""

    def __init__(self, folder: Path, port: int, listener: socket.socket | None) -> None:
        super().__init__(Mailbox(folder), hostname=HOST, port=port, data_size_limit=_LARGEST_MAIL)
        self._listener = listener

    def _create_server(self) -> Any:
        if self._listener is None:
            return super()._create_server()
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


def start(folder: Path, port: int, listener: socket.socket | None = None) -> Controller:
    """Start catching into the Maildir `folder` and return the server, whose `stop()` ends it.

    `listener` is what listens at `port` already. Raises OSError when the port is taken.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    controller = _Catcher(folder, port, listener)
    controller.start()
    return controller


def main() -> int:
    """Catch mail until told to stop; returns the exit code."""
    settings = config.load()
    folder = maildir(settings.instance_path)
    stop = StopSignal(signal.SIGTERM, signal.SIGINT)
    try:
        controller = start(folder, settings.mail_port, handed_on())
    except OSError as error:
        sys.stderr.write(f"The mail catcher cannot listen on {HOST}:{settings.mail_port}: {error}\n")
        return 1
    sys.stdout.write(f"Catching mail on {HOST}:{settings.mail_port} into {folder}\n")
    sys.stdout.flush()
    stop.wait()
    controller.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
