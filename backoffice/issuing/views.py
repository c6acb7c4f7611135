"""The page behind the QR code of an invoice: anybody checks a number and an amount, nobody learns anything else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, render_template, request

from backoffice.extensions import limiter
from backoffice.issuing.face import Face
from backoffice.issuing.forms import VerifyForm
from backoffice.issuing.queries import verification
from backoffice.issuing.rules import is_invoice_number
from backoffice.web.guards import PUBLIC, guard

blueprint = Blueprint("issuing", __name__)

# Enough for an accountant with a pile of invoices, too few to find an amount by trying.
CHECKS = "20 per minute; 200 per day"


def init(app: Flask) -> None:
    """Give pages the face of a snapshot. The page itself stands outside the navigation: the QR code leads to it."""
    app.jinja_env.globals["invoice_face"] = Face


@blueprint.get("/verify")
@guard(PUBLIC)
def verify() -> str:
    """The form, with the number of the QR code filled in."""
    given = request.args.get("number", "").strip()
    form = VerifyForm(formdata=None, number=given if is_invoice_number(given) else "")
    return render_template("issuing/verify.html", form=form, asked=False, found=None)


@blueprint.post("/verify")
@guard(PUBLIC)
@limiter.limit(CHECKS)
def check() -> Any:
    """Say whether the number was issued over exactly this amount."""
    form = VerifyForm()
    if not form.validate():
        return render_template("issuing/verify.html", form=form, asked=False, found=None), 422
    found = verification.verify(form.number.data.strip().upper(), form.amount.data)
    return render_template("issuing/verify.html", form=form, asked=True, found=found)
