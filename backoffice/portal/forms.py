"""The application form: what it begins with, what it carries from step to step, what it hands to the services.

The rules stand in `requests.services.applying`, which answers every entry alike; the form only names the controls and
keeps what was typed exactly as it was typed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import FileField
from wtforms import EmailField, HiddenField, RadioField, SelectChoice, SelectField, StringField

from backoffice import text
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules.credits import WORDS_LIMIT
from backoffice.portal.models import ApplicationDraft
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import ANSWER_LIMIT, COPIES_LIMIT, REMARKS_LIMIT, is_request_number
from backoffice.requests.services.applying import Application, Plan
from backoffice.requests.services.supporting import SupportingFile
from backoffice.web.formatting import instant
from backoffice.web.forms import Form, TextAreaField, choices, whole_number
from backoffice.web.kept_forms import KeptForm

ACCEPTED = "application/pdf,image/png,image/jpeg"
# What of a draft another moment of the same day changes, and issuing gives anew.
_MOVES_BY_ITSELF = ("issued_at", "issued_on")

# What arrives after its session had ended is kept as far as the fields take it; nobody proved to be its writer.
RESCUE_LIMITS = {
    "header_id": 20, "amount": 60, "email": 254, "copies": COPIES_LIMIT * 256, "remarks": REMARKS_LIMIT,
    "defaults_of": 20,
}  # fmt: skip
_SHOWN = ("header_id", "amount", "email", "copies", "remarks")
TYPED = (*_SHOWN, "defaults_of")


class ApplyForm(Form):
    """One application. `resubmit` is the rejected request it follows, `words` the mark of what the page showed.

    `enclosed` says that the page showed a file that is kept: should its draft be gone meanwhile, that is told.
    """

    needed = ("header_id", "amount", "email")

    header_id = SelectField(lazy_gettext("Invoice Header"), validate_choice=False)
    amount = StringField(lazy_gettext("Invoice Amount"))
    email = EmailField(lazy_gettext("Receiving Email"), render_kw={"maxlength": 254, "autocomplete": "email"})
    copies = StringField(lazy_gettext("Copies to"), render_kw={"autocomplete": "off", "spellcheck": "false"})
    remarks = TextAreaField(lazy_gettext("Remarks"), render_kw={"maxlength": REMARKS_LIMIT})
    support_file = FileField(lazy_gettext("Supporting file"), render_kw={"accept": ACCEPTED})
    words = HiddenField()
    enclosed = HiddenField()
    resubmit = HiddenField()
    defaults_of = HiddenField()
    owner = HiddenField()

    def offer(self, headers: Sequence[InvoiceHeader], usual_email: str) -> None:
        """Let the person choose among the account's headers; one that is gone is not silently replaced."""
        offered = [SelectChoice(str(one.id), one.name, _data(defaults_of(one, usual_email))) for one in headers]
        if self.header_id.data not in {choice.value for choice in offered}:
            offered.insert(0, SelectChoice("", gettext("Choose…")))
            self.header_id.data = ""
        self.header_id.choices = offered

    def follow_header(self, headers: Sequence[InvoiceHeader], usual_email: str) -> None:
        """After another header was chosen, let its defaults stand where the former one's stood untouched.

        With scripts the page did so already; without, this is the next step.
        """
        by_id = {str(header.id): header for header in headers}
        former, chosen = by_id.get(self.defaults_of.data or ""), by_id.get(self.header_id.data or "")
        if self.defaults_of.data is None or chosen is None or chosen is former:
            return
        before = defaults_of(former, usual_email)
        for name, value in defaults_of(chosen, usual_email).items():
            if text.folded(self[name].data or "") == text.folded(before[name]):
                self[name].data = value
        self.defaults_of.data = self.header_id.data

    def says_no_more_than(self, beginning: ApplyForm) -> bool:
        """Whether nothing was typed over what the form began with."""
        return all(text.folded(self[name].data or "") == text.folded(beginning[name].data or "") for name in _SHOWN)

    @property
    def follows(self) -> str | None:
        """The number of the request it resubmits."""
        number = self.resubmit.data or ""
        return number if is_request_number(number) else None

    def typed(self) -> dict[str, str]:
        """What was typed, field by field, as it was typed."""
        return {name: self[name].data or "" for name in TYPED}

    def short_typed(self) -> dict[str, str]:
        """The same without what is longer than its field takes, whose names stand under `lost`."""
        said = {name: text.folded(self[name].data or "") for name in RESCUE_LIMITS}
        lost = [name for name, value in said.items() if len(value) > RESCUE_LIMITS[name]]
        return {**said, **dict.fromkeys(lost, ""), "lost": " ".join(lost)}

    def say_removed(self, header: InvoiceHeader) -> None:
        """Say beside the choice of header that the one that stood there was removed, instead of leaving it empty."""
        told = gettext(
            "%(name)s was removed on %(time)s. Choose another header, or restore it.",
            name=header.name, time=instant(header.archived_at).striptags(),
        )  # fmt: skip
        self.header_id.errors = [told]

    def say_lost(self, names: Sequence[str]) -> None:
        """Say beside each field whose text could not wait for the person that it is to be typed again."""
        for name in names:
            if name in _SHOWN:
                self[name].errors = [gettext("This was too long to be kept. If the field is empty, type it again.")]


