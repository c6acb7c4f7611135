"""What a tax platform issued for an invoice: recorded by hand, corrected, and fetched again."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid, NotFound
from backoffice.issuing.queries import official as queries
from backoffice.issuing.services import official
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.review.forms import OfficialForm
from backoffice.review.views.onward import OFFICIAL, again
from backoffice.review.views.plumbing import INVALID, blueprint, keep_with_list
from backoffice.web import asides, kept_forms, offers
from backoffice.web.downloads import attachment
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard


@blueprint.route("/<number>/official", methods=["GET", "POST"], endpoint="official")
@guard(Permission.DECIDE, rescue=keep_with_list)
def record_official(number: str) -> Any:
    """Record the official number and file of an issued invoice, or correct what is recorded."""
    if request.method != "POST":
        recorded = queries.in_force(_issued(number).id)
        began = {"number": recorded.number if recorded else "", "over": str(recorded.version if recorded else 0)}
        return _page(number, kept_forms.begin(OfficialForm, began))
    form = OfficialForm()
    if asides.is_asked():
        return kept_forms.step_aside(None, lambda: _page(number, form))
    upload = request.files.get("file")
    file = (upload.stream.read(official.LARGEST_BYTES + 1), upload.filename) if upload and upload.filename else None
    try:
        with transaction():
            official.record(
                current_actor(),
                number,
                number=form.number.data or "",
                file=file,
                reason=form.reason.data or "",
                over=whole_number(form.over.data) or 0,
                now=clock.now(),
            )
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(number, form), INVALID
    except Conflict as conflict:
        form.form_errors.append(translate(conflict.message))
        recorded = queries.in_force(_issued(number).id)
        # Now they have seen it: what they typed may be sent over it.
        form.over.data = str(recorded.version if recorded else 0)
        return _page(number, form), 409
    flash(gettext("The official number is recorded."), "success")
    told = N_("The last thing you did was to record the official number of %(number)s. It stays; correct it there.")
    offers.done(told, number=number)
    return kept_forms.done(again(number, OFFICIAL))


@blueprint.get("/<number>/official/file")
@guard(Permission.SEE_QUEUE)
def official_file(number: str) -> BaseResponse:
    """The file in force, or with `version` an earlier one, as a download: it is somebody else's file."""
    asked = request.args.get("version")
    version = whole_number(asked)
    if asked is not None and version is None:
        raise NotFound
    found = queries.file_of(requests.by_number(number).id, version)
    return attachment(
        storage.get(found.file_sha256 or ""),
        found.file_type or "application/octet-stream",
        found.file_name or "official",
    )


def _issued(number: str) -> Any:
    found = requests.by_number(number)
    if not found.is_issued:
        raise NotFound
    return found


def _page(number: str, form: OfficialForm) -> str:
    found = _issued(number)
    records = queries.records_of(found.id)
    form.reason.flags.required = bool(records)
    return render_template(
        "review/official.html", shown=found, form=form, records=records, largest=official.LARGEST_BYTES
    )
