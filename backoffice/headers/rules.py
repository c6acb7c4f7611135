"""What a valid invoice header is (design/domain.md 2), the same for the browser form and every other entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from backoffice.errors import N_, Invalid, Message
from backoffice.headers.tax_ids import TaxIdOutcome as TaxIdOutcome
from backoffice.headers.tax_ids import TaxIdResult as TaxIdResult
from backoffice.headers.tax_ids import check_tax_id as check_tax_id
from backoffice.headers.tax_ids import describe_tax_id as describe_tax_id
from backoffice.headers.tax_ids import did_you_mean
from backoffice.headers.tax_ids import exit_code as exit_code
from backoffice.headers.tax_ids import normalise_tax_id as normalise_tax_id
from backoffice.text import TextError, clean, clean_email, clean_name


class HeaderKind(StrEnum):
    """Who the buyer is in law."""

    ENTERPRISE = "enterprise"
    PERSONAL = "personal"
    PUBLIC_BODY = "public_body"  # and every other organisation


class VatKind(StrEnum):
    """Ordinary, or special: the kind a business deducts input tax with, which names address and bank."""

    ORDINARY = "ordinary"
    SPECIAL = "special"


class Language(StrEnum):
    """The language of the invoice's face."""

    CHINESE = "zh"
    ENGLISH = "en"
    BOTH = "both"


# Characters, after cleaning.
LIMITS: Mapping[str, int] = {
    "name": 256,
    "tax_id": 32,
    "address": 128,
    "phone": 32,
    "bank": 128,
    "bank_account": 32,
    "email": 254,
    "remarks": 500,
}
FIELDS = ("kind", "vat_kind", "language", *LIMITS)
SPECIAL_NEEDS = ("address", "phone", "bank", "bank_account")

_CHOICES: Mapping[str, tuple[type[StrEnum], StrEnum | None]] = {
    "kind": (HeaderKind, None),
    "vat_kind": (VatKind, VatKind.ORDINARY),
    "language": (Language, Language.BOTH),
}
_REQUIRED = N_("Please fill this in.")


def required_fields(kind: str, vat_kind: str) -> frozenset[str]:
    """The text fields that a header of this kind cannot do without."""
    needed = {"name"}
    if kind == HeaderKind.ENTERPRISE:
        needed.add("tax_id")
    if vat_kind == VatKind.SPECIAL:
        # A deduction belongs to a tax payer: without the ID the special kind means nothing.
        needed.update(SPECIAL_NEEDS, ("tax_id",))
    return frozenset(needed)


def validate(fields: Mapping[str, object]) -> dict[str, str]:
    """The normal values of all `FIELDS`; what is not given is empty or the default choice, other keys are ignored.

    Raises Invalid with every fault at once, field by field. A tax ID whose check digit does not fit is no fault:
    `tax_id_of` tells, and a reviewer decides (real exceptions exist).
    """
    faults: dict[str, list[Message]] = {}
    values = {name: _read(name, fields.get(name), faults, _choice if name in _CHOICES else _text) for name in FIELDS}
    for name in required_fields(values["kind"], values["vat_kind"]):
        if not values[name] and name not in faults:
            faults[name] = [Message(_REQUIRED)]
    if values["kind"] == HeaderKind.PERSONAL and values["vat_kind"] == VatKind.SPECIAL:
        faults.setdefault("vat_kind", []).append(Message(N_("A person cannot get a special VAT invoice.")))
    if "tax_id" not in faults and (fault := _tax_id_fault(values)) is not None:
        faults["tax_id"] = [fault]
    if faults:
        raise Invalid({name: faults[name] for name in FIELDS if name in faults})
    return values


def tax_id_of(values: Mapping[str, str]) -> TaxIdResult | None:
    """What the check says about a header's tax ID; None where there is nothing to check.

    A person gives an ID card, a passport or nothing: these have other rules than a company's tax ID.
    """
    if values["kind"] == HeaderKind.PERSONAL or not values["tax_id"]:
        return None
    return check_tax_id(values["tax_id"])


def warnings(values: Mapping[str, str]) -> dict[str, list[Message]]:
    """What somebody should look at before relying on the header, though it may be kept: field -> messages."""
    result = tax_id_of(values)
    if result is None or result.outcome != TaxIdOutcome.WRONG_CHECK_DIGIT:
        return {}
    return {"tax_id": [result.message, *did_you_mean(result)]}


def _read(
    name: str,
    value: object,
    faults: dict[str, list[Message]],
    reader: Callable[[str, str], str],
) -> str:
    """The normal value, or the empty text and a fault."""
    try:
        if value is not None and not isinstance(value, str):
            raise TextError(Message(N_("This must be text.")))
        return reader(name, value or "")
    except TextError as error:
        faults[name] = [error.message]
        return ""


def _choice(name: str, value: str) -> str:
    choices, default = _CHOICES[name]
    if not value and default is not None:
        return default.value
    if value not in {*choices}:
        raise TextError(Message(N_("Choose one of the offered values.")))
    return value


def _text(name: str, value: str) -> str:
    if name == "tax_id":
        # Before cleaning: gaps and full-width digits are no mistake here. Its own check names what is.
        return normalise_tax_id(value)
    if name == "email":
        return clean_email(value) if value.strip() else ""
    if name == "remarks":
        return clean(value, max_length=LIMITS[name], multiline=True)
    return clean_name(value, max_length=LIMITS[name])


def _tax_id_fault(values: Mapping[str, str]) -> Message | None:
    tax_id = values["tax_id"]
    if tax_id and values["kind"] == HeaderKind.PERSONAL:
        plain = len(tax_id) <= LIMITS["tax_id"] and tax_id.isascii() and tax_id.isalnum()
        return None if plain else Message(N_("An ID has at most 32 letters and digits."))
    result = tax_id_of(values)
    return result.message if result is not None and result.outcome == TaxIdOutcome.WRONG_FORM else None
