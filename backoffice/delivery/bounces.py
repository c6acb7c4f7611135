"""What a mail that came back says: reports of failure and delay (RFC 3464), in the shapes servers really send.

Pure and forgiving: whatever the bytes, reading them ends soon and raises nothing. Out-of-office answers, read receipts
and letters of people are no reports. A report names the mail it is about by the Message-ID that we gave it: an address
alone would let anybody declare any mail undelivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from enum import StrEnum

from backoffice.delivery.rules import ANSWER_LIMIT, OWN_MESSAGE_ID, one_line

# A returned mail holds the whole original, document and all. What matters stands before it.
READ_BYTES = 512 * 1024
_TEXT_BYTES = 20 * 1024
_PARTS = 40
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")

_MAILER = re.compile(r"\b(mailer-daemon|mail-daemon|postmaster|maildelivery|mdaemon)@|<>|^\s*mailer-daemon\b", re.I)
_DELAYED = re.compile(
    r"not yet been delivered|warning message only|not need to resend|will continue to|will keep trying"
    r"|delivery (status notification \()?delay|delayed delivery|延迟|暂未",
    re.I,
)
_FAILED = re.compile(
    r"permanent (fatal )?error|permanently|could ?n[o']t be delivered|undeliver|delivery[^\n]{0,40}fail"
    r"|able to deliver|returned to sender|returned mail|given up|user unknown"
    r"|退信|退回|无法(投递|送达)|投递失败|未能送达",
    re.I,
)
_AUTOREPLY_FIELDS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")
_ABSENCE = re.compile(
    r"\s*(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|自动(回复|答复))", re.I
)
_COPY = re.compile(r"^-{2,80}[^\n]{0,60}\b(copy|original|below this line)\b", re.I | re.M)
_ADDRESS = re.compile(r"[^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,255}")
_CODE_KIND = re.compile(r"^\s*[a-z0-9-]{1,20}\s*;\s*", re.I)


class Verdict(StrEnum):
    """What a server says of one recipient. Delayed: it still tries."""

    FAILED = "failed"
    DELAYED = "delayed"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one recipient, by the names the report has for them, in the server's words."""

    verdict: Verdict
    words: str
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """A report: the Message-IDs of ours in it, the surest first, and what it finds. Nothing in it: it is unreadable."""

    message_ids: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def about(self, recipient: str) -> Finding | None:
        """What the report says of `recipient`; a forwarded mail is reported under the name it has further on."""
        named = [finding for finding in self.findings if recipient.casefold() in finding.addresses]
        found = named or self.findings
        return found[0] if found and len({finding.verdict for finding in found}) == 1 else None


def read(content: bytes) -> Report | None:
    """What the mail reports; None when it is no report on a delivery. Reads the first `READ_BYTES` only."""
    head = content[:READ_BYTES]
    # Every nested part slows down the reading of each line inside it, and the parser calls itself for it.
    lowered = head.lower()
    if lowered.count(b"multipart/") + lowered.count(b"message/") > _PARTS:
        return Report()
    try:
        return _read(message_from_bytes(head))
    except Exception:  # the parser raises what it likes on mails that somebody broke on purpose
        return Report()


def _read(mail: Message) -> Report | None:
    parts = list(_own_parts(mail))
    statuses = [part for part in parts if part.get_content_type() in _STATUS_TYPES]
    if statuses:
        text = _first_text(parts)
        findings = tuple(finding for status in statuses for finding in _of_status(status, text))
        return Report(_ids(mail, parts, text), findings)
    if mail.get_content_type() == "multipart/report":
        return None if _parameter(mail, "report-type") != "delivery-status" else Report()
    failed = _addresses(_header(mail, "X-Failed-Recipients"))
    if not failed and (not _MAILER.search(_header(mail, "From")) or _is_absence(mail)):
        return None
    text = _first_text(parts)
    told, verdict = _above_copy(text), _in_plain_words(_header(mail, "Subject"), text)
    if verdict is None:
        return None if _is_answer(mail) else Report()
    return Report(_ids(mail, parts, text), (Finding(verdict, _plain_words(told), failed),))


def _is_absence(mail: Message) -> bool:
    """Whether a person's mailbox answers by itself, whatever its words say of mail."""
    is_marked = any(name in mail for name in _AUTOREPLY_FIELDS)
    return _is_answer(mail) and (is_marked or _ABSENCE.match(_header(mail, "Subject")) is not None)


