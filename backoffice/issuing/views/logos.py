"""The seller's logo on its way from a form into the store, and out again as a picture on the pages."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from backoffice import storage
from backoffice.errors import Invalid, NotFound
from backoffice.issuing.forms import SellerForm
from backoffice.issuing.services import logos
from backoffice.issuing.views.verify import blueprint
from backoffice.permissions import Permission
from backoffice.web import signing
from backoffice.web.forms import apply_errors
from backoffice.web.guards import PUBLIC, guard

_PURPOSE = "seller-logo"
# What a camera makes of a sign is read in full, so that its error stands beside the field and everything typed is kept.
READ_BYTES = 64 * 1024 * 1024
_FORMS = ("issuing.seller", "issuing.preview_seller")


@blueprint.url_value_preprocessor
def _read_large_files(endpoint: str | None, _values: object) -> None:
    # Before anything reads the form, the CSRF check among them.
    if endpoint in _FORMS and request.method == "POST" and current_user.can(Permission.ADMINISTER):
        request.max_content_length = READ_BYTES


@blueprint.get("/seller-logo/<signed>")
@guard(PUBLIC)
def seller_logo(signed: str) -> Response:
    """The picture. Its address is signed, so nothing else of the store can be asked for."""
    sha256 = signing.read(signed, _PURPOSE)
    if not isinstance(sha256, str):
        raise NotFound
    return Response(storage.get(sha256), mimetype="image/png")


def logo_url(sha256: str) -> str:
    """Where pages find the picture with this hash."""
    return url_for("issuing.seller_logo", signed=signing.sign(sha256, _PURPOSE))


def signed(sha256: str) -> str:
    """A logo as the form carries it from page to page; nothing for none."""
    return signing.sign(sha256, _PURPOSE) if sha256 else ""


def kept(form: SellerForm) -> str:
    """The hash of the logo that the form began with or was given before; empty for none."""
    sha256: Any = signing.read(form.kept_logo.data, _PURPOSE)
    return sha256 if isinstance(sha256, str) else ""


def meant(form: SellerForm) -> tuple[str, Invalid | None]:
    """The logo that the form says, and why its file is none where it brings one. A good file is kept, and stands in the
    form from then on, so that neither a preview nor a mistake in another field asks for it again."""
    file = form.logo.data
    if isinstance(file, FileStorage) and file.filename:
        try:
            sha256 = logos.receive(file.stream.read(logos.LARGEST_BYTES + 1))
        except Invalid as refusal:
            return kept(form), refusal
        form.without_logo.data = False
        form.kept_logo.data = signed(sha256)
        return sha256, None
    return "" if form.without_logo.data else kept(form), None


def say(form: SellerForm, refusal: Invalid | None) -> bool:
    """Put a refusal beside its field; whether there is one."""
    if refusal is not None:
        apply_errors(form, refusal)
    return refusal is not None
