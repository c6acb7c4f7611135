"""What spreadsheets do to ids and figures, and with which words it is refused.

Excel keeps 15 figures of a number. Whether an id that ends in zeros has lost its last ones, only the file's other ids
tell: chance makes few of them end so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from backoffice.errors import N_, Message

_IDENTIFIERS = ("external_id", "refund_of", "bank_reference")
# What an entry is known by: a figure that is lost here books it twice, or takes another for it.
ENTRY_IDS = ("external_id", "refund_of")
# 6.2E+17, 6,2E+17 and 6.2e17: what spreadsheets make of a long number. An id such as 6E17 is left alone.
_SHORTENED_ID = re.compile(r"[0-9](?:[.,][0-9]+[Ee]\+?[0-9]{1,3}|[Ee]\+[0-9]{2,3})")
# What a formula that lost its cells leaves behind, and a date that its column was too narrow for.
_DAMAGED = re.compile(r"#{3,}|#(?:REF!|N/A|VALUE!|NAME\?|NUM!|NULL!|DIV/0!|SPILL!|CALC!)")
_KEPT_FIGURES = 15
# A number that a spreadsheet may have cut, with the decimals that its format may add.
_LONG_ID = re.compile(r"([1-9][0-9]{14})([0-9]{1,105})(?:[.,]0+)?")
_MARKS_OF_TEXT = ('="', "'")
_SHOWN = 80


class LineError(ValueError):
    """A line that breaks a rule; `message` says which.

    `told_id` is the entry's id where the line is sound but of another currency: of a known entry it contradicts.
    """

    def __init__(self, message: Message, told_id: str = "") -> None:
        self.message, self.told_id = message, told_id
        super().__init__(str(message))


def shown(value: str) -> str:
    """The beginning of a value, fit to stand in a sentence whatever it holds."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in value[:_SHOWN])


def long_id(value: str) -> tuple[int, bool] | None:
    """How many figures an id has that is a number beyond what is kept, and whether only zeros follow those.

    None for any other value, also for one marked as text, which no spreadsheet has rounded.
    """
    if (figures := _LONG_ID.fullmatch(value)) is None:
        return None
    return _KEPT_FIGURES + len(figures[2]), not figures[2].strip("0")


def _is_marked(written: str) -> bool:
    """Whether a value is marked as text: ="00123" or '00123."""
    return written.lstrip(" ").startswith(_MARKS_OF_TEXT)


def ends_by_chance(length: int, zeros: int, all_ids: int) -> bool:
    """Whether `zeros` of `all_ids` ids of so many figures may end in zeros without having been rounded.

    Chance makes one in ten of 16 figures, one in a hundred of 17; up to five times as many are let pass.
    """
    return zeros * int(10 ** (length - _KEPT_FIGURES)) <= 5 * all_ids


def refuse_damaged(values: Mapping[str, str]) -> None:
    """Raise LineError for an id that a spreadsheet has shortened, and for its signs of a value it could not show."""
    for name in _IDENTIFIERS:
        if _SHORTENED_ID.fullmatch(values[name]):
            raise shortened(name, values[name])
    for name in (*_IDENTIFIERS, "account", "amount", "occurred_at"):
        if values[name].startswith("#") and _DAMAGED.fullmatch(values[name]):
            raise LineError(
                Message(
                    N_("%(column)s is %(given)s: a spreadsheet has damaged it; take it from the platform again"),
                    column=name,
                    given=shown(values[name]),
                )
            )


def refuse_rounded(row: Mapping[str, str | None], values: Mapping[str, str], whole_ids: Container[int]) -> None:
    """Raise LineError for an id whose last figures a spreadsheet has very likely put zeros for."""
    for name in ENTRY_IDS:
        found = long_id(values[name])
        if found is not None and found[1] and found[0] not in whole_ids and not _is_marked(row.get(name) or ""):
            raise LineError(
                Message(
                    N_(
                        "%(column)s is %(given)s: only zeros after 15 figures, as Excel rounds a long number; format"
                        " the column as text and export again"
                    ),
                    column=name,
                    given=shown(values[name]),
                )
            )


def shortened(column: str, value: str) -> LineError:
    """The fault of a value that is written with an exponent."""
    return LineError(
        Message(
            N_("%(column)s is %(given)s: Excel has shortened it; format the column as text and fill it in again"),
            column=column,
            given=shown(value),
        )
    )
