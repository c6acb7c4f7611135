"""Amounts in words, against vectors and against a second implementation that works another way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backoffice.issuing.words import capitals, english, figures
from tests.support.capitals import spelled_out

VECTORS = {
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "325.04": "叁佰贰拾伍元零肆分",
    "100100001.00": "壹亿零壹拾万零壹元整",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "0.05": "伍分",
    "0.50": "伍角整",
    "10.00": "壹拾元整",
    "700007189.09": "柒亿零柒仟壹佰捌拾玖元零玖分",
    "-1409.50": "负壹仟肆佰零玖元伍角整",
    "0.00": "零元整",
    "100000000.00": "壹亿元整",
    "10001000.00": "壹仟万壹仟元整",
    "999999999999.99": "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
}


@pytest.mark.parametrize(("amount", "expected"), VECTORS.items())
def test_capitals_of_the_vectors(amount: str, expected: str) -> None:
    assert capitals(Decimal(amount)) == expected


AMOUNTS = st.one_of(
    st.integers(0, 10**14 - 1),
    # Numbers of few digits and many zeros are where the rules of 零 bite.
    st.lists(st.sampled_from("000000123456789"), min_size=1, max_size=14).map(lambda digits: int("".join(digits))),
)


@given(AMOUNTS, st.booleans(), st.sampled_from(["CNY", "USD", "JPY"]))
def test_capitals_are_read_back(cents: int, negative: bool, currency: str) -> None:
    amount = Decimal(-cents if negative else cents) / 100
    written = capitals(amount, currency)
    assert figures(written, currency) == amount
    assert figures(f" {written.replace('元', '圆').replace('整', '正')} ", "CNY") == (
        amount if currency == "CNY" else None
    )
    assert figures(f"人民币{capitals(amount)}", currency) == (amount if currency == "CNY" else None)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "元",
        "负",
        "壹佰",
        "壹佰元",
        "伍分整",
        "壹拾零元整",
        "壹佰壹佰元整",
        "佰元整",
        "壹仟伍佰元整元",
        "1500元整",
        "负负壹元整",
        "九",
    ],
)
def test_what_is_no_amount_in_capitals_is_none(written: str) -> None:
    assert figures(written) is None


@settings(max_examples=3000, deadline=None)
@given(AMOUNTS)
@example(10**13)
@example(100_000_000_01)
def test_capitals_agree_with_the_slow_reference(cents: int) -> None:
    assert capitals(Decimal(cents) / 100) == spelled_out(cents)


@given(st.integers(1, 10**14 - 1))
def test_a_negative_amount_says_so_first(cents: int) -> None:
    assert capitals(-Decimal(cents) / 100) == "负" + capitals(Decimal(cents) / 100)


@given(st.integers(0, 10**14 - 1), st.integers(0, 10**14 - 1))
def test_no_two_amounts_share_their_words(one: int, other: int) -> None:
    a, b = Decimal(one) / 100, Decimal(other) / 100
    assert (capitals(a) == capitals(b)) == (one == other) == (english(a, "CNY") == english(b, "CNY"))


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1409.50", "CNY", "Renminbi one thousand four hundred and nine yuan and fifty fen only"),
        ("0.00", "CNY", "Renminbi zero yuan only"),
        ("0.05", "CNY", "Renminbi five fen only"),
        ("-1001.01", "CNY", "Minus Renminbi one thousand and one yuan and one fen only"),
        ("1.00", "USD", "One US dollar only"),
        ("21.01", "USD", "Twenty-one US dollars and one cent only"),
        ("5.10", "HKD", "Five Hong Kong dollars and ten cents only"),
        ("2.02", "GBP", "Two pounds sterling and two pence only"),
        ("7.05", "XAF", "XAF seven and 05/100 only"),
    ],
)
def test_english_words(amount: str, currency: str, expected: str) -> None:
    assert english(Decimal(amount), currency) == expected


@pytest.mark.parametrize("amount", ["1000000000000.00", "-1000000000000.00", "0.005", "NaN"])
def test_what_has_no_words_is_refused(amount: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        capitals(Decimal(amount))
    with pytest.raises((ValueError, ArithmeticError)):
        english(Decimal(amount), "CNY")


@pytest.mark.parametrize(("currency", "said"), [
    ("USD", "美元壹仟伍佰元零伍分"), ("EUR", "欧元壹仟伍佰元零伍分"), ("HKD", "港元壹仟伍佰元零伍分"),
    ("CNY", "壹仟伍佰元零伍分"),
])  # fmt: skip
def test_capitals_name_what_is_no_yuan(currency: str, said: str) -> None:
    assert capitals(Decimal("1500.05"), currency) == said
    assert capitals(Decimal("-1500.05"), currency) == said.replace("壹", "负壹", 1)
