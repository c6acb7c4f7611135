"""Importing a whole file from outside: at the command line with a progress bar, or by the worker from the page."""

from backoffice.ledger.jobs.command import describe, import_file
from backoffice.ledger.jobs.work import WORK_SECONDS, import_due

__all__ = ["WORK_SECONDS", "describe", "import_due", "import_file"]
