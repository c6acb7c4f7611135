"""What the application form begins with: the usual header and addresses, or the rejected request once more."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from flask_login import current_user

from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.portal.forms import ApplyForm, defaults_of, values_of
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import dossier
from backoffice.portal.views.plumbing import account_id
from backoffice.requests import queries as requests


def choose_header(form: ApplyForm, draft: ApplicationDraft | None) -> None:
    """Whoever comes from a header they made or changed goes on with that one, unless they chose another since."""
    is_new = request.args.get("onto") == (draft.words if draft is not None else "")
    if "header" in request.args and is_new:
        form.header_id.data = request.args["header"]
        form.follow_header(usable(), usual_email())


def beginning(number: str | None) -> dict[str, str]:
    """What a form says before anything is typed: the usual, or the rejected request once more."""
    if number is not None:
        return values_of(dossier.own_request(account_id(), number))
    offered = usable()
    return _prefilled(next((header for header in offered if header.is_default or len(offered) == 1), None))


def usable() -> Sequence[InvoiceHeader]:
    """The headers that the account may choose from."""
    return headers.headers_of(account_id())


def _prefilled(header: InvoiceHeader | None) -> dict[str, str]:
    chosen = str(header.id) if header else ""
    return {"header_id": chosen, "amount": "", "defaults_of": chosen, **defaults_of(header, usual_email())}


def usual_email() -> str:
    """Where this person had the last invoice sent, or their own address."""
    return requests.last_email(account_id(), current_user.id) or str(current_user.email)
