"""What a reviewer types: remarks with an approval, a reason and remarks with a rejection.

The rules stand in `review.services`, which answers every entry alike; the forms only name the controls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField

from backoffice.accounts.models import User
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.queries.credits import Creditable
from backoffice.issuing.rules import STOP_REASON_LIMIT
from backoffice.issuing.rules.credits import REMARKS_LIMIT as CREDIT_REMARKS_LIMIT
from backoffice.issuing.rules.credits import WORDS_LIMIT
from backoffice.issuing.services.proposals import Wanted
from backoffice.money import ZERO
from backoffice.requests.rules import FIELDS, NOTE_LIMIT, QUESTION_LIMIT, REMARKS_LIMIT, Reason, complained_about
from backoffice.review import labels
from backoffice.review.rules import VIEW_NAME_LIMIT
from backoffice.web.forms import AmountField, Form, TextAreaField, choices
from backoffice.web.kept_forms import KeptForm

_LINE = "line-"

# The form of a rejection has remarks of its own, which must not share their name with a box.
_POINTERS = {"remarks": lazy_gettext("Text printed on the invoice")}


class CodesField(SelectMultipleField):  # type: ignore[misc]
    """Some of several codes; also read as the words of one text, as a form comes back that waited in the browser."""

    def process_data(self, value: Any) -> None:
        """Take what the form begins with."""
        super().process_data(value.split() if isinstance(value, str) else value)


class SeenForm(KeptForm):
    """A form that says how far its reader has seen the request: what rests on anything newer is refused."""

    seen: HiddenField


class ApproveForm(SeenForm):
    """Remarks the customer can read on the request, none are needed; and why a doubtful tax ID is right."""

    # It is asked for only where there is no approval without it.
    needed = ("tax_id_reason",)

    seen = HiddenField(id="approve-seen", default="")

    tax_id_reason = TextAreaField(
        lazy_gettext("Why the tax ID is right"), id="tax-id-reason", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="approve-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )


class HoldForm(SeenForm):
    """The question to the customer."""

    needed = ("question",)

    seen = HiddenField(id="hold-seen", default="")
    question = TextAreaField(
        lazy_gettext("Question"), id="hold-question", default="", render_kw={"maxlength": QUESTION_LIMIT}
    )


class ReturnForm(SeenForm):
    """Why an approved request goes back to the queue; the customer does not read it."""

    needed = ("why",)

    seen = HiddenField(id="return-seen", default="")
    why = TextAreaField(lazy_gettext("Why"), id="return-why", default="", render_kw={"maxlength": REMARKS_LIMIT})


class AssignForm(Form):
    """Who is to work on a request."""

    needed = ("assignee",)

    assignee = SelectField(lazy_gettext("Colleague"), id="assignee", validate_choice=False)

    def offer(self, people: Sequence[User]) -> None:
        """Fill the choice."""
        self.assignee.choices = choices([("", lazy_gettext("Choose")), *((str(one.id), one.name) for one in people)])


class MailForm(KeptForm):
    """Where a mail goes that is sent once more."""

    needed = ("email",)

    email = EmailField(lazy_gettext("Email"), id="mail-email", render_kw={"maxlength": 254, "autocomplete": "off"})


class CreditForm(KeptForm):
    """Why something is taken back of an invoice; what of each line, `credit_form` adds."""

    needed = ("reason", "words")

    reason = RadioField(lazy_gettext("Reason"), choices=choices(labels.credit_reasons.items()), validate_choice=False)
    words = TextAreaField(
        lazy_gettext("Words on the credit note"), id="credit-words", default="", render_kw={"maxlength": WORDS_LIMIT}
    )
    lines: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        """What was typed, by line of the invoice."""
        amounts = {int(name.removeprefix(_LINE)): self[name].data for name in self.lines if self[name].data}
        return Wanted(self.reason.data or "", self.words.data or "", amounts)

    def of_line(self, line_id: int) -> Any:
        """The field of a line of the invoice; None for one of which nothing is left."""
        return self[f"{_LINE}{line_id}"] if f"{_LINE}{line_id}" in self.lines else None


class ReissueForm(KeptForm):
    """Another header for an invoice that is taken back, and why."""

    needed = ("header_id", "words")

    header_id = SelectField(lazy_gettext("Header of the new invoice"), id="reissue-header", validate_choice=False)
    words = TextAreaField(
        lazy_gettext("Words on the credit note"), id="reissue-words", default="", render_kw={"maxlength": WORDS_LIMIT}
    )

    def offer(self, headers: Sequence[InvoiceHeader]) -> None:
        """Fill the choice; headers of one name are told apart by their tax IDs."""
        named = [(str(one.id), f"{one.name} {one.tax_id}".strip()) for one in headers]
        self.header_id.choices = choices([("", lazy_gettext("Choose")), *named])


def credit_form(lines: Sequence[Creditable], amounts: Mapping[int, Decimal] | None = None, **said: str) -> CreditForm:
    """The form with an amount for each line of the invoice of which something is left; `amounts` begin it."""
    fields = {
        f"{_LINE}{line.id}": AmountField(
            lazy_gettext("Line %(line)s, %(recharge)s", line=line.position, recharge=line.external_id)
        )
        for line in lines
        if line.left.gross_left > ZERO
    }
    form = type("CreditFormOfLines", (CreditForm,), {**fields, "lines": tuple(fields)})
    if amounts is None:
        return form()  # type: ignore[no-any-return]
    begun = {f"{_LINE}{line_id}": amount for line_id, amount in amounts.items()}
    return form(formdata=None, data={**begun, **said})  # type: ignore[no-any-return]


class DeclineForm(KeptForm):
    """Why a colleague's credit note is turned down."""

    needed = ("remarks",)

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="decline-remarks", default="", render_kw={"maxlength": CREDIT_REMARKS_LIMIT}
    )


