"""How money, instants and days read in the reader's language and the installation's zone.

Lists show hundreds of them, so the locale's patterns are looked up once and each text is made by plain string
formatting or taken from a cache: Babel's own formatting costs 50 to 150 microseconds a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, get_day_names, get_timezone_name
from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol
from flask import Flask, current_app
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup

from backoffice import clock
from backoffice.money import SHORT_SIGNS, to_minor

MISSING = Markup("—")

# The day before the month reads the same to every English reader; 11/12 and Nov 12 do not.
_DAY_PATTERNS = {"en": "d MMM y"}
_WEEKDAY_PATTERNS = {"en": "EEE d MMM y", "zh": "y年M月d日 EEE"}
_NEAR_DAYS = 7


class _MoneyStyle(NamedTuple):
    """The signs with which one language writes one currency."""

    sign: str
    group: str
    point: str


@lru_cache(maxsize=64)
def _money_style(language: str, currency: str) -> _MoneyStyle:
    sign = SHORT_SIGNS.get(currency) or get_currency_symbol(currency, language)
    return _MoneyStyle(sign, get_group_symbol(language), get_decimal_symbol(language))


@lru_cache(maxsize=4096)
def _day_text(on: date, language: str, weekday: bool = False) -> str:
    patterns = _WEEKDAY_PATTERNS if weekday else _DAY_PATTERNS
    return format_date(on, patterns.get(language.split("_")[0], "long"), locale=language)


def page_locale() -> str:
    """The name of the locale in which the page is written: ``en``, ``zh``."""
    # Ours have no script and no territory; Babel takes long to write a name, and to compare two.
    locale: Locale | None = get_locale()
    return locale.language if locale is not None else "en"


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_zone() -> ZoneInfo:
    """The installation's time zone, in which every date on a page is meant."""
    return _zone(str(current_app.config["BACKOFFICE_SETTINGS"].timezone))


def currency_sign() -> str:
    """The installation's currency as written before an amount, e.g. ``¥``."""
    return _money_style(page_locale(), current_app.config["BACKOFFICE_SETTINGS"].currency).sign


def amount(value: Decimal | str | None, sign: bool = True) -> str:
    """Write an amount in major units with two places, grouped, e.g. ``¥52,212.50`` or ``-¥0.05``; a dash for none."""
    if value is None:
        return MISSING
    style = _money_style(page_locale(), current_app.config["BACKOFFICE_SETTINGS"].currency)
    return _written(Decimal(value), style, sign)


def _written(number: Decimal, style: _MoneyStyle, sign: bool = True) -> str:
    digits = f"{abs(number):,.2f}"
    if (style.group, style.point) != (",", "."):
        digits = digits.translate({ord(","): style.group, ord("."): style.point})
    return f"{'-' if number < 0 else ''}{style.sign if sign else ''}{digits}"


def instant(value: datetime | None, seconds: bool = False) -> Markup:
    """Write an aware instant in local time inside ``<time>``, e.g. ``16 Nov 2026, 09:14``; a dash for none.

    Raises `ValueError` for a naive datetime: its meaning would be a guess.
    """
    if value is None:
        return MISSING
    if value.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return _instant(value, seconds, page_locale(), local_zone())


# A list shows the same moments again and again: each time it is loaded, turned or sorted.
@lru_cache(maxsize=8192)
def _instant(value: datetime, seconds: bool, language: str, zone: ZoneInfo) -> Markup:
    local = value.astimezone(zone)
    clock_text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    separator = " " if language.startswith("zh") else ", "
    return Markup('<time datetime="{}">{}{}{}</time>').format(
        value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), _day_text(local.date(), language), separator, clock_text
    )


def _as_day(value: date | datetime) -> date:
    return clock.local_date(value, local_zone()) if isinstance(value, datetime) else value


def day(value: date | datetime | None, weekday: bool = False) -> Markup:
    """Write a date (an instant counts as its local date) inside ``<time>``, e.g. ``16 Nov 2026``; a dash for none."""
    if value is None:
        return MISSING
    return _day(_as_day(value), page_locale(), weekday)


@lru_cache(maxsize=4096)
def _day(on: date, language: str, weekday: bool) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), _day_text(on, language, weekday))


def relative_day(value: date | datetime | None) -> Markup:
    """Write a near date in words (``Today``, ``in 3 days``), its date as tooltip, and a far one as `day` does."""
    if value is None:
        return MISSING
    on = _as_day(value)
    words = _relative_words((on - clock.local_date(clock.now(), local_zone())).days)
    if words is None:
        return day(on)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        on.isoformat(), _day_text(on, page_locale()), words
    )


