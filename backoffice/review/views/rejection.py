"""What the form of a rejection is drawn from: its reasons, ready texts in two languages, and the mail it would send."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from flask import render_template, url_for
from flask_babel import force_locale, get_locale
from werkzeug.datastructures import MultiDict

from backoffice.delivery.rules import known_locale
from backoffice.errors import Message
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import Reason, complained_about
from backoffice.review import rules
from backoffice.review.forms import RejectForm
from backoffice.review.queries import dossier as queries
from backoffice.review.views import alone
from backoffice.web.errors import translate

LANGUAGES = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A ready text for one reason, in the customer's `language`; `reading` is the same in the reviewer's."""

    key: str
    reason: str
    text: str
    reading: str | None
    language: str

    @property
    def is_first(self) -> bool:
        """Whether it comes with its reason: where customers read several languages, one in each."""
        return self.key.split("-")[1] == "0"


@dataclass(frozen=True, slots=True)
class Letter:
    """The customer's mail as it would be sent, in their `language`."""

    to: str
    subject: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """The form of one request's rejection with all that stands around it."""

    number: str
    form: RejectForm
    offers: list[Offer]
    letter: Letter | None = None

    @property
    def on_enter(self) -> dict[str, str | None]:
        """The attributes of the button that Enter presses: it shows the mail, and rejects nothing."""
        return on_enter(self.number)

    @property
    def fields_of(self) -> dict[str, str]:
        """Which fields each reason speaks of, as the page's script reads them."""
        return {reason.value: " ".join(complained_about([reason])) for reason in Reason}


def on_enter(number: str) -> dict[str, str | None]:
    """What Enter presses in the form of a request's rejection: the preview of its mail."""
    return {"name": "preview", "value": "1", "formaction": url_for("review.draft_rejection", number=number)}


def rejection_of(invoice_request: InvoiceRequest, form: RejectForm | None, letter: Letter | None = None) -> Rejection:
    """What the form is drawn from; a form that was not sent begins empty, whatever the body of this call holds."""
    nothing: MultiDict[str, str] = MultiDict()
    return Rejection(
        invoice_request.number,
        form or RejectForm(formdata=nothing),
        list(offers(invoice_request)),
        letter,
    )


def page(dossier: queries.Dossier, form: RejectForm, letter: Letter | None = None) -> str:
    """The form on a page of its own."""
    beside = alone.around(dossier, form)
    rejection = rejection_of(dossier.request, form, letter)
    return render_template("review/reject.html", dossier=dossier, rejection=rejection, **beside)


def offers(invoice_request: InvoiceRequest) -> Iterator[Offer]:
    """Every ready text, by reason."""
    facts = {"name": invoice_request.header_name, "email": invoice_request.email, "amount": invoice_request.amount}
    for reason in Reason:
        for index, msgid in enumerate(rules.SNIPPETS[reason]):
            yield _offer(f"{reason}-{index}", reason, Message(msgid, **facts), invoice_request.locale)


def offers_to_many(locales: Collection[str]) -> Iterator[Offer]:
    """Every ready text that is true of many requests alike, by reason, in each of their customers' languages."""
    for reason in Reason:
        for index, msgid in enumerate(rules.SNIPPETS[reason]):
            for locale in sorted({known_locale(one) for one in locales}):
                told = Message(rules.GENERAL.get(msgid, msgid))
                yield _offer(f"{reason}-{index}-{locale}", reason, told, locale)


def _offer(key: str, reason: Reason, told: Message, locale: str) -> Offer:
    theirs, ours = known_locale(locale), known_locale(str(get_locale() or ""))
    with force_locale(theirs):
        text = translate(told)
    return Offer(key, reason.value, text, translate(told) if theirs != ours else None, LANGUAGES[theirs])
