"""Search among requests: numbers whole or by their end, tax ID, addresses and amount as they are, names by any part.

The end of a number is six figures at least, as people read it out, or the figures of an invoice number without the
noughts before them; a request number is also found by its day, IR-20260307 or the date alone. Hyphens may be left out.

A name that many requests hold is met soon by reading the list in its order; the index would find them all, to be
sorted for one page. A name that few hold is found by the index, and those few are sorted. A look at the newest names
tells which of the two it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from backoffice import money
from backoffice.database import session
from backoffice.headers.rules import normalise_tax_id
from backoffice.issuing.rules import is_invoice_number
from backoffice.requests.models import InvoiceRequest, RequestCopy, RequestSearch
from backoffice.requests.models.invoice_request import END_LENGTH, END_OF
from backoffice.requests.rules import is_request_number, typed_amount
from backoffice.text import hyphenated, normalised, pairs

SHORTEST_NAME = 2
SAMPLE, COMMON = 1000, 50
_DAY_OF_NUMBER = re.compile(r"IR-[0-9]{8}")
# Numbers without their hyphens, each with what stands between them.
_RUN_TOGETHER = (
    re.compile(r"(IR)([0-9]{8})([0-9]{6})?"),
    re.compile(r"([A-Z]{2,4})([0-9]{4})([0-9]{6,9})"),
    re.compile(r"([0-9]{4})([0-9]{6,9})"),
)
_FIGURES = re.compile(rf"[0-9]{{1,{END_LENGTH - 1}}}")
_END_OF_NUMBER = re.compile(rf"[A-Z0-9-]*[0-9]{{{END_LENGTH}}}")
# What a header takes as an ID, from China or elsewhere; a word without a digit is a name.
_LONG_CODE = re.compile(r"(?=(?:[A-Z]*[0-9]){8})[0-9A-Z]{15,32}")
_TAX_ID = re.compile(r"(?=.*[0-9])[0-9A-Z]{2,32}")


def found(typed: str) -> ColumnElement[bool]:
    """The condition that a request is what `typed` means, worded for the way that is quick. Reads a sample of names."""
    plain = _plain(typed)
    exact = list(_exact(plain))
    name = "" if _is_a_code(plain) else normalised(plain)
    if len(name) < SHORTEST_NAME:
        return InvoiceRequest.id.in_(union_all(*exact)) if exact else InvoiceRequest.id < 0
    if _is_common(name):
        own = select(RequestSearch.name).where(RequestSearch.request_id == InvoiceRequest.id).scalar_subquery()
        rest = [InvoiceRequest.id.in_(union_all(*exact))] if exact else []
        return or_(own.contains(name, autoescape=True), *rest)
    return InvoiceRequest.id.in_(union_all(*exact, named(name)))


def looks_at_names(typed: str) -> bool:
    """Whether `found` is worded by what there is at this moment; otherwise a text is always the same condition."""
    plain = _plain(typed)
    return not _is_a_code(plain) and len(normalised(plain)) >= SHORTEST_NAME


def _plain(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip()


def named(name: str) -> Select[Any]:
    """Ids of the requests whose normalised header name holds `name`, two characters or more."""
    same = select(RequestSearch.request_id).where(RequestSearch.name.contains(name, autoescape=True))
    words = pairs(name)
    if session().get_bind().dialect.name == "sqlite":
        index = table("request_search_index", column("rowid"))
        matching = text("request_search_index MATCH :words").bindparams(bindparam("words", " AND ".join(words)))
        return same.where(RequestSearch.request_id.in_(select(index.c.rowid).where(matching)))
    grams = func.string_to_array(RequestSearch.grams, text("' '"), type_=ARRAY(Text))
    return same.where(grams.contains(literal(words, ARRAY(Text))))


def _is_common(name: str) -> bool:
    newest = select(RequestSearch.name).order_by(RequestSearch.request_id.desc()).limit(SAMPLE).subquery()
    hits = select(func.count()).select_from(newest).where(newest.c.name.contains(name, autoescape=True))
    return (session.scalar(hits) or 0) >= COMMON


def _is_a_code(plain: str) -> bool:
    """Whether the text is no part of a name: a number of ours, an address, or long and full of figures as a tax ID."""
    if _LONG_CODE.fullmatch(normalise_tax_id(plain)):
        return True
    number = hyphenated(plain).upper()
    return any(is_request_number(one) or is_invoice_number(one) for one in (number, *_apart(number))) or "@" in plain


def _exact(plain: str) -> Iterator[Select[Any]]:
    ids, upper = select(InvoiceRequest.id), hyphenated(plain).upper()
    if is_request_number(upper):
        yield ids.where(InvoiceRequest.number == upper)
    elif is_invoice_number(upper):
        yield ids.where(InvoiceRequest.invoice_number == upper)
    else:
        for number in (upper, *_apart(upper)):
            yield from _by_part(number)
    if "@" in plain:
        yield ids.where(func.lower(InvoiceRequest.email) == plain.lower())
        yield select(RequestCopy.request_id).where(RequestCopy.address == plain.lower())
    tax_id = normalise_tax_id(plain)
    if _TAX_ID.fullmatch(tax_id):
        yield select(RequestSearch.request_id).where(RequestSearch.tax_id == tax_id)
    yield from _of_amount(plain)


def _apart(upper: str) -> Iterator[str]:
    """The numbers that a run of letters and figures may be, with the hyphens that were left out; the day of one."""
    for form in _RUN_TOGETHER:
        if found := form.fullmatch(upper):
            yield "-".join(filter(None, found.groups()))
    if _is_day(upper):
        yield f"IR-{upper}"


def _is_day(figures: str) -> bool:
    try:
        return len(figures) == len("20260307") and bool(datetime.strptime(figures, "%Y%m%d"))  # noqa: DTZ007 - a day
    except ValueError:
        return False


def _by_part(upper: str) -> Iterator[Select[Any]]:
    """Requests by a part of their number or of their invoice's."""
    ids = select(InvoiceRequest.id)
    if _DAY_OF_NUMBER.fullmatch(upper):
        # As a range, which the index of numbers serves whatever order the database sorts texts in.
        yield ids.where(
            InvoiceRequest.number.between(f"{upper}-000000", f"{upper}-999999"), InvoiceRequest.number.contains(upper)
        )
    if _FIGURES.fullmatch(upper):
        yield ids.where(_end_of(InvoiceRequest.invoice_number) == upper.zfill(END_LENGTH))
    if _END_OF_NUMBER.fullmatch(upper):
        for number in (InvoiceRequest.number, InvoiceRequest.invoice_number):
            ends = _end_of(number) == upper[-END_LENGTH:]
            yield ids.where(ends, number.endswith(upper, autoescape=True))


def _end_of(number: Any) -> ColumnElement[str]:
    return literal_column(END_OF.format(f"{InvoiceRequest.__tablename__}.{number.key}"), String())


def _of_amount(plain: str) -> Iterator[Select[Any]]:
    try:
        amount = typed_amount(plain)
    except money.AmountError:
        return
    if amount > 0:
        yield select(InvoiceRequest.id).where(InvoiceRequest.amount == amount)
