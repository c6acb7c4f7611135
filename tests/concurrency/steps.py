"""The named steps at which a process of the crash tests kills itself (SIGKILL).

Each is a plain attribute of a module or class, put in the place of the real one; the product knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import smtplib
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from backoffice import storage
from backoffice.audit import heads
from backoffice.audit.services import sealing
from backoffice.delivery import jobs as delivery
from backoffice.delivery import services as messages
from backoffice.issuing import jobs as issuing
from backoffice.issuing import services as issuing_services
from backoffice.issuing.services import crediting, numbers
from backoffice.ledger.services import files
from backoffice.ledger.services.rehearsal import Rehearsal
from backoffice.requests import jobs as requests
from backoffice.requests.services import late_issues, reissuing
from backoffice.review import jobs as review
from backoffice.review.services import bulk

Step = Callable[[], None]


def die(*_arguments: Any, **_options: Any) -> Any:
    """Nothing after this ever runs."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal is on its way


def _after(owner: Any, name: str) -> Step:
    real = getattr(owner, name)

    def run_and_die(*arguments: Any, **options: Any) -> Any:
        real(*arguments, **options)
        die()

    return lambda: setattr(owner, name, run_and_die)


def _before(owner: Any, name: str) -> Step:
    return lambda: setattr(owner, name, die)


def _at_third(owner: Any, name: str, *, before: bool = False) -> Step:
    real, calls = getattr(owner, name), count(1)

    def run_and_die(*arguments: Any, **options: Any) -> Any:
        third = next(calls) == 3
        if third and before:
            die()
        answer = real(*arguments, **options)
        return die() if third else answer

    return lambda: setattr(owner, name, run_and_die)


def _half_written() -> None:
    """The temporary file of a document has half of its bytes."""

    real = storage.os.fdopen

    def open_torn(handle: int, mode: str) -> Any:
        file = real(handle, mode)

        def write_half(content: bytes) -> None:
            os.write(handle, content[: len(content) // 2])
            die()

        file.write = write_half
        return file

    storage.os.fdopen = open_torn  # type: ignore[assignment]


def _half_a_head() -> None:
    """The last line of the file of heads has half of its bytes."""

    def tear(handle: int) -> None:
        size = os.fstat(handle).st_size
        os.ftruncate(handle, size - 40)
        die()

    heads.os.fsync = tear  # type: ignore[assignment]


# From the approved request to its document.
ISSUE_STEPS: dict[str, Step] = {
    "number wanted": _before(issuing_services, "number_invoice"),
    "series counted on": _after(numbers, "take"),
    "number taken, not committed": _after(issuing_services, "number_invoice"),
    "number committed": _before(issuing_services, "render_document"),
    "rendered": _before(storage, "put"),
    "document half written": _half_written,
    "document written, not in its place": _before(storage.Path, "replace"),
    "document in its place, not durable": _before(storage, "_fsync_folder"),
    "document stored": _after(issuing_services, "render_document"),
    "issued, not committed": _after(issuing_services, "complete"),
    "issued": _after(issuing, "issue_one"),
}
# Of a mail, whatever it is about.
MAIL_STEPS: dict[str, Step] = {
    "mail wanted": _before(delivery, "_take"),
    "mail leased, not committed": _after(messages, "take"),
    "mail leased": _before(delivery, "_attempt"),
    "mail composed, not kept": _before(messages, "keep_mime"),
    "mail kept": _before(delivery.Connection, "send"),
    "mail half handed over": _before(smtplib.SMTP, "data"),
    "mail sent, not recorded": _before(delivery, "_record"),
    "mail recorded, not committed": _after(messages, "record_outcome"),
}
# At these the server has the mail and we do not know it: it gets it again.
SENT_STEPS = ("mail sent, not recorded", "mail recorded, not committed")
# Of whoever confirms a credit note: up to its commit nothing has happened.
CONFIRM_STEPS: dict[str, Step] = {
    "request that follows begun": _after(reissuing, "begin"),
    "number of the credit note taken": _after(numbers, "take"),
    "credit note frozen": _after(crediting, "_number"),
    "confirmed, not committed": _after(crediting, "confirm"),
}
# Of a credit note, whose number was taken when it was confirmed.
CREDIT_STEPS: dict[str, Step] = {
    "credit note numbered": ISSUE_STEPS["number committed"],
    "credit note rendered": ISSUE_STEPS["rendered"],
    "credit note half written": _half_written,
    "credit note stored": ISSUE_STEPS["document stored"],
    "credited, not committed": _after(crediting, "complete"),
    "credited": _after(issuing, "finish_credit"),
}
# Of the notice that a request is approved whose invoice takes longer: nothing, or all of it.
APPROVED_STEPS: dict[str, Step] = {
    "approval wanted to be told": _before(late_issues, "tell_approved"),
    "approval told, not committed": _after(late_issues, "tell_approved"),
    "approval told": _after(requests, "tell_approved"),
}
# Of an import: each dies in its third batch or at its end.
IMPORT_STEPS: dict[str, Step] = {
    "lines booked, not committed": _at_third(files, "note"),
    "batch committed": _at_third(files, "take_batch", before=True),
    "all booked, not finished": _before(files, "finish"),
}
# Of one of which all lines or none are wanted, before anything is booked.
TRIED_STEPS: dict[str, Step] = {"batch tried": _at_third(Rehearsal, "take_batch", before=True)}

# Of a run over many requests: each dies at its third item or at its end.
BULK_STEPS: dict[str, Step] = {
    "decided, not written down": _at_third(bulk, "_write", before=True),
    "written down, not committed": _at_third(bulk, "_write"),
    "item committed": _at_third(bulk, "carry_out", before=True),
    "all done, not finished": _before(bulk, "finish"),
}
# Of one that leaves what has doubts, between the look at the third item and its transaction.
DOUBT_STEPS: dict[str, Step] = {"doubts gathered, nothing written": _at_third(review, "doubts")}
# Of sealing the audit log, up to the head in the file outside the database.
SEAL_STEPS: dict[str, Step] = {
    "events hashed, nothing written": _before(sealing, "write"),
    "seal written, not committed": _after(sealing, "write"),
    "sealed, no head in the file": _before(heads, "append"),
    "head half written": _half_a_head,
    "head written, not durable": _before(heads.os, "fsync"),
}
_ALL = (
    ISSUE_STEPS, MAIL_STEPS, CONFIRM_STEPS, CREDIT_STEPS, APPROVED_STEPS, IMPORT_STEPS, TRIED_STEPS, BULK_STEPS,
    DOUBT_STEPS, SEAL_STEPS,
)  # fmt: skip


def arm(step: str) -> None:
    """Let this process die at a step."""
    next(steps[step] for steps in _ALL if step in steps)()
