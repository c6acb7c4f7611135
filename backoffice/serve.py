"""The web process of `make run`: waitress on one address, stopped gracefully by SIGTERM."""

from __future__ import annotations

import os
import signal
from types import FrameType

import waitress

from backoffice import create_app
from backoffice.listening import handed_on

THREADS = 8
# A larger body goes through a temporary file without a name, gone with the request, before the application sees it.
# What is dropped on /verify seldom does: an invoice of 300 lines has a tenth of that.
BODY_IN_MEMORY = 1_100_000


def main() -> None:
    """Serve the application on 127.0.0.1:$PORT until told to stop; requests under way are answered first."""
    signal.signal(signal.SIGTERM, _leave)
    given = handed_on()
    address = {"host": "127.0.0.1", "port": int(os.environ.get("PORT", "8000"))}
    waitress.serve(
        create_app(),
        **(address if given is None else {"sockets": [given]}),
        threads=THREADS,
        inbuf_overflow=BODY_IN_MEMORY,
        _quiet=True,
    )


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)  # waitress takes this as the wish to shut down


if __name__ == "__main__":
    main()
