"""The pages' words for coded values of the books, and sentences about lines with their codes marked as such."""

from __future__ import annotations

import re

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from backoffice.errors import Message
from backoffice.ledger.rules import COLUMNS
from backoffice.ledger.services import conflicts, reading
from backoffice.ledger.services.encodings import ENCODINGS

states = {
    "waiting": _l("Waiting"),
    "running": _l("Running"),
    "done": _l("Done"),
    "undone": _l("Nothing kept"),
    "interrupted": _l("Interrupted"),
    "failed": _l("Failed"),
}
tones = {"waiting": "neutral", "running": "info", "done": "good", "undone": "neutral", "interrupted": "warn",
         "failed": "bad"}  # fmt: skip
kinds = {
    "recharge": _l("Recharges"),
    "refund": _l("Refunds"),
    "consumption": _l("Consumption"),
    "grant": _l("Grants"),
}
sums = {
    **kinds,
    "pending": _l("Recharges in process"),
    "failed": _l("Recharges that failed"),
    "waiting": _l("Refunds not taken off yet"),
}
problem_kinds = {"refused": _l("Refused"), "conflict": _l("Conflict")}
encodings = {code: _l(label) for code, label in ENCODINGS.items()}
delimiters = {sign: _l(label) for sign, label in reading.DELIMITERS.items()}

# Names of columns that our sentences use bare; "amount" is a word of its own elsewhere in a sentence.
_COLUMNS = re.compile(r"^(?:amount|currency)\b|\b(?:refund_of|occurred_at|external_id)\b|\byyyy-mm-dd hh:mm:ss\b")


def explained(packed: str) -> Markup:
    """A kept sentence in the reader's language; what it quotes from the file is marked as code."""
    return _marked(Message.unpacked(packed)) if packed else Markup("")


def settled_why(text: str) -> Markup:
    """Why a conflict is settled: an administrator's own words, or ours where the books did it themselves."""
    known = {why.packed() for why in conflicts.SETTLED_BY_BOOKS}
    return explained(text) if text in known else escape(text)


def plain(packed: str) -> str:
    """A kept sentence as plain text, for a file."""
    return explained(packed).striptags() if packed else ""


def told_text(told: dict[str, str]) -> str:
    """What a line said, value by value in the order of our columns; as it stands where it could not be cut."""
    return told["line"] if "line" in told else " · ".join(told[name] for name in COLUMNS if name in told)


def _marked(message: Message) -> Markup:
    sentence = Markup(_COLUMNS.sub(r"<code>\g<0></code>", str(escape(gettext(message.msgid)))))  # noqa: S704  # nosec: escaped
    if not message.params:
        return sentence
    return sentence % {name: _quoted(value) for name, value in message.params.items()}


def _quoted(value: object) -> Markup:
    if isinstance(value, Message):
        return _marked(value)
    return Markup("<code>{}</code>").format(value)