def _is_answer(mail: Message) -> bool:
    """Whether it says that a program answered with it (RFC 3834, 5); some servers mark their reports so, too."""
    return _header(mail, "Auto-Submitted").lower().startswith("auto-replied")


def _own_parts(mail: Message) -> Iterator[Message]:
    """The parts of the mail itself, outermost first; not those of a mail inside it, which may be another report."""
    waiting = [mail]
    while waiting:
        part = waiting.pop(0)
        yield part
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting += part.get_payload()  # type: ignore[arg-type]


def _of_status(status: Message, text: str) -> Iterator[Finding]:
    """One finding for each group of per-recipient fields (RFC 3464 2.3)."""
    for fields in _groups(status):
        recipients = _header(fields, "Final-Recipient"), _header(fields, "Original-Recipient")
        verdict = _verdict(_header(fields, "Action").strip().lower(), _header(fields, "Status").strip())
        if any(recipients) and verdict is not None:
            told = _CODE_KIND.sub("", _header(fields, "Diagnostic-Code")) or _plain_words(_above_copy(text))
            words = one_line(told or _header(fields, "Status"), ANSWER_LIMIT)
            yield Finding(verdict, words, frozenset().union(*map(_addresses, recipients)))


def _groups(status: Message) -> Sequence[Message]:
    payload = status.get_payload()
    found = [part for part in payload[:_PARTS] if isinstance(part, Message)] if isinstance(payload, list) else []
    # The parser knows the groups of fields of RFC 3464, but takes those of RFC 6533 for one mail with a body.
    later = [body for part in found if isinstance(body := part.get_payload(decode=True), bytes) and body.strip()]
    return [*found, *(message_from_bytes(group) for body in later for group in re.split(rb"\n\r?\n", body)[:_PARTS])]


def _verdict(action: str, status: str) -> Verdict | None:
    match action:
        case "failed":
            return Verdict.FAILED
        case "delayed":
            return Verdict.DELAYED
        case "delivered" | "relayed" | "expanded":
            return Verdict.ARRIVED
    return {"5": Verdict.FAILED, "4": Verdict.DELAYED, "2": Verdict.ARRIVED}.get(status[:1])


def _in_plain_words(subject: str, text: str) -> Verdict | None:
    said = f"{subject}\n{_above_copy(text)}"
    if _DELAYED.search(said):
        return Verdict.DELAYED
    return Verdict.FAILED if _FAILED.search(said) else None


def _above_copy(text: str) -> str:
    """The server's own text, without the copy of our mail below it."""
    copy = _COPY.search(text)
    return text[: copy.start()] if copy else text


def _plain_words(text: str) -> str:
    """From the line that names the address on: before it stands the same preface every time."""
    lines = text.splitlines()
    begin = next((index for index, line in enumerate(lines) if _ADDRESS.search(line)), 0)
    return one_line(" ".join(lines[begin:]), ANSWER_LIMIT) or one_line(text, ANSWER_LIMIT)


def _ids(mail: Message, parts: Sequence[Message], text: str) -> tuple[str, ...]:
    """Message-IDs of ours: of the mail that came back, then of those the report answers, then in its text."""
    originals = (_original_id(part) for part in parts if part.get_content_type() in _ORIGINAL_TYPES)
    answered = (_header(mail, name) for name in ("In-Reply-To", "References"))
    found = [id_ for source in (*originals, *answered, text) for id_ in OWN_MESSAGE_ID.findall(source)]
    return tuple(dict.fromkeys(found))[:_PARTS]


def _original_id(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "".join(_header(inner, "Message-ID") for inner in payload[:1] if isinstance(inner, Message))
    return _header(message_from_string(_text(part)), "Message-ID")


def _first_text(parts: Sequence[Message]) -> str:
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    html = [part for part in parts if part.get_content_type() == "text/html"]
    if plain or not html:
        return _text(plain[0]) if plain else ""
    return re.sub(r"<[^<>]{0,2000}>", " ", _text(html[0]))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload[:_TEXT_BYTES] if isinstance(payload, bytes) else b""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a character set nobody knows
        return content.decode("utf-8", "replace")


def _header(mail: Message, name: str) -> str:
    raw = next((value for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    # The parser hides each byte that is not ASCII in a surrogate.
    return str(raw)[:_TEXT_BYTES].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _parameter(mail: Message, name: str) -> str:
    return str(mail.get_param(name) or "").lower()


def _addresses(field: str) -> frozenset[str]:
    return frozenset(address.casefold() for address in _ADDRESS.findall(field))
