"""What a visitor types to verify an invoice."""

from __future__ import annotations

import json
from decimal import Decimal

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField

from backoffice.issuing.copied import printed_number, printed_total
from backoffice.issuing.rules import SELLER_FIELDS, is_invoice_number
from backoffice.web.forms import AmountField, DateField, Form, Required, TextAreaField, TypedField
from backoffice.web.kept_forms import KeptForm

# Its label in both languages, and the longest amount.
_LONGEST_TOTAL = 160


class PrintedTotalField(AmountField):
    """The total of an invoice, typed or copied from its face with whatever stands around the figures there."""

    def parse(self, text: str) -> Decimal:
        """Read the figures; another currency than the installation's is no amount."""
        return super().parse(printed_total(text[:_LONGEST_TOTAL]))


class PrintedNumberField(TypedField):
    """The number of an invoice or a credit note, typed or copied with its label; its value is the number as kept."""

    def parse(self, text: str) -> str:
        """Read the number; what has not the form of one says nothing of an invoice."""
        number = printed_number(text)
        if not is_invoice_number(number):
            raise ValueError(gettext("Enter the number as it stands on the document, for example INV-2026-000123."))
        return number


class VerifyForm(Form):
    """Number and amount of an invoice, as they stand on it."""

    number = PrintedNumberField(_l("Invoice number"), validators=[Required()])
    amount = PrintedTotalField(_l("Invoice Amount"), validators=[Required()])


SELLER_LABELS = {
    "name": _l("Name"),
    "latin_name": _l("Name in Latin letters"),
    "tax_id": _l("Tax ID"),
    "address": _l("Address"),
    "phone": _l("Phone"),
    "bank": _l("Bank"),
    "bank_account": _l("Bank account"),
    "email": _l("Email"),
    "country": _l("Country"),
    "logo": _l("Logo"),
}


class SellerForm(KeptForm):
    """Who stands on the invoices as their seller, and from which day on. The rules are `policies.services`'."""

    needed = ("name", "tax_id", "starts_on", "reason")

    name = StringField(SELLER_LABELS["name"], default="")
    latin_name = StringField(SELLER_LABELS["latin_name"], default="")
    tax_id = StringField(SELLER_LABELS["tax_id"], default="")
    address = StringField(SELLER_LABELS["address"], default="")
    phone = StringField(SELLER_LABELS["phone"], default="")
    bank = StringField(SELLER_LABELS["bank"], default="")
    bank_account = StringField(SELLER_LABELS["bank_account"], default="")
    email = StringField(SELLER_LABELS["email"], default="")
    country = StringField(SELLER_LABELS["country"], default="", render_kw={"maxlength": 2})
    logo = FileField(SELLER_LABELS["logo"], render_kw={"accept": ".png,.jpg,.jpeg,image/png,image/jpeg"})
    # Which one is meant where no file comes along, signed: the server alone says what is a logo.
    kept_logo = HiddenField(default="")
    without_logo = BooleanField(_l("Without a logo"))
    starts_on = DateField(_l("From"), validators=[Required()])
    reason = TextAreaField(
        _l("Reason"), default="", validators=[Required(_l("Say why the seller changes."))], render_kw={"maxlength": 500}
    )
    # How much was done to the seller when the form was drawn: what rests on less is refused.
    acts = HiddenField(default="")
    # What the page has told the effect of, as `signature` says it: something else is told before it is saved.
    seen = HiddenField(default="")

    def seller(self) -> dict[str, str]:
        """The fields of the seller as they are typed."""
        return {name: self[name].data or "" for name in SELLER_FIELDS}

    def signature(self, logo: str) -> str:
        """What would be saved, with this logo."""
        return json.dumps([self.seller(), logo, str(self.starts_on.data)], sort_keys=True)


class DocumentForm(Form):
    """The PDF of an invoice. It is hashed while it comes in; what stands in the field is its `Hashed` stream."""

    document = FileField(_l("PDF of the invoice"), render_kw={"accept": ".pdf,application/pdf", "required": True})
