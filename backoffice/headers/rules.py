"""What a valid invoice header is (design/domain.md 2), the same for the browser form and every other entry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum

from backoffice.errors import N_, Invalid, Message
from backoffice.headers import countries
from backoffice.headers.tax_ids import TaxIdOutcome as TaxIdOutcome
from backoffice.headers.tax_ids import TaxIdResult as TaxIdResult
from backoffice.headers.tax_ids import check_tax_id as check_tax_id
from backoffice.headers.tax_ids import describe_tax_id as describe_tax_id
from backoffice.headers.tax_ids import did_you_mean as did_you_mean
from backoffice.headers.tax_ids import exit_code as exit_code
from backoffice.headers.tax_ids import normalise_tax_id as normalise_tax_id
from backoffice.text import EMAIL_LIMIT, TextError, clean, clean_email, clean_emails, clean_name


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


COPIES = 4  # addresses beside the receiving one
COPIES_GAP = ", "

# Characters, after cleaning.
LIMITS: Mapping[str, int] = {
    "name": 256,
    "tax_id": 32,
    "address": 128,
    "phone": 32,
    "bank": 128,
    "bank_account": 32,
    "street": 128,
    "city": 64,
    "postal_code": 16,
    "email": EMAIL_LIMIT,
    "copies": COPIES * (EMAIL_LIMIT + len(COPIES_GAP)),
    "remarks": 500,
}
REFUSED = (TaxIdOutcome.WRONG_FORM, TaxIdOutcome.WRONG_CHECK_DIGIT)
FIELDS = ("kind", "vat_kind", "language", "country", *LIMITS)
SPECIAL_NEEDS = ("address", "phone", "bank", "bank_account")

_CHOICES: Mapping[str, tuple[type[StrEnum], StrEnum | None]] = {
    "kind": (HeaderKind, None),
    "vat_kind": (VatKind, VatKind.ORDINARY),
    "language": (Language, Language.BOTH),
}
_REQUIRED = N_("Please fill this in.")
_SPACES = re.compile(r"\s+")
_BRACKETS = str.maketrans("[{〔【〈《「]}〕】〉》」", "(((((((" + ")))))))")
# The longest in use has ten characters (Universal Postal Union); China's have six digits.
_POSTAL_CODE = re.compile(r"[0-9A-Z](?:[0-9A-Z -]*[0-9A-Z])?")
_CHINESE_POSTAL_CODE = re.compile(r"\d{6}", re.ASCII)


def required_fields(kind: str, vat_kind: str) -> frozenset[str]:
    """The text fields that a header of this kind cannot do without; a person never gets the special kind."""
    needed = {"name"}
    if kind == HeaderKind.ENTERPRISE:
        needed.add("tax_id")
    if vat_kind == VatKind.SPECIAL and kind != HeaderKind.PERSONAL:
        # A deduction belongs to a tax payer: without the ID the special kind means nothing.
        needed.update(SPECIAL_NEEDS, ("tax_id",))
    return frozenset(needed)


def validate(fields: Mapping[str, object]) -> dict[str, str]:
    """The normal values of all `FIELDS`; what is not given is empty or the default choice, other keys are ignored.

    Raises Invalid with every fault at once, field by field. A tax ID whose check digit does not fit is no fault:
    `tax_id_of` tells, and a reviewer decides (real exceptions exist).
    """
    values, faults = read(fields)
    refuse(faults)
    return values


def refuse(faults: Mapping[str, list[Message]]) -> None:
    """Raise Invalid with what is wrong, in the order of the form; nothing where nothing is."""
    if faults:
        raise Invalid({name: faults[name] for name in FIELDS if name in faults})


def read(fields: Mapping[str, object]) -> tuple[dict[str, str], dict[str, list[Message]]]:
    """The normal values of all `FIELDS`, and what is wrong with some of them, by their names."""
    faults: dict[str, list[Message]] = {}
    values = {name: _read(name, fields.get(name), faults, _READERS.get(name, _text)) for name in FIELDS}
    for name in required_fields(values["kind"], values["vat_kind"]):
        if not values[name] and name not in faults:
            faults[name] = [Message(_REQUIRED)]
    if values["kind"] == HeaderKind.PERSONAL and values["vat_kind"] == VatKind.SPECIAL:
        faults.setdefault("vat_kind", []).append(Message(N_("A person cannot get a special VAT invoice.")))
    for name, check in (("tax_id", _tax_id_faults), ("postal_code", _postal_code_faults), ("copies", _copies_faults)):
        if name not in faults and (found := check(values)):
            faults[name] = found
    return values, faults


def tax_id_of(values: Mapping[str, str]) -> TaxIdResult | None:
    """What the check says about a header's tax ID; None where there is nothing to check.

    A person gives an ID card, a passport or nothing: these have other rules than a company's tax ID, and so have the
    tax IDs of other countries.
    """
    if not values["tax_id"] or not has_chinese_tax_id(values):
        return None
    return check_tax_id(values["tax_id"])


def has_chinese_tax_id(values: Mapping[str, str]) -> bool:
    """Whether a header's tax ID is one by the rules of China. One that names no country is Chinese."""
    return values["kind"] != HeaderKind.PERSONAL and (values.get("country") or countries.HOME) == countries.HOME


