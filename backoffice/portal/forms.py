"""The application form: what it begins with, what it carries from step to step, what it hands to the services.

The rules stand in `requests.services.applying`, which answers every entry alike; the form only names the controls and
keeps what was typed exactly as it was typed.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import EmailField, HiddenField, SelectField, StringField, TextAreaField

from backoffice.headers.models import InvoiceHeader
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import REMARKS_LIMIT
from backoffice.requests.services.applying import Application, Plan
from backoffice.web.forms import Form, choices, whole_number

_TOKEN = re.compile(r"[0-9A-Za-z_-]{16,64}")

# The way to a new header and back leads through the signed cookie, which browsers keep up to 4 KB.
DRAFT_LIMITS = {"header_id": 20, "amount": 60, "email": 254, "remarks": REMARKS_LIMIT, "resubmit": 20}


class ApplyForm(Form):
    """One application. `resubmit` is the number of the rejected request it follows, if any."""

    header_id = SelectField(lazy_gettext("Invoice Header"), validate_choice=False)
    amount = StringField(lazy_gettext("Invoice Amount"))
    email = EmailField(lazy_gettext("Receiving Email"), render_kw={"maxlength": 254, "autocomplete": "email"})
    remarks = TextAreaField(lazy_gettext("Remarks"), render_kw={"maxlength": REMARKS_LIMIT})
    resubmit = HiddenField()
    submit_token = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Marks the labels only: the rules are the service's, and its sentences say what to do.
        for name in ("header_id", "amount", "email"):
            self[name].flags.required = True

    def offer(self, headers: Sequence[InvoiceHeader]) -> None:
        """Let the person choose among the account's headers; one that is gone is not silently replaced."""
        offered = [(str(header.id), header.name) for header in headers]
        if self.header_id.data not in dict(offered):
            offered.insert(0, ("", gettext("Choose…")))
            self.header_id.data = ""
        self.header_id.choices = choices(offered)

    def ensure_token(self) -> None:
        """Give a form that is shown for the first time the token that makes a double Submit one request."""
        if _TOKEN.fullmatch(self.submit_token.data or "") is None:
            self.submit_token.data = secrets.token_urlsafe(24)

    def application(self) -> Application:
        """What was typed, for the services."""
        return Application(
            header_id=whole_number(self.header_id.data),
            amount=self.amount.data or "",
            email=self.email.data or "",
            remarks=self.remarks.data or "",
            resubmission_of=self.resubmit.data or None,
        )

    def draft(self) -> dict[str, str]:
        """What was typed, small enough to travel along while a header is made; empty when a field is too long."""
        typed = {name: self[name].data or "" for name in DRAFT_LIMITS}
        too_long = [name for name, limit in DRAFT_LIMITS.items() if len(typed[name]) > limit]
        for name in too_long:
            self[name].errors = [gettext("At most %(limit)d characters.", limit=DRAFT_LIMITS[name])]
        return {} if too_long else typed


def begin(values: Mapping[str, Any]) -> ApplyForm:
    """A form that was not sent yet, filled in with `values`."""
    return ApplyForm(formdata=None, data=dict(values))


def values_of(former: InvoiceRequest) -> dict[str, str]:
    """What a rejected request said, for the form that resubmits it."""
    return {
        "header_id": str(former.header_id),
        "amount": f"{former.amount:.2f}",
        "email": former.email,
        "remarks": former.remarks,
        "resubmit": former.number,
    }


def fingerprint(plan: Plan) -> str:
    """Tells whether what is submitted is what was looked at: a colleague may have edited the header meanwhile."""
    seen = [plan.frozen_header, str(plan.amount), plan.email, plan.remarks, plan.due_on.isoformat()]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]
