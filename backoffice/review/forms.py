"""What a reviewer types: remarks with an approval, a reason and remarks with a rejection.

The rules stand in `review.services`, which answers every entry alike; the forms only name the controls.
"""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import RadioField, TextAreaField

from backoffice.requests.rules import REMARKS_LIMIT
from backoffice.review import labels
from backoffice.web.forms import Form, choices


class ApproveForm(Form):
    """Remarks the customer can read on the request; none are needed."""

    remarks = TextAreaField(
        lazy_gettext("Remarks"), id="approve-remarks", default="", render_kw={"maxlength": REMARKS_LIMIT}
    )


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
