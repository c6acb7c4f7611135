"""Which figures may be somebody's telephone number: whom it belongs to, the invoice may be for, or wants to be rung."""

from __future__ import annotations

import re

# Mobile ones of China, those with an area code, those with what is dialled for abroad before them. Of countries that
# customers come from each code with what follows it there (ITU-T E.164); those of ten figures or fewer look like
# orders, and so do those of Egypt (20), which look like years.
_NUMBER = re.compile(
    "1[3-9][0-9]{9}|0[1-9][0-9]{8,10}|00[1-9][0-9]{8,13}"
    "|86(?:1[3-9][0-9]{9}|10[0-9]{8}|2[0-9]{9}|[3-9][0-9]{9,10})"
    "|1[2-9][0-9]{2}[2-9][0-9]{6}|7[3489][0-9]{9}"
    "|(?:27|31|32|33|34|36|40|41|46|48|61|64|66|84|351|353|358|420|886|966|971|972)[1-9][0-9]{8}"
    "|(?:30|39|44|52|54|55|57|63|90|91|92|380)[1-9][0-9]{9}|55[1-9][0-9]{10}"
    "|(?:43|49|60|62|81|82)[1-9][0-9]{8,10}|85[235][2-9][0-9]{7}"
)


def may_be_phone(figures: str) -> bool:
    """Whether figures, without anything between them, have the shape of a telephone number."""
    return _NUMBER.fullmatch(figures) is not None


# Without what is dialled before them: numbers within a town, and those of a whole country, of 400 and 800 in China, of
# North America and of the United Kingdom.
_LOCAL = re.compile("[2-9][0-9]{6,7}")
_NATIONAL = re.compile("[48]00[0-9]{7}|[2-9][0-9]{2}[2-9][0-9]{6}|(?:1[1-9]|20|2[3489]|7[0-9])[0-9]{8}")


def may_be_local(figures: str) -> bool:
    """Whether figures have the shape of a telephone number of seven or eight figures."""
    return _LOCAL.fullmatch(figures) is not None


def may_be_national(figures: str) -> bool:
    """Whether figures have the shape of a telephone number that begins with no 0, where others do."""
    return _NATIONAL.fullmatch(figures) is not None
