"""What a customer types about an invoice header. The rules stand in `headers.rules` and answer every entry alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import get_locale, gettext, lazy_gettext
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField

from backoffice.errors import Invalid, Message
from backoffice.headers import countries, labels, pasted, rules
from backoffice.headers.models import InvoiceHeader
from backoffice.text import EMAIL_LIMIT, folded
from backoffice.web.errors import translate
from backoffice.web.formatting import country_name
from backoffice.web.forms import Form, TextAreaField, apply_errors, choices, form_token, whole_number


def _limit(name: str) -> dict[str, Any]:
    return {"maxlength": rules.LIMITS[name]}


_LONGEST_INSTANT = 40
# Which choices ask for a field (`rules.required_fields`), for the browser and in words.
_NEEDED_FOR = {
    "tax_id": ("enterprise special", lazy_gettext("needed for an enterprise and for VAT special")),
    **dict.fromkeys(rules.SPECIAL_NEEDS, ("special", lazy_gettext("needed for VAT special"))),
}


@dataclass(frozen=True, slots=True)
class Repair:
    """A tax ID that may have been meant, and where it differs: position (from 1), what was typed, what it would be;
    nothing where a symbol is missing, or is one too many."""

    code: str
    changes: list[tuple[int, str, str]]

    @classmethod
    def of(cls, typed: str, code: str) -> Repair:
        """The symbols in which they differ. Of two that are the same the last counts as the one too many."""
        if len(typed) == len(code):
            pairs = enumerate(zip(typed, code, strict=True), 1)
            return cls(code, [(at, wrong, right) for at, (wrong, right) in pairs if wrong != right])
        longer, shorter = (code, typed) if len(code) > len(typed) else (typed, code)
        at = next((at for at, symbol in enumerate(shorter) if longer[at] != symbol), len(shorter))
        return cls(code, [(at + 1, "", code[at]) if longer == code else (at + 1, typed[at], "")])


@dataclass(frozen=True, slots=True)
class TaxIdHelp:
    """Where a tax ID goes wrong: its symbols, each with whether it is at fault, and what may have been meant; `doubt`
    is what speaks against one that passes."""

    symbols: list[tuple[str, bool]]
    repairs: list[Repair]
    doubt: str = ""


class HeaderForm(Form):
    """One header; what was typed is kept as typed until it is right."""

    needed = ("kind", "name", "vat_kind", "language")

    pasted_text = TextAreaField(
        lazy_gettext("Text to split"), render_kw={"maxlength": pasted.LIMIT, "autocomplete": "off"}
    )
    kind = RadioField(
        labels.fields["kind"], choices=choices(labels.kinds.items()), default="enterprise", validate_choice=False
    )
    name = StringField(labels.fields["name"], render_kw={"autocomplete": "organization", "required": True})
    tax_id = StringField(labels.fields["tax_id"], render_kw={"autocomplete": "off", "spellcheck": "false"})
    tax_id_confirmed = BooleanField(lazy_gettext("The tax ID is right as I typed it"))
    vat_kind = RadioField(
        labels.fields["vat_kind"],
        choices=choices(labels.vat_kinds.items()),
        default="ordinary",
        validate_choice=False,
    )
    address = StringField(labels.fields["address"], render_kw=_limit("address"))
    phone = StringField(labels.fields["phone"], render_kw=_limit("phone") | {"autocomplete": "tel"})
    bank = StringField(labels.fields["bank"], render_kw=_limit("bank"))
    bank_account = StringField(
        labels.fields["bank_account"], render_kw=_limit("bank_account") | {"autocomplete": "off"}
    )
    country = SelectField(labels.fields["country"], default=countries.HOME, validate_choice=False)
    street = StringField(labels.fields["street"], render_kw=_limit("street") | {"autocomplete": "street-address"})
    city = StringField(labels.fields["city"], render_kw=_limit("city") | {"autocomplete": "address-level2"})
    postal_code = StringField(
        labels.fields["postal_code"], render_kw=_limit("postal_code") | {"autocomplete": "postal-code"}
    )
    language = RadioField(
        labels.fields["language"],
        choices=choices(labels.languages.items()),
        default="both",
        validate_choice=False,
    )
    email = EmailField(labels.fields["email"], render_kw={"maxlength": EMAIL_LIMIT, "autocomplete": "email"})
    copies = TextAreaField(labels.fields["copies"], render_kw=_limit("copies") | {"autocomplete": "off"})
    remarks = TextAreaField(labels.fields["remarks"], render_kw=_limit("remarks"))
    is_default = BooleanField(lazy_gettext("Use this header by default"))
    submit_token = HiddenField()
    version = HiddenField()
    owner = HiddenField()

    _split: tuple[str, pasted.Pasted] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = choices(_countries(str(get_locale())))
        self._mark_needed()

    def _mark_needed(self) -> None:
        """Mark what this kind of header cannot do without, and say of the rest which kinds need it."""
        needed = rules.required_fields(self.kind.data or "", self.vat_kind.data or "")
        for name, (kinds, hint) in _NEEDED_FOR.items():
            flags = self[name].flags
            flags.required, flags.needed_for, flags.needed_hint = name in needed, kinds, hint

    def ensure_token(self) -> None:
        """Give a form that is shown for the first time the token that makes a double Save one header."""
        self.submit_token.data = form_token(self.submit_token.data)

    @property
    def seen(self) -> datetime | None:
        """When the header was last changed before this form showed it; None where the form does not say."""
        try:
            # Without an offset it would be read as of this machine's zone; ours has one.
            instant = datetime.fromisoformat((self.version.data or "")[:_LONGEST_INSTANT])
            return instant.astimezone(UTC) if instant.tzinfo is not None else None
        except (ValueError, OverflowError):
            return None

    def follow(self, before: Mapping[str, Any], header: InvoiceHeader) -> None:
        """Let the fields that nobody touched here say what was saved meanwhile; `before`: what stood there at first."""
        for name in rules.FIELDS:
            if name in before and folded(self[name].data or "") == folded(rules.as_typed(before[name])):
                self[name].data = rules.as_typed(getattr(header, name))

    def values(self) -> dict[str, str]:
        """What was typed, for the services."""
        return {name: self[name].data or "" for name in rules.FIELDS}

    @property
    def checked_tax_id(self) -> rules.TaxIdResult | None:
        """What the check says about the tax ID as typed; None where there is nothing to check."""
        typed = {"kind": self.kind.data or "", "tax_id": self.tax_id.data or "", "country": self.country.data or ""}
        return rules.tax_id_of(typed)

    @property
    def may_confirm_tax_id(self) -> bool:
        """Whether the tax ID is only wrong in its check digit, so that the customer may insist on it."""
        result = self.checked_tax_id
        return result is not None and result.outcome == rules.TaxIdOutcome.WRONG_CHECK_DIGIT

    def tell_tax_id(self) -> None:
        """Say beside the tax ID what is wrong with it, before anybody tries to save it."""
        result = self.checked_tax_id
        if result is not None and result.outcome in rules.REFUSED:
            apply_errors(self, Invalid({"tax_id": rules.reasons(result)}))

    @property
    def tax_id_help(self) -> TaxIdHelp | None:
        """The symbols of a tax ID that is refused, those at fault marked, and what may have been meant; of one that
        passes, why it may be wrong all the same. None where there is nothing to tell."""
        result = self.checked_tax_id
        if result is None or not (result.positions or result.suggestions or result.doubt):
            return None
        shown = [
            (symbol if symbol.isprintable() else "\N{REPLACEMENT CHARACTER}", place in result.positions)
            for place, symbol in enumerate(result.code, 1)
        ]
        repairs = [Repair.of(result.code, code) for code in result.suggestions]
        return TaxIdHelp(shown if result.positions else [], repairs, translate(result.doubt) if result.doubt else "")

    @property
    def details_open(self) -> bool:
        """Whether address and bank have something to show: text, an error or an offer."""
        names = rules.SPECIAL_NEEDS
        return self._any(*names) or self.vat_kind.data == rules.VatKind.SPECIAL or any(map(self.offers.get, names))

    @property
    def structured_open(self) -> bool:
        """Whether country and the parts of the address have something to show."""
        return self._any("street", "city", "postal_code") or bool(self.country.errors) or not self.is_at_home

    @property
    def is_at_home(self) -> bool:
        """Whether the header is one of the home country."""
        return (self.country.data or countries.HOME) == countries.HOME

    @property
    def application_open(self) -> bool:
        """Whether the defaults for applications have something to show."""
        return self._any("email", "copies", "remarks")

    # --- what was pasted ---

    @property
    def found(self) -> pasted.Pasted:
        """The pasted text, split once however often a page asks."""
        text = self.pasted_text.data or ""
        if self._split is None or self._split[0] != text:
            self._split = text, pasted.split(text)
        return self._split[1]

    @property
    def from_paste(self) -> frozenset[str]:
        """The fields that say what the pasted text says."""
        return frozenset(name for name, text in self._told.items() if self._says(name, text))

    @property
    def labels_from_paste(self) -> list[str]:
        """The names of the fields that say what the pasted text says, in the order of the form."""
        return [str(self[name].label.text) for name in ("kind", *pasted.FIELDS) if name in self.from_paste]

    @property
    def offers(self) -> dict[str, str]:
        """What the pasted text says otherwise than the field: offered, never put in its place unasked."""
        return {name: text for name, text in self._told.items() if not self._says(name, text)}

    def offered(self, name: str) -> str:
        """What is offered for a field, in words."""
        return str(labels.kinds[self.offers[name]]) if name == "kind" else self.offers[name]

    @property
    def _told(self) -> dict[str, str]:
        """What the pasted text says, by the fields of the form."""
        return {**({"kind": self.found.kind} if self.found.kind else {}), **self.found.fields}

    def fill_from_paste(self) -> None:
        """Put what the pasted text says into the fields that are empty; a kind that was chosen beside a name stays."""
        if len(self.pasted_text.data or "") > pasted.LIMIT:
            told = Message("This is %(length)s characters long; at most %(limit)s are possible.",
                           length=len(self.pasted_text.data), limit=pasted.LIMIT)  # fmt: skip
            apply_errors(self, Invalid({"pasted_text": [told]}))
            return
        if self.found.kind and self.kind.data == self.kind.default and not (self.name.data or "").strip():
            self.take("kind", self.found.kind)
        for name, text in self.found.fields.items():
            if not (self[name].data or "").strip():
                self.take(name, text)

    def take(self, name: str, text: str) -> None:
        """Put into a field what the pasted text says."""
        self[name].data = text
        self._mark_needed()

    def say_lost(self, names: Sequence[str]) -> None:
        """Say beside each field whose text could not wait for the person that it is to be typed again."""
        for name in names:
            if name == "pasted_text" and self.pasted_text.data:
                self.pasted_text.errors = [gettext("Only the beginning of this text was kept. Please paste it again.")]
            elif name in (*rules.FIELDS, "pasted_text"):
                self[name].errors = [gettext("This was too long to be kept. If the field is empty, type it again.")]

    def says_no_more_than(self, beginning: HeaderForm) -> bool:
        """Whether nothing was typed or chosen over what the form began with."""
        ours, theirs = ({name: folded(said) for name, said in form.values().items()} for form in (self, beginning))
        # The form of the default header does not ask whether it is to be that.
        asks = self.is_default.data and not beginning.is_default.data
        return ours == theirs and not asks and not self.pasted_text.data

    def _says(self, name: str, text: str) -> bool:
        typed = self[name].data or ""
        if name == "tax_id":
            typed = rules.normalise_tax_id(typed)
        return bool(typed.strip() == text)

    def _any(self, *names: str) -> bool:
        return any(self[name].data or self[name].errors for name in names)


def begin(header: InvoiceHeader | None) -> HeaderForm:
    """A form that was not sent yet: empty, or with what the header says now."""
    if header is None:
        return HeaderForm(formdata=None)
    values = {name: rules.as_typed(getattr(header, name)) for name in rules.FIELDS}
    seen = {"is_default": header.is_default, "version": header.updated_at.isoformat()}
    return HeaderForm(formdata=None, data=values | seen)


def known_ids(pressed: str) -> list[int]:
    """The headers that "Save all the same" spoke of, from the value of the button."""
    return [number for part in pressed.split("-")[:50] if (number := whole_number(part)) is not None]


def _countries(language: str) -> list[tuple[str, str]]:
    """Codes and names, sorted as readers of the language look them up."""
    named = [(code, country_name(code)) for code in countries.CODES]
    if language.startswith("zh"):
        # The common characters stand in the order of their sounds in this encoding.
        return sorted(named, key=lambda pair: pair[1].encode("gb18030"))
    return sorted(named, key=lambda pair: _unfolded(pair[1]))


def _unfolded(name: str) -> str:
    """A name for sorting: Å stands with A, not behind Z."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(sign))
