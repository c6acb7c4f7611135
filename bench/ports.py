"""A port for a server that a measurement starts."""

from __future__ import annotations

from backoffice.supervisor import own_port


def free_port(wanted: int) -> int:
    """`wanted`, or the next port of this machine that nobody uses now."""
    with own_port(wanted) as listener:
        return int(listener.getsockname()[1])
