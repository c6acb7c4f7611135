"""Structured logs: one line an event, with the request's id and the actor's number, and without personal data.

In demo mode people read plain lines; everything else gets one JSON object a line on standard error.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backoffice.config import Settings

HIDDEN = "[hidden]"

_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_PERSONAL = frozenset(
    {"address", "cookie", "email", "name", "password", "recipient", "remarks", "secret", "sid", "subject", "tax_id"}
    | {"authorization", "token", "user_agent"}
)
_HANDLER = "backoffice"


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is now, which servers and tests exchange after the logs were set up."""

    @property
    def stream(self) -> TextIO:
        """Standard error at this moment."""
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """What is given once is not kept."""


def configure(settings: Settings) -> None:
    """Send the logs of this process, ours and the libraries', to standard error. Calling it again replaces it."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_personal_data,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = StandardError()
    handler.name = _HANDLER
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # Library messages carry their values in args; %-format them first, so that they are searched as well.
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings)],
        )
    )
    root = logging.getLogger()
    for former in [one for one in root.handlers if one.name == _HANDLER]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    # One line for each job of each second says nothing; its outcome stands in job_run.
    for talkative in ("alembic.runtime", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # Nor does a turn that is left out because the job of the turn before is still at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _renderer(settings: Settings) -> Processor:
    # The supervisor of `make run` reads our lines from a pipe to put our name before them: people read those, too.
    if settings.demo and (sys.stderr.isatty() or "BACKOFFICE_SUPERVISOR" in os.environ):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide what is personal: values under a telling key, and whatever looks like an email address anywhere."""
    return {key: HIDDEN if key.lower() in _PERSONAL else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _EMAIL.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {key: HIDDEN if str(key).lower() in _PERSONAL else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    return value
