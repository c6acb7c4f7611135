"""The total that people copy from an invoice to verify it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backoffice.issuing.face import Face, printed_total
from backoffice.money import AmountError, parse_amount
from tests.support.invoices import Paper, line


@pytest.mark.parametrize("currency", ["CNY", "USD"])
@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_every_shape_of_a_total_that_a_face_prints_is_read(kind: str, language: str, currency: str) -> None:
    snapshot = Paper([line("1234.50")], currency=currency, language=language).freeze(kind=kind)
    if kind == "credit_note":
        snapshot["gross"] = "-1234.50"
    label, printed, _ = Face(snapshot).gross
    assert printed.startswith(currency)
    figures = printed.removeprefix(currency).strip()
    shapes = [printed, figures, f" {printed} ", f"{figures} {currency}", printed.replace(" ", "")]
    shapes += [f"{label.inline(language, between)} {printed}" for between in (" ", "\n", "")]
    if currency == "CNY":
        shapes += [f"{figures}元", f"人民币{figures}元整", f"¥{figures}", f"￥ {figures}"]
        shapes += [figures.replace("-", "-¥")] if kind == "credit_note" else []
    for shape in shapes:
        assert parse_amount(printed_total(shape, currency)) == Decimal(snapshot["gross"]), shape


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("USD 1.00", "CNY"),
        ("CNY 1.00", "USD"),
        ("1.00元", "USD"),
        ("1.00 CNY 2.00", "CNY"),
        ("CNY", "CNY"),
        ("元", "CNY"),
    ],
)
def test_another_currency_or_half_a_total_is_no_total(typed: str, currency: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(printed_total(typed, currency))
