"""What a reviewer types: remarks with an approval, a reason and remarks with a rejection.

The rules stand in `review.services`, which answers every entry alike; the forms only name the controls.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from backoffice.requests.rules import NOTE_LIMIT, QUESTION_LIMIT, REMARKS_LIMIT
from backoffice.review import labels
from backoffice.review.rules import VIEW_NAME_LIMIT
from backoffice.web.forms import Form, choices
from backoffice.web.kept_forms import KeptForm


class ApproveForm(Form):
    """Remarks the customer can read on the request; none are needed."""

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="approve-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )


class HoldForm(KeptForm):
    """The question to the customer."""

    question = TextAreaField(
        lazy_gettext("Question"), id="hold-question", default="", render_kw={"maxlength": QUESTION_LIMIT}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.question.flags.required = True


class ReturnForm(KeptForm):
    """Why an approved request goes back to the queue; the customer does not read it."""

    why = TextAreaField(lazy_gettext("Why"), id="return-why", default="", render_kw={"maxlength": REMARKS_LIMIT})

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.why.flags.required = True


class NoteForm(KeptForm):
    """A note among the people of the back office."""

    note = TextAreaField(lazy_gettext("Internal note"), id="note", default="", render_kw={"maxlength": NOTE_LIMIT})


class SavedViewForm(Form):
    """The name of a view; the filters it keeps come with it."""

    name = StringField(
        lazy_gettext("Name"),
        id="view-name",
        default="",
        render_kw={"maxlength": VIEW_NAME_LIMIT, "autocomplete": "off"},
    )
    query = HiddenField(id="view-query", default="")


class RejectForm(Form):
    """Why a request is turned down: a coded reason, and what the customer should mend."""

    reason = RadioField(
        lazy_gettext("Reason"), id="reject-reason", choices=choices(labels.reasons.items()), validate_choice=False
    )
    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="reject-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Marks the labels only: the rule is the service's, and its sentences say what to do.
        self.reason.flags.required = self.remarks.flags.required = True


class BulkApproveForm(Form):
    """One text for the customers of many approved requests; none is needed."""

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="bulk-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )


class BulkRejectForm(BulkApproveForm):
    """One reason and one text for the customers of many rejected requests."""

    reason = RadioField(
        lazy_gettext("Reason"), id="bulk-reason", choices=choices(labels.reasons.items()), validate_choice=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.flags.required = self.remarks.flags.required = True


class BulkAssignForm(Form):
    """The colleague who gets many requests, or nobody."""

    NOBODY = "nobody"

    assignee = SelectField(lazy_gettext("Assignee"), id="bulk-assignee", validate_choice=False)

    def offer(self, people: Iterable[tuple[int, str]]) -> None:
        """Offer these colleagues by id and name, and nobody."""
        offered = [(str(person_id), name) for person_id, name in people]
        self.assignee.choices = choices([*offered, (self.NOBODY, lazy_gettext("Nobody"))])
