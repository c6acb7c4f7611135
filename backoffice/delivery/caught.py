"""Reads the Maildir of the mail catcher, for the demo mail page. Nothing in a caught mail is trusted."""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import MIMEPart
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

from backoffice.errors import NotFound

_BOXES = ("new", "cur")


@dataclass(frozen=True, slots=True)
class Summary:
    """A caught mail as the list shows it. `key` is its file's name."""

    key: str
    sender: str
    recipient: str
    subject: str
    message_id: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that came with a mail."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A caught mail, taken apart."""

    summary: Summary
    headers: list[tuple[str, str]]
    text: str
    html: str | None
    attachments: list[Attachment]


def newest(folder: Path, limit: int, before: str | None = None) -> tuple[list[Summary], str | None]:
    """The newest caught mails, at most `limit`, older than the mail `before` when given; and the key to go on from."""
    entries = sorted(_entries(folder), key=_age, reverse=True)
    if before is not None:
        names = [entry.name for entry in entries]
        entries = entries[names.index(before) + 1 :] if before in names else entries
    summaries = []
    for entry in entries[:limit]:
        try:
            with open(entry.path, "rb") as file:
                headers = BytesHeaderParser(policy=email.policy.default).parse(file)
        except FileNotFoundError:
            continue  # somebody emptied the box meanwhile
        summaries.append(_summary(entry.name, headers))
    return summaries, (entries[limit - 1].name if len(entries) > limit else None)


def read(folder: Path, key: str) -> CaughtMail:
    """The caught mail `key`. Raises NotFound when there is none of this name."""
    # Compared with what the folder holds, never joined to a path: a key cannot lead out of the Maildir.
    entry = next((entry for entry in _entries(folder) if entry.name == key), None)
    if entry is None:
        raise NotFound
    try:
        message = email.message_from_bytes(Path(entry.path).read_bytes(), policy=email.policy.default)
    except FileNotFoundError:
        raise NotFound from None
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return CaughtMail(
        summary=_summary(key, message),
        headers=[(name, str(value)) for name, value in message.items()],
        text="" if text is None else _content(text),
        html=None if html is None else _content(html),
        attachments=[_attachment(part) for part in message.iter_attachments()],
    )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    for box in _BOXES:
        try:
            with os.scandir(folder / box) as entries:
                yield from (entry for entry in entries if not entry.name.startswith("."))
        except FileNotFoundError:
            continue


def _age(entry: os.DirEntry[str]) -> tuple[int, str]:
    """When the mail came, by the file itself: the numbers in Maildir names do not sort as text."""
    try:
        return entry.stat().st_mtime_ns, entry.name
    except FileNotFoundError:
        return 0, entry.name


def _summary(key: str, message: MIMEPart) -> Summary:
    return Summary(
        key=key,
        sender=str(message.get("From", "")),
        recipient=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        message_id=str(message.get("Message-ID", "")),
        date=_date(str(message.get("Date", ""))),
    )


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a character set nobody knows
        return cast("bytes", part.get_payload(decode=True)).decode("utf-8", "replace")


def _attachment(part: MIMEPart) -> Attachment:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else part.as_bytes()
    return Attachment(part.get_filename() or "attachment", part.get_content_type(), content)
