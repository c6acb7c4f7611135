"""A port that `make run` has taken for a process: what listens there is handed on, so that nobody else can have it."""

from __future__ import annotations

import os
import socket

# The file descriptor of what listens, in the environment of the one process that it is for.
LISTENER = "BACKOFFICE_LISTENER"


def handed_on() -> socket.socket | None:
    """What listens already for this process; None where it was started by itself."""
    given = os.environ.get(LISTENER)
    return socket.socket(fileno=int(given)) if given else None
