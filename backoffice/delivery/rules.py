"""Decisions about mail that need no database and no network (design/domain.md 6)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from backoffice import clock
from backoffice.errors import N_, Message


class MessageState(StrEnum):
    """Where a message is. Queued, sending and deferred are on their way; the others are final."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Effect(StrEnum):
    """What a report that came back by mail changed: nothing also where all was known; unknown is not about ours."""

    FAILED = "failed"
    DELAYED = "delayed"
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    LATER = "later"


OPEN_STATES = (MessageState.QUEUED, MessageState.SENDING, MessageState.DEFERRED)
WAITING_STATES = (MessageState.QUEUED, MessageState.DEFERRED)

LOCALES = ("en", "zh")

# What each mail must be told when it is queued: a gap is found in the caller's transaction, not by the worker.
CONTEXT: dict[str, frozenset[str]] = {
    "submitted": frozenset({"request_number", "header_name", "amount", "due_on"}),
    "rejected": frozenset({"request_number", "header_name", "amount", "reason", "remarks"}),
    "information_wanted": frozenset({"request_number", "header_name", "amount", "question"}),
    "information_reminder": frozenset({"request_number", "header_name", "amount", "question"}),
    "approved": frozenset({"request_number", "header_name", "amount"}),
    "issued": frozenset({"request_number", "invoice_number", "header_name", "amount"}),
    "credited": frozenset(
        {"request_number", "invoice_number", "credit_note_number", "header_name", "amount", "left", "reason", "remarks"}
    ),
    "correction_declined": frozenset({"request_number", "invoice_number", "header_name", "amount", "remarks"}),
    "flagged": frozenset({"requests"}),
    "due_soon": frozenset({"requests", "percent", "unassigned"}),
    "weekly_report": frozenset({"since", "until", "weeks", "overdue", "missing"}),
    "audit_head": frozenset({"seal", "event", "head", "head_on"}),
    "security_notice": frozenset(),
}

# Mails whose document their link gives to whoever holds the mail. A report of the house is read signed in.
LINKED = frozenset({"issued", "credited"})
# Mails that come again by themselves, and then say all that matters.
PERIODIC = frozenset({"weekly_report", "audit_head"})

# Waits after each failed attempt: close together at first, then sparser, 71 hours in all.
RETRY_WAITS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)),
    *(timedelta(hours=hours) for hours in (4, 8, 12, 22, 24)),
)
MAX_ATTEMPTS = len(RETRY_WAITS) + 1

ANSWER_LIMIT = 1000
# RFC 5322 wants the right side unique to the generator, not resolvable; a host name would tell about the machine.
MESSAGE_ID_FORM = "<{unique}@mail.backoffice.local>"
# What a mail is about that somebody sends to themselves, to see how it arrives.
TEST = "test"
# What the link to a mail's document is signed for.
DOCUMENT_PURPOSE = "document"
OWN_MESSAGE_ID = re.compile(r"<[0-9a-f]{32}@mail\.backoffice\.local>")
_AUTHENTICATION_REQUIRED = 530  # RFC 4954: it speaks of our sign-in, not of the message
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5321 Dot-string
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: the state it leads to and the server's answer in its own words.

    `broken_off` says that the conversation with the server never began or broke: the others had better wait.
    """

    state: MessageState
    answer: str
    broken_off: bool = False


class AddressError(ValueError):
    """A mail address no mail can be sent to; `message` says why."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


def maildir(instance_path: Path) -> Path:
    """Where caught mail lives."""
    return instance_path / "mail"


def envelope_address(address: str) -> str:
    """The ASCII form of one mail address for the envelope: an international domain becomes its IDNA form.

    Raises AddressError for anything but exactly one address with an ASCII local part: SMTP without SMTPUTF8 carries
    no other, and a list or a line break here would send the mail to people nobody meant.
    """
    local, at, domain = address.rpartition("@")
    if not at or _LOCAL_PART.fullmatch(local) is None or len(local) > 64:
        raise AddressError(Message(N_("This is not a mail address we can send to.")))
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressError(Message(N_("The part after @ is not a domain name."))) from None
    if _DOMAIN.fullmatch(ascii_domain) is None or len(local) + len(ascii_domain) > 253:
        raise AddressError(Message(N_("The part after @ is not a domain name.")))
    return f"{local}@{ascii_domain}"


def missing_context(template: str, context: Mapping[str, Any]) -> list[str]:
    """The values `template` needs and `context` lacks. Raises ValueError for a mail that does not exist."""
    if template not in CONTEXT:
        raise ValueError(f"there is no mail called {template!r}")
    return sorted(CONTEXT[template] - context.keys())


def unique_part(message_id: str) -> str:
    """What tells a message of ours from every other: its Message-ID without what all of them have in common."""
    return message_id.strip("<>").partition("@")[0]


def link_ends_at(now: datetime, days: int, zone: ZoneInfo) -> datetime | None:
    """When the link to the document of a mail that is written now ends: with the last of `days` local days after
    today; None where mails have no link."""
    return clock.start_of_day(clock.local_date(now, zone) + timedelta(days=days + 1), zone) if days else None


def known_locale(locale: str | None) -> str:
    """The language mails have for `locale`: zh for every kind of Chinese, else en."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"


def one_line(text: str, limit: int = 200) -> str:
    """`text` as a header may carry it: no control or format characters, and one space for any run of white space."""
    spaced = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in ("Cf", "Cs"))
    return " ".join(visible.split())[:limit].rstrip()


def attachment_name(name: str | None) -> str:
    """A file name for an attachment that cannot leave its folder or its header; `document.pdf` when nothing is left."""
    return one_line(re.sub(r"[/\\:\"]", "-", name or ""), 120).strip(". ") or "document.pdf"


def reply_outcome(code: int, answer: str) -> Outcome:
    """What a server's reply to the message means: 2xx accepted, 5xx failed for good, all else is tried again."""
    text = f"{code} {answer}".strip()
    if 200 <= code < 300:
        return Outcome(MessageState.ACCEPTED, text)
    if 500 <= code < 600 and code != _AUTHENTICATION_REQUIRED:
        return Outcome(MessageState.FAILED, text)
    return Outcome(MessageState.DEFERRED, text)


def next_attempt(outcome: Outcome, attempts: int, now: datetime) -> tuple[MessageState, datetime]:
    """The state after attempt number `attempts`, and when to try again where that is needed.

    A message deferred `MAX_ATTEMPTS` times has been tried for three days and fails.
    """
    if outcome.state is not MessageState.DEFERRED:
        return outcome.state, now
    if attempts >= MAX_ATTEMPTS:
        return MessageState.FAILED, now
    return MessageState.DEFERRED, now + RETRY_WAITS[max(attempts, 1) - 1]