def _relative_words(days: int) -> str | None:
    near = {0: gettext("Today"), 1: gettext("Tomorrow"), -1: gettext("Yesterday")}
    if days in near:
        return str(near[days])
    if 1 < days <= _NEAR_DAYS:
        return str(ngettext("in %(num)d day", "in %(num)d days", days))
    if -_NEAR_DAYS <= days < -1:
        return str(ngettext("%(num)d day ago", "%(num)d days ago", -days))
    return None


def percent(share: float | Decimal | None, places: int = 1) -> str:
    """Write a share between 0 and 1 as a percentage, e.g. ``93.2%``; a dash for none."""
    return MISSING if share is None else f"{share * 100:.{places}f}%"


def grouped(figure: str) -> str:
    """Write the decimal number `figure` with grouped thousands and all the decimals it has, e.g. ``1,329.725``."""
    return f"{Decimal(figure):,f}"


def short_day(on: date) -> tuple[str, str]:
    """A day without its year, e.g. 16 Nov, and the year, where many stand side by side."""
    return _short_day(on, page_locale())


@lru_cache(maxsize=2048)
def _short_day(on: date, language: str) -> tuple[str, str]:
    # In English as our days are written: day, month.
    short = (
        format_date(on, "d MMM", locale=language) if language == "en" else format_skeleton("MMMd", on, locale=language)
    )
    return short, str(format_skeleton("y", on, locale=language))


def month(on: date) -> str:
    """The month of a day, e.g. November 2026."""
    return _month_text(on.year, on.month, page_locale())


@lru_cache(maxsize=512)
def _month_text(year: int, number: int, language: str) -> str:
    return str(format_skeleton("yMMMM", date(year, number, 1), locale=language))


def weekday_names() -> tuple[tuple[str, str], ...]:
    """The days of the week from Monday on, each short and in full."""
    return _weekday_names(page_locale())


@lru_cache(maxsize=8)
def _weekday_names(language: str) -> tuple[tuple[str, str], ...]:
    short, full = (get_day_names(width, locale=language) for width in ("abbreviated", "wide"))
    return tuple((str(short[day]), str(full[day])) for day in range(7))


def festival(name: str) -> str:
    """The name of a holiday in the reader's language; what a person called a day stays as it is."""
    return str(gettext(name)) if name else ""


def country_name(code: str) -> str:
    """The name of a country in the reader's language, from its ISO 3166-1 code; an unknown code stays as it is."""
    return _country_names(page_locale()).get(code, code)


@lru_cache(maxsize=8)
def _country_names(language: str) -> dict[str, str]:
    return dict(Locale.parse(language).territories)


def file_size(size: int) -> str:
    """The size of a file as people compare it: 480 KB, 2.1 MB."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} KB"


def zone_name() -> str:
    """The installation's zone in the reader's language, e.g. ``China Time``, for the foot of reports."""
    return _zone_name(local_zone(), page_locale())


@lru_cache(maxsize=64)
def _zone_name(zone: ZoneInfo, language: str) -> str:
    return str(get_timezone_name(zone, locale=language))


def page_time() -> datetime:
    """The minute in which the page was made: what a printed one says that it is of."""
    return clock.now().replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Writer:
    """What the cells of long lists are written with: language, zone and currency are looked up once a page.

    Days and instants are plain text, for their mark-up would be much of a row.
    """

    language: str
    zone: ZoneInfo
    currency: str

    def amount(self, value: Decimal) -> str:
        """An amount as `amount` writes it."""
        return _written(value, _money_style(self.language, self.currency))

    def day(self, on: date) -> str:
        """A date, e.g. ``16 Nov 2026``."""
        return _day_text(on, self.language)

    def instant(self, value: datetime) -> str:
        """An aware instant in local time, e.g. ``16 Nov 2026, 09:14``."""
        local = value.astimezone(self.zone)
        separator = " " if self.language.startswith("zh") else ", "
        return f"{_day_text(local.date(), self.language)}{separator}{local:%H:%M}"


def page_writer() -> Writer:
    """The writer of this page, the same for all pages of its language."""
    return _writer(page_locale(), local_zone(), current_app.config["BACKOFFICE_SETTINGS"].currency)


_writer = lru_cache(maxsize=8)(Writer)


def init_formatting(app: Flask) -> None:
    """Register the filters, each under the name of its function, and their globals."""
    for function in (
        amount,
        grouped,
        instant,
        day,
        relative_day,
        percent,
        country_name,
        festival,
        file_size,
        month,
        to_minor,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(
        currency_sign=currency_sign, zone_name=zone_name, page_time=page_time, page_writer=page_writer, MISSING=MISSING
    )
