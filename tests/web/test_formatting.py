"""Money, instants and days as people read them, in both languages and across zones."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel
from markupsafe import Markup

from backoffice import clock
from backoffice.web import formatting

Reader = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def reader() -> Reader:
    @contextmanager
    def _reader(language: str = "en", timezone: str = "Asia/Shanghai", currency: str = "CNY") -> Iterator[None]:
        app = Flask(__name__)
        app.config["BACKOFFICE_SETTINGS"] = SimpleNamespace(timezone=timezone, currency=currency)
        Babel(app, locale_selector=lambda: language)
        with app.test_request_context("/"):
            yield

    return _reader


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("52212.5"), "¥52,212.50"),
        (Decimal("0"), "¥0.00"),
        (Decimal("-0.05"), "-¥0.05"),
        (Decimal("999999999999.99"), "¥999,999,999,999.99"),
        ("1234.5", "¥1,234.50"),
        (None, "—"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_amounts(reader: Reader, language: str, value: Decimal | str | None, text: str) -> None:
    with reader(language):
        assert formatting.amount(value) == text


def test_amounts_follow_currency_and_language(reader: Reader) -> None:
    with reader(currency="EUR"):
        assert formatting.amount(Decimal("1234.5")) == "€1,234.50"
    with reader("de", currency="EUR"):
        assert formatting.amount(Decimal("1234.5"), sign=False) == "1.234,50"
    with reader():
        assert formatting.currency_sign() == "¥"


def test_instants_are_local_and_machine_readable(reader: Reader) -> None:
    late = datetime(2026, 11, 15, 17, 5, tzinfo=UTC)
    with reader():
        assert formatting.instant(late) == Markup('<time datetime="2026-11-15T17:05:00Z">16 Nov 2026, 01:05</time>')
        assert "01:05:00" in formatting.instant(late, seconds=True)
    with reader("zh"):
        assert formatting.instant(late) == Markup('<time datetime="2026-11-15T17:05:00Z">2026年11月16日 01:05</time>')
    with reader(timezone="America/Havana"):
        assert "15 Nov 2026, 12:05" in formatting.instant(late)


def test_an_instant_without_a_zone_is_refused(reader: Reader) -> None:
    with reader(), pytest.raises(ValueError, match="zone"):
        formatting.instant(datetime(2026, 1, 1))  # noqa: DTZ001


def test_days(reader: Reader) -> None:
    with reader():
        assert formatting.day(date(2026, 11, 16)) == Markup('<time datetime="2026-11-16">16 Nov 2026</time>')
        assert "Mon 16 Nov 2026" in formatting.day(date(2026, 11, 16), weekday=True)
        assert 'datetime="2026-11-16"' in formatting.day(datetime(2026, 11, 15, 17, tzinfo=UTC))
    with reader("zh"):
        assert "2026年11月16日" in formatting.day(date(2026, 11, 16))


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 11, 16), "Today"),
        (date(2026, 11, 17), "Tomorrow"),
        (date(2026, 11, 15), "Yesterday"),
        (date(2026, 11, 19), "in 3 days"),
        (date(2026, 11, 14), "2 days ago"),
        (date(2026, 11, 24), "24 Nov 2026"),
        (date(2026, 11, 8), "8 Nov 2026"),
    ],
)
def test_near_days_in_words(reader: Reader, on: date, words: str) -> None:
    # 17:00 in UTC is already the 16th in Shanghai.
    with reader(), clock.moved_to(datetime(2026, 11, 15, 17, tzinfo=UTC)):
        assert formatting.relative_day(on).striptags() == words


def test_percentages(reader: Reader) -> None:
    with reader():
        assert formatting.percent(0.932) == "93.2%"
        assert formatting.percent(Decimal(1), 0) == "100%"


def test_nothing_is_a_dash(reader: Reader) -> None:
    with reader():
        for function in (formatting.instant, formatting.day, formatting.relative_day, formatting.percent):
            assert function(None) == "—"
