"""The office and the launcher of processes, for crashes and faults."""

from tests.concurrency.launcher import launcher
from tests.support.office import office

__all__ = ["launcher", "office"]
