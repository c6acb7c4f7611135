"""The page behind the QR code of an invoice: anybody checks a number and an amount, or the file; nobody learns more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge

from backoffice.extensions import limiter
from backoffice.issuing.forms import DocumentForm, VerifyForm
from backoffice.issuing.queries import verification
from backoffice.issuing.rules import is_invoice_number
from backoffice.web.guards import PUBLIC, guard
from backoffice.web.hashing import Hashed, HashingFormParser

blueprint = Blueprint("issuing", __name__)

# Enough for an accountant with a pile of invoices, too few to find an amount by trying.
CHECKS = "20 per minute; 200 per day"
# As many lines as can be drawn, each as long as it may be and in other characters, come to 14.2 MB, and a logo.
LARGEST_DOCUMENT = 20_000_000
_REST_OF_FORM = 10_000


@blueprint.url_value_preprocessor
def _keep_no_file(endpoint: str | None, _values: object) -> None:
    # Before anything reads the form, the CSRF check among them.
    if endpoint == "issuing.check_document":
        request.form_data_parser_class = HashingFormParser
        request.max_content_length = LARGEST_DOCUMENT + _REST_OF_FORM


@blueprint.get("/verify")
@guard(PUBLIC)
def verify() -> str:
    """The forms, with the number of the QR code filled in."""
    given = request.args.get("number", "").strip()
    return _page(VerifyForm(formdata=None, number=given if is_invoice_number(given) else ""))


@blueprint.post("/verify")
@guard(PUBLIC)
@limiter.limit(CHECKS)
def check() -> Any:
    """Say whether the number was issued over exactly this amount."""
    form = VerifyForm()
    if not form.validate():
        return _page(form), 422
    found = verification.verify(form.number.data, form.amount.data)
    return _page(form, asked="amount", found=found)


@blueprint.post("/verify/document")
@guard(PUBLIC)
@limiter.limit(CHECKS)
def check_document() -> Any:
    """Say whether the file is, byte for byte, one that was issued. It is hashed as it comes in and kept nowhere."""
    form = DocumentForm()
    given = request.files.get("document")
    told: Any = None if given is None else given.stream
    if not form.validate() or not isinstance(told, Hashed) or not told.size:
        form.document.errors = [gettext("Choose the PDF of the invoice.")]
        return _page(document=form), 422
    if told.size > LARGEST_DOCUMENT:
        return _too_large(RequestEntityTooLarge())
    return _page(asked="document", found=verification.verify_document(told.sha256))


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Any:
    form = DocumentForm(formdata=None)
    form.document.errors = [gettext("This file is larger than any invoice of ours.")]
    return _page(document=form), 413


def _page(
    form: VerifyForm | None = None,
    document: DocumentForm | None = None,
    asked: str = "",
    found: verification.Verified | None = None,
) -> str:
    return render_template(
        "issuing/verify.html",
        form=form or VerifyForm(formdata=None),
        document=document or DocumentForm(formdata=None),
        largest=LARGEST_DOCUMENT,
        asked=asked,
        found=found,
    )