def begin(values: Mapping[str, Any]) -> ApplyForm:
    """A form that was not sent yet, filled in with `values`."""
    return ApplyForm(formdata=None, data=dict(values))


def of_draft(draft: ApplicationDraft) -> ApplyForm:
    """The form as it was left."""
    return begin({**draft.fields, "resubmit": draft.follows or ""})


def application_of(typed: Mapping[str, str], follows: str | None, support: SupportingFile | None) -> Application:
    """What was typed, for the services, with the file that came along."""
    return Application(
        header_id=whole_number(typed["header_id"]),
        amount=typed["amount"],
        email=typed["email"],
        remarks=typed["remarks"],
        resubmission_of=follows,
        copies=typed["copies"],
        support=support,
    )


def defaults_of(header: InvoiceHeader | None, usual_email: str) -> dict[str, str]:
    """What an application with this header begins with: its own defaults, and the usual address where it has none."""
    if header is None:
        return {"email": usual_email, "copies": "", "remarks": ""}
    copies: Sequence[str] = getattr(header, "copies", None) or ()
    return {"email": header.email or usual_email, "copies": ", ".join(copies), "remarks": header.remarks}


def _data(defaults: Mapping[str, str]) -> dict[str, str]:
    return {f"data-{name}": value for name, value in defaults.items()}


def values_of(former: InvoiceRequest) -> dict[str, str]:
    """What a rejected request said, for the form that resubmits it."""
    return {
        "header_id": str(former.header_id),
        "amount": f"{former.amount:.2f}",
        "email": former.email,
        "copies": ", ".join(former.copies),
        "remarks": former.remarks,
        "resubmit": former.number,
        "defaults_of": str(former.header_id),
    }


def fingerprint(plan: Plan, snapshot: Snapshot) -> str:
    """Tells whether what is submitted is what was looked at: the draft as it was shown, and where and when it goes.

    A colleague may have edited the header meanwhile, a refund may have moved the amount to another recharge.
    """
    file = [plan.support.sha256, plan.support.name] if plan.support else []
    former = plan.resubmission_of.number if plan.resubmission_of else ""
    seen = [
        {name: value for name, value in snapshot.items() if name not in _MOVES_BY_ITSELF}, plan.frozen_header,
        plan.email, plan.copies, plan.remarks, file, former, plan.due_on.isoformat(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]


class RecipientsForm(KeptForm):
    """Where the mails about a pending request go; `seen` is where they went when the page was shown."""

    needed = ("email",)

    seen = HiddenField()
    email = EmailField(lazy_gettext("Receiving Email"), render_kw={"maxlength": 254, "autocomplete": "email"})
    copies = StringField(lazy_gettext("Copies to"), render_kw={"autocomplete": "off", "spellcheck": "false"})


class AnswerForm(KeptForm):
    """What the customer answers to a question about a request."""

    needed = ("answer",)

    answer = TextAreaField(lazy_gettext("Your answer"), default="", render_kw={"maxlength": ANSWER_LIMIT})
    question = HiddenField()


class CorrectionForm(KeptForm):
    """What the customer asks for once the invoice is issued."""

    needed = ("kind", "words")

    kind = RadioField(
        lazy_gettext("What do you ask for?"),
        choices=choices(
            [("return", lazy_gettext("Take the invoice back")), ("reissue", lazy_gettext("Issue it to another header"))]
        ),
        validate_choice=False,
    )
    header_id = SelectField(lazy_gettext("Invoice Header"), id="correction-header", validate_choice=False)
    words = TextAreaField(lazy_gettext("Why"), id="correction-words", default="", render_kw={"maxlength": WORDS_LIMIT})

    def offer(self, headers: Sequence[InvoiceHeader]) -> None:
        """Fill the choice of headers."""
        named = [(str(one.id), f"{one.name} {one.tax_id}".strip()) for one in headers]
        self.header_id.choices = choices([("", lazy_gettext("Choose")), *named])
        flags = self.header_id.flags
        flags.needed_for, flags.needed_hint = "reissue", lazy_gettext("for another header")


class SendAgainForm(KeptForm):
    """The address the issued invoice is mailed to once more; `to` is where it went before."""

    needed = ("email",)

    to = HiddenField()
    email = EmailField(lazy_gettext("Receiving Email"), render_kw={"maxlength": 254, "autocomplete": "email"})