def addresses(copies: str) -> list[str]:
    """The addresses of a normal value of `copies`."""
    return [address for address in copies.split(COPIES_GAP) if address]


def as_typed(value: str | list[str]) -> str:
    """A field of a header as it stands in a form: several addresses are one text there."""
    return value if isinstance(value, str) else COPIES_GAP.join(value)


def name_key(name: str) -> str:
    """What is left of a name when the ways of writing it are folded: forms, case, spaces, brackets."""
    # Folding case may unfold a sign that NFKC knows, and the reverse.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SPACES.sub("", folded).translate(_BRACKETS)


def warnings(values: Mapping[str, str]) -> dict[str, list[Message]]:
    """What somebody should look at before relying on the header, though it may be kept: field -> messages."""
    result = tax_id_of(values)
    if result is None or result.outcome != TaxIdOutcome.WRONG_CHECK_DIGIT:
        return {}
    return {"tax_id": reasons(result)}


def reasons(result: TaxIdResult) -> list[Message]:
    """What is wrong with a tax ID, and the code that was meant where one typing error explains it."""
    return [result.message, *did_you_mean(result)]


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


def is_country(code: str) -> bool:
    """Whether this is an officially assigned code of ISO 3166-1 alpha-2, which is what EN 16931 lets a party state."""
    return code in countries.CODES


def _country(_: str, value: str) -> str:
    code = value.strip().upper() or countries.HOME
    if not is_country(code):
        raise TextError(Message(N_("Choose one of the offered values.")))
    return code


def _copies(_: str, value: str) -> str:
    return COPIES_GAP.join(clean_emails(value, most=COPIES))


def _text(name: str, value: str) -> str:
    if name == "tax_id":
        # Before cleaning: gaps and full-width digits are no mistake here. Its own check names what is.
        return normalise_tax_id(value)
    if name == "email":
        return clean_email(value) if value.strip() else ""
    if name == "remarks":
        return clean(value, max_length=LIMITS[name], multiline=True)
    text = clean_name(value, max_length=LIMITS[name])
    return text.upper() if name == "postal_code" else text


_READERS: Mapping[str, Callable[[str, str], str]] = {
    **dict.fromkeys(_CHOICES, _choice),
    "country": _country,
    "copies": _copies,
}


def _tax_id_faults(values: Mapping[str, str]) -> list[Message]:
    tax_id = values["tax_id"]
    if tax_id and not has_chinese_tax_id(values):
        plain = len(tax_id) <= LIMITS["tax_id"] and tax_id.isascii() and tax_id.isalnum()
        return [] if plain else [Message(N_("An ID has at most 32 letters and digits."))]
    result = tax_id_of(values)
    if result is None or result.outcome != TaxIdOutcome.WRONG_FORM:
        return []
    return reasons(result)


def _postal_code_faults(values: Mapping[str, str]) -> list[Message]:
    code = values["postal_code"]
    if not code:
        return []
    if values["country"] == countries.HOME and not _CHINESE_POSTAL_CODE.fullmatch(code):
        return [Message(N_("A postal code of China has six digits."))]
    if not _POSTAL_CODE.fullmatch(code):
        return [Message(N_("A postal code has letters, digits, spaces and dashes only."))]
    return []


def _copies_faults(values: Mapping[str, str]) -> list[Message]:
    receiving = values["email"]
    if not receiving or receiving.casefold() not in map(str.casefold, addresses(values["copies"])):
        return []
    return [Message(N_("%(address)s receives the invoice already: leave it out of the copies."), address=receiving)]
