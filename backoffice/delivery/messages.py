"""What a mail says: templates/messages/<mail>/{subject.txt,body.txt,body.html} in the recipient's language, as MIME."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.charset import QP, Charset
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

import flask_mail
from flask import current_app
from flask_babel import force_locale, format_date, gettext

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.delivery.models import Message
from backoffice.delivery.rules import DOCUMENT_PURPOSE, attachment_name, one_line, unique_part
from backoffice.web import formatting, signing
from backoffice.web.formatting import currency_sign

# Where the button of each mail leads, below the installation's address. The pages belong to later capabilities: their
# paths are among the fixed names of the architecture.
_PATHS = {
    "submitted": "/invoices/{request_number}",
    "rejected": "/invoices/{request_number}",
    "information_wanted": "/invoices/{request_number}/answer",
    "information_reminder": "/invoices/{request_number}/answer",
    "approved": "/invoices/{request_number}",
    "issued": "/invoices/{request_number}",
    "credited": "/invoices/{request_number}",
    "correction_declined": "/invoices/{request_number}",
    "flagged": "/review",
    "due_soon": "/review",
    "weekly_report": "/sla?from={since}&to={until}",
    "audit_head": "/audit",
    "security_notice": "/login",
}
_FIXED_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words, ready for MIME."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it was taken: plain values that outlive the transaction."""

    id: int
    lease: str
    template: str
    locale: str
    recipient: str
    context: Mapping[str, Any]
    message_id: str
    attachment_sha256: str | None
    attachment_name: str | None
    created_at: datetime
    mime: bytes | None

    @classmethod
    def of(cls, message: Message) -> Parcel:
        """Copy a message that was just taken. Raises ValueError when it is not leased."""
        if message.lease is None:
            raise ValueError(f"message {message.id} is not leased")
        return cls(**{name: getattr(message, name) for name in cls.__slots__})


def render(template: str, locale: str, context: Mapping[str, Any]) -> Rendered:
    """Render one mail in `locale` ("en" or "zh"); needs an application context, no request.

    The link is `url` of the context or the mail's page at the installation's address; the currency is added to amounts
    by the templates, so that no caller can forget or double it.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    words: dict[str, Any] = {
        "person": None,
        "currency_sign": currency_sign,
        "url": settings.external_url + page_of(template, context),
        "download_url": None,
        "download_until": None,
        "is_test": False,
        "mail_locale": "zh-CN" if locale == "zh" else "en",
        "day": _day,
        "short_day": _short_day,
        "desk_url": lambda number: f"{settings.external_url}/review/{quote(str(number), safe='')}",
        "translated": gettext,
        **context,
    }
    with force_locale(locale):
        parts = [
            current_app.jinja_env.get_template(f"messages/{template}/{part}").render(words)
            for part in ("subject.txt", "body.txt", "body.html")
        ]
        subject = gettext("Test: %(subject)s", subject=parts[0].strip()) if words["is_test"] else parts[0]
    return Rendered(one_line(subject), parts[1].strip() + "\n", parts[2])


def compose(parcel: Parcel, link_until: datetime | None = None) -> bytes:
    """The parcel as MIME bytes with CRLF line ends, its Message-ID, and its document attached.

    With `link_until` the mail has a link to the document that needs no signing in, and says until when it works.
    Raises NotFound or Unavailable when the store cannot give the document.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    context = {**parcel.context, **_download(parcel, link_until)}
    rendered = render(parcel.template, parcel.locale, context)
    mail = flask_mail.Message(
        subject=rendered.subject,
        recipients=[parcel.recipient],
        body=rendered.text,
        html=rendered.html,
        sender=parseaddr(settings.mail_default_sender),
        date=parcel.created_at.timestamp(),
        charset=_seven_bit_utf8(),
        extra_headers=dict(_FIXED_HEADERS),
    )
    mail.msgId = parcel.message_id
    if parcel.attachment_sha256 is not None:
        name = attachment_name(parcel.attachment_name)
        mail.attachments.append(flask_mail.Attachment(name, None, storage.get(parcel.attachment_sha256)))
    if mail.has_bad_headers():
        raise ValueError(f"message {parcel.id} would carry a line break in a header")
    return mail.as_bytes()


def _seven_bit_utf8() -> Any:
    # Flask-Mail would send 8-bit lines as long as a paragraph; servers cut or refuse lines over 998 bytes (RFC 5321).
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


def page_of(template: str, context: Mapping[str, Any]) -> str:
    """The path of the page that a mail leads to."""
    return _PATHS[template].format_map({name: quote(str(value), safe="") for name, value in context.items()})


def _download(parcel: Parcel, until: datetime | None) -> dict[str, str]:
    if parcel.attachment_sha256 is None or until is None:
        return {}
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    token = signing.sign(unique_part(parcel.message_id), DOCUMENT_PURPOSE)
    last_day = clock.local_date(until - timedelta(seconds=1), clock.zone())
    return {"download_url": f"{settings.external_url}/documents/{token}", "download_until": last_day.isoformat()}


def _day(value: str) -> str:
    """An ISO date in words of the mail's language, with its weekday."""
    return str(format_date(date.fromisoformat(value), "full"))


def _short_day(value: str) -> str:
    """An ISO date as pages write it, without its weekday."""
    return str(formatting.day(date.fromisoformat(value)).striptags())
