"""What the application form begins with: the usual header and addresses, or the rejected request once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_login import current_user

from backoffice.errors import NotFound
from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.portal.forms import ApplyForm, defaults_of, values_of
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import dossier
from backoffice.portal.views.plumbing import account_id
from backoffice.requests import queries as requests
from backoffice.web.forms import whole_number


@dataclass(frozen=True, slots=True)
class Usual:
    """What an application of this person's can choose from, and where they had the last invoice sent."""

    headers: Sequence[InvoiceHeader]
    email: str

    @property
    def header(self) -> InvoiceHeader | None:
        """The header that is chosen unless another one is."""
        return next((header for header in self.headers if header.is_default or len(self.headers) == 1), None)


def usual() -> Usual:
    """Asked once for a page."""
    account = account_id()
    return Usual(headers.headers_of(account), requests.last_email(account, current_user.id) or str(current_user.email))


def choose_header(form: ApplyForm, draft: ApplicationDraft | None, usual: Usual) -> None:
    """Whoever comes from a header they made or changed goes on with that one, unless they chose another since.

    An application that was begun before there was any header goes on with the usual one as soon as there is one.
    """
    is_new = request.args.get("onto") == (draft.words if draft is not None else "")
    if "header" in request.args and is_new:
        form.header_id.data = request.args["header"]
    elif not form.header_id.data and not form.defaults_of.data and usual.header is not None:
        form.header_id.data = str(usual.header.id)
    else:
        return
    form.follow_header(usual.headers, usual.email)


def removed_header(chosen: str | None, usual: Usual) -> InvoiceHeader | None:
    """The header that was chosen and that somebody has removed since; None where there is nothing of that kind."""
    header_id = whole_number(chosen)
    if header_id is None or any(header.id == header_id for header in usual.headers):
        return None
    try:
        return headers.archived_header_of(account_id(), header_id)
    except NotFound:
        return None


def beginning(number: str | None, usual: Usual) -> dict[str, str]:
    """What a form says before anything is typed: the usual, or the rejected request once more."""
    if number is not None:
        return values_of(dossier.own_request(account_id(), number))
    header = usual.header
    chosen = str(header.id) if header else ""
    return {"header_id": chosen, "amount": "", "defaults_of": chosen, **defaults_of(header, usual.email)}
