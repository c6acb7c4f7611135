"""The total that people copy from an invoice to verify it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backoffice import money
from backoffice.issuing.copied import printed_total
from backoffice.issuing.face import Face
from backoffice.money import AmountError, parse_amount
from backoffice.requests.rules import typed_amount
from tests.support.invoices import Paper, line

SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "HKD": ["HK$"], "JPY": "¥"}


@pytest.mark.parametrize("currency", ["CNY", "USD", "EUR", "HKD", "JPY"])
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
        shapes += [f"{figures}元", f"人民币{figures}元整", f"￥ {figures}"]
    for sign in SIGNS[currency]:
        shapes += [figures.replace("-", f"-{sign}"), f"{currency} {sign}{figures}", f"{figures} {sign}"]
        shapes += [f"{sign}{figures}"]
    for shape in shapes:
        assert parse_amount(printed_total(shape, currency), currency) == Decimal(snapshot["gross"]), shape


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("USD 1.00", "CNY"),
        ("CNY 1.00", "USD"),
        ("1.00元", "USD"),
        ("人民币1.00元整", "HKD"),
        *((f"{unit}{sign}1.00", own) for own in ("USD", "EUR", "HKD") for sign in "¥￥" for unit in ("", f"{own} ")),
        ("-¥1.00", "USD"),
        ("1.00 ¥", "USD"),
        ("CN¥1.00", "JPY"),
        ("JP¥1.00", "CNY"),
        ("$1.00", "HKD"),
        ("HK$1.00", "USD"),
        ("＄1.00", "CNY"),
        ("CNY $1.00", "CNY"),
        ("100美元", "CNY"),
        ("100港元", "USD"),
    ],
)
def test_a_total_in_another_currency_is_refused_as_that(typed: str, currency: str) -> None:
    with pytest.raises(AmountError, match="another currency"):
        parse_amount(printed_total(typed, currency), currency)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("-CNY 1,500.00", "CNY", "-1500"),
        ("\u2212¥5.00", "CNY", "-5"),
        ("(1,500.00)", "CNY", "-1500"),
        ("CNY (1,500.00)", "CNY", "-1500"),
        ("（CNY 1,500.00）", "CNY", "-1500"),
        ("价税合计（小写）：￥1,500.00", "CNY", "1500"),
        ("100美元", "USD", "100"),
        ("100港元", "HKD", "100"),
    ],
)
def test_the_own_currency_is_never_called_another(typed: str, currency: str, amount: str) -> None:
    assert parse_amount(printed_total(typed, currency), currency) == Decimal(amount)
    with pytest.raises(AmountError, match="in figures"):
        parse_amount(printed_total(f"价税合计（小写）{currency} 2.50 2.50", currency), currency)


@pytest.mark.parametrize(
    "typed",
    [
        "1.00 CNY 2.00",
        "CNY",
        "元",
        "¥",
        "¥¥1.00",
        "--¥1.00",
        "1.00 items",
        "R1.00",
        "(-1.00)",
        "(1.00",
        "壹佰",
        "壹佰元",
        "美元壹佰元整",
    ],
)
def test_half_a_total_is_none(typed: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(printed_total(typed, "CNY"), "CNY")


@pytest.mark.parametrize("typed", ["¥100", "￥100.00", "100元", "CNY 100", "人民币100元"])
def test_in_an_installation_of_dollars_nothing_reads_yuan(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert typed_amount(typed) == 100
    monkeypatch.setattr(money, "_currency", "USD")
    assert typed_amount("$100") == parse_amount("＄100") == 100
    for read in (typed_amount, parse_amount):
        with pytest.raises(AmountError, match="another currency"):
            read(typed)
