"""Several fields of a pasted block in one row without labels: 甲公司，9131…，上海市…88号，021-…，某支行，1001….

A comma or a stroke may part two fields or stand inside one: a row is cut into its cells, and cells go together again
where they make one address, one bank or one name. What has no form of its own is a piece for itself, to be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from backoffice.headers.paste_accounts import IS_ACCOUNT, is_another
from backoffice.headers.paste_forms import (
    ADDRESS_GOES_ON,
    CHINESE_SIGN,
    FOREIGN_LABEL,
    IS_EMAIL,
    IS_PHONE,
    NUMBER_INSIDE,
    ODD_NAME,
    forms,
)

# Not the stroke of 12/F, A/S or c/o.
_SEPARATOR = re.compile(r"\s*(?:[，,、。\\]|[/／](?![0-9A-Za-z]{1,2}(?![0-9A-Za-z])))\s*")
# Behind a label there is nothing else that a wide gap, or one in front of a Chinese word, could be.
_WIDER = re.compile(rf"{_SEPARATOR.pattern}|\s*[;；|]\s*|\s{{2,}}|(?<=[\u3400-\u9fff0-9）)])\s+(?=[\u3400-\u9fff])")
_ONLY_LEGAL_FORM = re.compile(
    r"(?:co|ltd|limited|inc|incorporated|llc|llp|plc|gmbh|corp|corporation)\.?", re.IGNORECASE
)
_SPEAKS_OF_BANK = re.compile(r"银行|\bbank\b", re.IGNORECASE)
_PLACE = re.compile(r"\d|[省市区县镇乡]")
_SAID = re.compile(
    r"(?:thanks?|thank you|please|(?:best|kind) regards|regards|cheers)\b|谢谢|多谢|感谢|麻烦|请|您好|你好|辛苦",
    re.IGNORECASE,
)
# Behind a bracket only what has a label: 某公司（曾用名：某某公司）.
_GAP = re.compile(r"\s*[，,、;；|/。\\]\s*|\s+|(?=[(（][^\d\s:：()（）]{1,12}[:：])")
_LABELLED = re.compile(r"[(（]?[^\d\s:：，,()（）]{2,12}[:：]")
_CHINESE_BRANCH = re.compile(r"[\u3400-\u9fff]{4,30}(?:支行|分行|营业部|分理处)(?![\u3400-\u9fff])")
# Longer than a postal code, with the letters of a country or not: a number of something else.
_CODE = re.compile(r"[A-Z]{0,3}\d{7,}[0-9A-Z]{0,3}")
_MOST_CELLS = 40


@dataclass(slots=True)
class Piece:
    """A part of a row: the field whose form it has, None where it has none."""

    form: str | None
    start: int
    end: int
    is_whole: bool = False  # an address with its phone, a bank with its account: nothing goes on


def row(text: str, separator: re.Pattern[str] = _SEPARATOR) -> list[tuple[str | None, str]]:
    """The fields that stand in a row, each with its form, in their order; nothing where the text is no row."""
    cells = _cells(text, separator)
    if not 2 <= len(cells) <= _MOST_CELLS:
        return []
    found = [_form(text[start:end]) for start, end in cells]
    pieces: list[Piece] = []
    for at, ((start, end), form) in enumerate(zip(cells, found, strict=True)):
        after = found[at + 1] if at + 1 < len(found) else None
        if not pieces or not _goes_on(text, pieces[-1], Piece(form, start, end), after):
            pieces.append(Piece(form, start, end))
        if form == "address":
            _take_in_what_led_to_it(text, pieces)
    pieces = _whose(_loose_together(pieces))
    known = [piece for piece in pieces if piece.form]
    if len(pieces) < 2 or not known:
        return []
    if len(known) == 1 and ODD_NAME.search(text) and not CHINESE_SIGN.search(text):
        return [(None, text)]  # Empresa,Acme Ltd: a label that we do not know
    return [(piece.form, text[piece.start : piece.end]) for piece in pieces]


def _cells(text: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    ends = [*((mark.start(), mark.end()) for mark in separator.finditer(text)), (len(text), len(text))]
    cells, start = [], 0
    for end, following in ends:
        if end > start:
            cells.append((start, end))
        start = following
    return cells


def _form(cell: str) -> str | None:
    if FOREIGN_LABEL.match(cell) or _SAID.match(cell):
        return None
    possible = list(forms(cell))
    if possible[:1] == ["bank"] and "address" in possible and cell[0].isdigit():
        return "address"  # 5 Bank Street
    return possible[0] if possible else None


def _goes_on(text: str, piece: Piece, cell: Piece, after: str | None) -> bool:
    """Put a cell to the piece before it where both are one, and say whether they are."""
    said, word = text[piece.start : piece.end], text[cell.start : cell.end]
    goes_on = False
    if piece.form is None:
        # Behind a label that we do not know stands what is told with it: whose phone is it?
        goes_on = FOREIGN_LABEL.match(said) is not None and cell.form in (None, "phone")
        if _ONLY_LEGAL_FORM.fullmatch(word):
            piece.form, goes_on = "name", True
    elif piece.is_whole:
        goes_on = False
    elif piece.form == "name":
        goes_on = _ONLY_LEGAL_FORM.fullmatch(word) is not None
        if cell.form == "bank" and _SPEAKS_OF_BANK.search(said):
            piece.form, goes_on = "bank", True
    elif piece.form == "address":
        goes_on = cell.form == "address" or (cell.form is None and _is_more_of_an_address(said, word))
        goes_on, piece.is_whole = (True, True) if cell.form == "phone" else (goes_on, False)
    elif piece.form == "bank":
        goes_on = cell.form == "bank" or (cell.form is None and after == "bank")
        if cell.form != "phone" and IS_ACCOUNT.fullmatch(word) and not is_another(word):
            goes_on, piece.is_whole = True, True
    if goes_on:
        piece.end = cell.end
    return goes_on


def _is_more_of_an_address(said: str, word: str) -> bool:
    if FOREIGN_LABEL.match(word) or _SAID.match(word) or _CODE.fullmatch(word):
        return False
    if CHINESE_SIGN.search(said) or CHINESE_SIGN.search(word):
        return ADDRESS_GOES_ON.search(word) is not None or any(map(str.isdigit, word))
    return True


def _take_in_what_led_to_it(text: str, pieces: list[Piece]) -> None:
    """Put the floor, the room or the town in front of an address to it."""
    while len(pieces) > 1 and pieces[-2].form is None and pieces[-1].form == "address":
        before = text[pieces[-2].start : pieces[-2].end]
        if FOREIGN_LABEL.match(before) or _SAID.match(before) or not _PLACE.search(before):
            return
        pieces[-1].start = pieces[-2].start
        del pieces[-2]


def _loose_together(pieces: list[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in pieces:
        if kept and piece.form is None and kept[-1].form is None:
            kept[-1].end = piece.end
        else:
            kept.append(piece)
    return kept


def _whose(pieces: list[Piece]) -> list[Piece]:
    """An address right behind a bank may be the bank's: nobody can tell."""
    for before, piece in pairwise(pieces):
        if (before.form, before.is_whole, piece.form) == ("bank", False, "address"):
            piece.form = None
    return pieces


