"""What a visitor types to verify an invoice."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from backoffice.web.forms import AmountField, CleanString, Form, Required


class VerifyForm(Form):
    """Number and amount of an invoice, as they stand on it."""

    number = CleanString(_l("Invoice number"), max_length=24, validators=[Required()])
    amount = AmountField(_l("Invoice Amount"), validators=[Required()])


class DocumentForm(Form):
    """The PDF of an invoice. It is hashed while it comes in; what stands in the field is its `Hashed` stream."""

    document = FileField(_l("PDF of the invoice"), render_kw={"accept": ".pdf,application/pdf", "required": True})
