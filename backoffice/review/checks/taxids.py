"""Tax IDs inside a text: another company's may mean another buyer."""

from __future__ import annotations

import re

from backoffice.headers.rules import TaxIdOutcome, check_tax_id

# Any one sign that ends no sentence may stand between two of its figures.
_BETWEEN = r"(?:[^\w\u3000-\u9fff,;\n]|_)?"
# Whose it is, nobody sees: a credit code of China, and the VAT numbers of Europe by their country.
_CREDIT_CODE = re.compile(
    rf"(?<![0-9A-Z])[159ANY]{_BETWEEN}[0-9A-Z](?:{_BETWEEN}\d){{6}}(?:{_BETWEEN}[0-9A-Z]){{10}}(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)
# One sign short it is a slip of the pen: behind the district a company of our days has these two letters.
_NEARLY_CREDIT_CODE = re.compile(
    rf"(?<![0-9A-Z])9[1-3](?:{_BETWEEN}\d){{6}}{_BETWEEN}M{_BETWEEN}A(?:{_BETWEEN}[0-9A-Z]){{6,7}}(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)
_VAT_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?:(?:AT ?U|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|GB|HR|HU|IE|IT|LT|LU|LV|MT|PL|PT|RO|SE|SI|SK|XI)"
    r" ?[A-Z]?\d{8,12}[A-Z]{0,2}|NL ?\d{9}B\d\d|FR ?[0-9A-Z]{2} ?\d{9}|CHE[ -]?\d{3}\.?\d{3}\.?\d{3})(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)
# The same in groups, each with as many figures as its country gives; behind a year stands the number of an order.
_FIGURES = {
    "DK|FI|HU|LU|MT|SI": "8", "DE|EE|EL|PT": "9", "BG": "9,10", "CZ": "8,10", "BE|PL|SK": "10", "HR|IT|LV": "11",
    "SE": "12", "RO": "6,10",
}  # fmt: skip
_FIGURE, _SIGN, _LETTER = (_BETWEEN + one for one in (r"\d", "[0-9A-Z]", "[A-Z]"))
_GROUPED_VAT_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?![A-Z]{2,3}[ .-]?20\d\d[ .-])(?:"
    + "|".join((
        *(f"(?:{countries})(?:{_FIGURE}){{{many}}}" for countries, many in _FIGURES.items()),
        f"(?:GB|LT|XI)(?:(?:{_FIGURE}){{12}}|(?:{_FIGURE}){{9}})",
        f"AT{_BETWEEN}U(?:{_FIGURE}){{8}}",
        f"CY(?:{_FIGURE}){{8}}{_LETTER}",
        f"ES{_SIGN}(?:{_FIGURE}){{7}}{_SIGN}",
        f"IE(?:{_FIGURE}){{7}}(?:{_LETTER}){{1,2}}",
        f"NL(?:{_FIGURE}){{9}}{_BETWEEN}B(?:{_FIGURE}){{2}}",
        f"FR(?:{_SIGN}){{2}}(?:{_FIGURE}){{9}}",
        f"CHE(?:{_FIGURE}){{9}}",
    ))
    + ")(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)  # fmt: skip


def names_other(text: str, own: str) -> bool:
    """Whether a text, folded by NFKC, holds what may be a tax ID, and not the header's `own`: another buyer's, perhaps.

    A number of 18 figures alone is one only with the right check digit: orders are numbered like that as well.
    """
    found = [one for pattern in (_VAT_NUMBER, _GROUPED_VAT_NUMBER) for one in pattern.findall(text)]
    found += filter(_is_credit_code, map(_bare, _CREDIT_CODE.findall(text)))
    found += _NEARLY_CREDIT_CODE.findall(text)
    return any(_bare(one) != _bare(own) for one in found)


def _bare(code: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", code.upper())


def _is_credit_code(code: str) -> bool:
    outcome = check_tax_id(code).outcome
    return outcome == TaxIdOutcome.VALID or (outcome == TaxIdOutcome.WRONG_CHECK_DIGIT and not code.isdigit())