def cut_off(field: str, value: str) -> tuple[str, str, list[str]]:
    """A labelled name, address or bank without what follows it in the same line: the value, the other fields, and what
    cannot be told from a part of it."""
    first, *others = row(value, _WIDER) or [(None, "")]
    if first[0] == field and (field != "address" or any(map(_is_company, others))):
        rest = "；".join(cell for form, cell in others if form)
        return first[1], rest, [cell for form, cell in others if form is None]
    if field == "bank":
        return value, "", []
    for gap in _GAP.finditer(value):
        if gap.start() and _begins_another(value[gap.end() :]):
            return value[: gap.start()], value[gap.end() :], []
    return value, "", []


def _is_company(cell: tuple[str | None, str]) -> bool:
    """Whether this is no building that an address may name: a university is one."""
    return cell[0] == "name" and cell[1].endswith("公司")


def _begins_another(rest: str) -> bool:
    if _LABELLED.match(rest) or _CHINESE_BRANCH.match(rest):
        return True
    code = re.match(r"[0-9A-Za-z]{18}(?![0-9A-Za-z])", rest)
    if code and "tax_id" in forms(code[0]):
        return True
    if IS_EMAIL.match(rest):
        return True
    phone = IS_PHONE.match(rest)
    if phone and re.match(r"[\s，,、;；|/。\\)）]|$", rest[phone.end() :]):
        return True
    return NUMBER_INSIDE.match(rest) is not None