class NoteForm(KeptForm):
    """A note among the people of the back office."""

    note = TextAreaField(lazy_gettext("Internal note"), id="note", default="", render_kw={"maxlength": NOTE_LIMIT})


class StopForm(KeptForm):
    """Why issuing stops, or goes on."""

    needed = ("reason",)

    act = HiddenField(default="stop")
    reason = TextAreaField(
        lazy_gettext("Reason"), id="stop-reason", default="", render_kw={"maxlength": STOP_REASON_LIMIT}
    )


class OfficialForm(KeptForm):
    """What a tax platform issued for an invoice; `over` is the version that whoever fills it in has seen."""

    needed = ("number",)

    over = HiddenField(default="0")
    number = StringField(lazy_gettext("Official number"), id="official-number", default="")
    file = FileField(lazy_gettext("File"), id="official-file", render_kw={"accept": ".pdf,.ofd,.xml"})
    reason = TextAreaField(lazy_gettext("Reason"), id="official-reason", default="", render_kw={"maxlength": 500})


class SavedViewForm(KeptForm):
    """The name of a view; the filters it keeps come with it."""

    needed = ("name",)

    name = StringField(
        lazy_gettext("Name"),
        id="view-name",
        default="",
        render_kw={"maxlength": VIEW_NAME_LIMIT, "autocomplete": "off"},
    )
    query = HiddenField(id="view-query", default="")


def _append(remarks: TextAreaField, text: str) -> bool:
    """Put a ready text behind what was typed, unless it stands there; whether there was room for it."""
    typed = (remarks.data or "").rstrip()
    if text in typed:
        return True
    whole = f"{typed}\n{text}" if typed else text
    if len(whole) > REMARKS_LIMIT:
        return False
    remarks.data = whole
    return True


class RejectForm(SeenForm):
    """Why a request is turned down: coded reasons, the fields they mean, and what the customer should mend."""

    needed = ("reason", "remarks")

    no_room = False

    reason = CodesField(
        lazy_gettext("Reason"), id="reject-reason", choices=choices(labels.reasons.items()), validate_choice=False
    )
    fields = CodesField(
        lazy_gettext("Fields to correct"),
        id="reject-fields",
        choices=choices((name, _POINTERS.get(name, labels.fields[name])) for name in FIELDS),
        validate_choice=False,
    )
    seen = HiddenField(id="reject-seen", default="")
    # Whether the fields are the reviewer's own choice, so that none means none.
    pointed = HiddenField(id="reject-pointed", default="")
    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="reject-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )

    @property
    def given(self) -> dict[str, Any]:
        """What the services take; fields are given only where the reviewer has chosen some, or none on purpose."""
        chosen = list(self.fields.data or [])
        return {
            "reason": list(self.reason.data or []),
            "remarks": self.remarks.data or "",
            "fields": chosen if chosen or self.pointed.data else None,
        }

    def put(self, reason: str, text: str) -> None:
        """Choose a reason with a ready text for it: behind what was typed, and with the fields it speaks of.

        Where the text does not fit any more, the remarks are left as they are, and `no_room` says so.
        """
        reasons = [*(self.reason.data or []), reason]
        self.reason.data = list(dict.fromkeys(reasons))
        fields = complained_about(Reason(code) for code in self.reason.data if code in set(Reason))
        if not self.pointed.data:
            self.fields.data = list(dict.fromkeys([*(self.fields.data or []), *fields]))
            self.pointed.data = "1"
        self.no_room = not _append(self.remarks, text)


class BulkVerdictForm(KeptForm):
    """One text for the customers of many requests."""

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="bulk-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )


class BulkApproveForm(BulkVerdictForm):
    """Words for the customers, which are not needed, and whether what has doubts is left for a look of its own."""

    leave_doubtful = BooleanField(
        lazy_gettext("Leave requests whose checks warn or fail for a look of their own"),
        id="bulk-doubts",
        default=True,
        # To approve what has doubts is wanted anew each time: neither our script nor the browser unticks the box again.
        render_kw={"data-keep-never": "", "autocomplete": "off"},
    )
    # Comes with the box: without it nobody was asked, and nothing doubtful is approved.
    doubts_shown = HiddenField()

    @property
    def leaves_doubtful(self) -> bool:
        """What was chosen: the box is ticked, or nobody saw it."""
        return bool(self.leave_doubtful.data) or not self.doubts_shown.data

    def take_back(self, sent: Mapping[str, str]) -> None:
        """Choose what was sent before: of a box that is not ticked nothing comes."""
        if sent.get("doubts_shown"):
            self.leave_doubtful.data = "leave_doubtful" in sent


class BulkRejectForm(BulkVerdictForm):
    """One reason and one text for the customers of many rejected requests."""

    needed = ("reason", "remarks")

    no_room = False

    reason = RadioField(
        lazy_gettext("Reason"), id="bulk-reason", choices=choices(labels.reasons.items()), validate_choice=False
    )

    def put(self, reason: str, text: str) -> None:
        """Choose a reason with a ready text for it, behind what was typed; `no_room` if it does not fit."""
        self.reason.data = reason
        self.no_room = not _append(self.remarks, text)


class BulkAssignForm(KeptForm):
    """The colleague who gets many requests, or nobody."""

    NOBODY = "nobody"

    assignee = SelectField(lazy_gettext("Assignee"), id="bulk-assignee", validate_choice=False)

    def offer(self, people: Iterable[tuple[int, str]]) -> None:
        """Offer these colleagues by id and name, and nobody."""
        offered = [(str(person_id), name) for person_id, name in people]
        self.assignee.choices = choices([*offered, (self.NOBODY, lazy_gettext("Nobody"))])
