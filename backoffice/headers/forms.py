"""What a customer types about an invoice header. The rules stand in `headers.rules` and answer every entry alike."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField, EmailField, RadioField, StringField, TextAreaField

from backoffice.headers import rules
from backoffice.headers.models import InvoiceHeader
from backoffice.web.forms import Form, choices

_KINDS = choices(
    [
        ("enterprise", lazy_gettext("Enterprise")),
        ("personal", lazy_gettext("Personal")),
        ("public_body", lazy_gettext("Public body or other")),
    ]
)
_VAT_KINDS = choices([("ordinary", lazy_gettext("VAT ordinary")), ("special", lazy_gettext("VAT special"))])
_LANGUAGES = choices(
    [
        ("both", lazy_gettext("Chinese and English")),
        ("zh", lazy_gettext("Chinese")),
        ("en", lazy_gettext("English")),
    ]
)


def _limit(name: str) -> dict[str, Any]:
    return {"maxlength": rules.LIMITS[name]}


class HeaderForm(Form):
    """One header; what was typed is kept as typed until it is right."""

    kind = RadioField(lazy_gettext("Type"), choices=_KINDS, default="enterprise", validate_choice=False)
    name = StringField(lazy_gettext("Name"), render_kw={"autocomplete": "organization", "required": True})
    tax_id = StringField(lazy_gettext("Tax ID"), render_kw={"autocomplete": "off", "spellcheck": "false"})
    tax_id_confirmed = BooleanField(lazy_gettext("The tax ID is right as I typed it"))
    vat_kind = RadioField(
        lazy_gettext("VAT invoice"),
        choices=_VAT_KINDS,
        default="ordinary",
        validate_choice=False,
    )
    address = StringField(lazy_gettext("Address"), render_kw=_limit("address"))
    phone = StringField(lazy_gettext("Phone"), render_kw=_limit("phone") | {"autocomplete": "tel"})
    bank = StringField(lazy_gettext("Bank"), render_kw=_limit("bank"))
    bank_account = StringField(lazy_gettext("Bank account"), render_kw=_limit("bank_account") | {"autocomplete": "off"})
    language = RadioField(
        lazy_gettext("Invoice language"),
        choices=_LANGUAGES,
        default="both",
        validate_choice=False,
    )
    email = EmailField(lazy_gettext("Receiving Email"), render_kw={"maxlength": 254, "autocomplete": "email"})
    remarks = TextAreaField(lazy_gettext("Remarks"), render_kw=_limit("remarks"))
    is_default = BooleanField(lazy_gettext("Use this header by default"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Marks the labels only: the rules are the services', and their sentences say what to do.
        for name in ("kind", "name", "vat_kind", "language"):
            self[name].flags.required = True

    def values(self) -> dict[str, str]:
        """What was typed, for the services."""
        return {name: self[name].data or "" for name in rules.FIELDS}

    @property
    def may_confirm_tax_id(self) -> bool:
        """Whether the tax ID is only wrong in its check digit, so that the customer may insist on it."""
        checked = rules.tax_id_of({"kind": self.kind.data or "", "tax_id": self.tax_id.data or ""})
        return checked is not None and checked.outcome == rules.TaxIdOutcome.WRONG_CHECK_DIGIT

    @property
    def details_open(self) -> bool:
        """Whether address and bank have something to show: text or an error."""
        return self._any("address", "phone", "bank", "bank_account") or self.vat_kind.data == rules.VatKind.SPECIAL

    @property
    def application_open(self) -> bool:
        """Whether the defaults for applications have something to show."""
        return self._any("email", "remarks")

    def _any(self, *names: str) -> bool:
        return any(self[name].data or self[name].errors for name in names)


def begin(header: InvoiceHeader | None) -> HeaderForm:
    """A form that was not sent yet: empty, or with what the header says now."""
    if header is None:
        return HeaderForm(formdata=None)
    values = {name: getattr(header, name) for name in (*rules.FIELDS, "is_default")}
    return HeaderForm(formdata=None, data=values)
