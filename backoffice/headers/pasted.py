"""A block of header text, as it comes in a mail or a chat, split into the fields of a header.

The result is a suggestion: whoever pasted the block looks at each field. What is not understood is told, not dropped.
Labels decide first (Chinese or English, on lines of their own or in one line); what has none is known by its form: a
tax ID by its check symbols, a name by its ending (公司, Ltd), a bank by 支行 or Bank, a phone by its digits, an
email by its @.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from backoffice.headers import rules
from backoffice.headers.paste_accounts import is_another, is_routing, without_branch
from backoffice.headers.paste_forms import (
    CHINESE_SIGN,
    FOREIGN_LABEL,
    IS_LANDLINE,
    IS_NAME,
    IS_PHONE,
    LONGEST,
    NUMBER_INSIDE,
    TAIL,
    belongs_above,
    continued,
    forms,
    is_account_below,
)
from backoffice.headers.paste_kinds import PERSONAL, kind_and_name, kind_in_label, kind_of
from backoffice.headers.paste_labels import marks, weight, without_bullet
from backoffice.headers.paste_layout import tidy
from backoffice.headers.paste_numbers import (
    NUMBERS,
    first_account,
    is_elsewhere,
    is_nothing,
    without_nothing,
    without_person,
    without_words,
)
from backoffice.headers.paste_parties import of_the_buyer, without_lead_in
from backoffice.headers.paste_rows import cut_off, row
from backoffice.headers.tax_ids import TaxIdOutcome, check_tax_id, normalise_tax_id

LIMIT = 2000  # characters of a block
_FEWEST_FIGURES = 5  # of a tax ID
FIELDS = ("name", "tax_id", "address", "phone", "bank", "bank_account", "email")

_TAX_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{18}(?![0-9A-Za-z])")
_WORD = re.compile("[\u3400-\u9fff]{2,8}")
_EDGE = " \t,，;；。、|#→\\"


@dataclass(slots=True)
class Pasted:
    """What a block says, field by field, who the buyer is in law where it says that, and what was not understood."""

    kind: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def split(block: str) -> Pasted:
    """Split a block of text into the fields of a header. Never raises; beyond `LIMIT` characters nothing is read."""
    found = Pasted()
    loose: list[str] = []
    tidied, aside = tidy(block[:LIMIT])
    text, sellers = of_the_buyer(tidied)
    entries = _entries(without_lead_in(text))
    for entry in sorted(entries, key=lambda entry: weight(entry.label)):
        if entry.fields is None:
            loose.extend(_pieces(entry.value))
        elif is_nothing(entry.value):
            continue
        elif entry.fields == ("kind",):
            _keep_kind(found, entry)
        elif not entry.fields:
            found.unknown.append(f"{entry.label} {entry.value}".strip())
        else:
            loose.extend(_pieces(_keep(found, entry.fields, entry.value, said=kind_in_label(entry.label))))
    for piece in loose:
        _guess(found, piece)
    for name, tail in (("address", "phone"), ("bank", "bank_account")):
        if name in found.fields and tail not in found.fields:
            _cut_tail(found, name, tail, found.fields[name])
    if "address" in found.fields:
        found.fields["address"], rest = without_person(found.fields["address"])
        found.unknown.extend(filter(None, [rest]))
    for name in ("name", "address", "bank"):
        _tell_the_number_inside(found, name)
    _tell_what_is_too_long(found)
    found.unknown.extend(line.strip(_EDGE) for line in (*sellers, *aside))
    return found


@dataclass(slots=True)
class _Entry:
    """A value with its label; fields are None where no label stands, empty for a label of what a header has not."""

    fields: tuple[str, ...] | None
    label: str
    value: str


def _entries(text: str) -> list[_Entry]:
    """The text in order, a value that runs over several lines put together."""
    entries: list[_Entry] = []
    turn, is_closed = 0, True
    for line in text.split("\n"):
        found = marks(line)
        ahead = without_bullet(line[: found[0].start], turn + 1) if found else line
        if ahead := ahead.strip(_EDGE):
            _add_line(entries, ahead, is_closed=is_closed)
        ends = [*(mark.start for mark in found[1:]), len(line)]
        for mark, end in zip(found, ends, strict=False):
            turn += 1
            value = line[mark.end : end]
            value = without_bullet(value, turn + 1) if end < len(line) else value
            entries.append(_Entry(mark.fields, line[mark.start : mark.end].strip(_EDGE), _unquoted(value.strip(_EDGE))))
        is_closed = not line.strip()
    return entries


def _add_line(entries: list[_Entry], line: str, *, is_closed: bool) -> None:
    """Put a line without label where it belongs: to the label alone above it, to the value above it, or to nobody."""
    last = entries[-1] if entries else _Entry(None, "", "")
    if last.fields is not None and not last.value:
        last.value = _unquoted(line)
    elif not entries or (is_closed and not is_account_below(last.fields, last.value, line)):
        entries.append(_Entry(None, "", line))
    elif (whole := continued(last.fields, last.value, line)) is not None:
        last.value = whole
    elif belongs_above(last.fields, last.label, line):
        # Half of an account, the rest of the bank's address: it looks like a field of its own and is none.
        entries.append(_Entry((), "", line))
    else:
        entries.append(_Entry(None, "", line))


def _unquoted(value: str) -> str:
    return value[1:-1].strip(_EDGE) if len(value) > 2 and value[0] in "\"“「『'" and value[-1] in "\"”」』'" else value


def _keep_kind(found: Pasted, entry: _Entry) -> None:
    kind = kind_of(entry.value)
    if not kind or found.kind not in ("", kind):
        found.unknown.append(f"{entry.label} {entry.value}".strip())
    else:
        found.kind = kind


def _keep(found: Pasted, wanted: tuple[str, ...], value: str, said: str) -> str:
    """Put a labelled value into its field, or into the two that share the label, and give back what follows it in
    another form; `said` is the kind that the label says of whoever a name is of."""
    beyond = ""
    if len(wanted) == 2:
        value = without_nothing(value)
    if is_elsewhere(value):
        found.unknown.append(value)
        return beyond
    if not value:
        return beyond
    if (len(wanted) == 1 and wanted[0] in NUMBERS) or (wanted[-1] == "bank_account" and first_account(value)[1]):
        beyond = _keep_number(found, wanted[-1], value)
    elif len(wanted) == 2 and wanted[0] == "phone":
        first = IS_PHONE.match(value)
        if first:
            _put(found, "phone", first[0])
            value = value[first.end() :].strip(_EDGE)
        _put(found, "address", value)
    elif len(wanted) == 2 and NUMBERS[wanted[1]](value) == value:
        _put(found, wanted[1], value)
    elif len(wanted) == 2:
        _cut_tail(found, *wanted, value)
    elif wanted == ("bank",) and NUMBERS["bank_account"](value):
        # A bank is a name: whoever writes figures alone there means the account.
        beyond = _keep_number(found, "bank_account", value)
    else:
        value, beyond, aside = cut_off(wanted[0], value)
        found.unknown.extend(aside)
        value, rest = without_words(wanted[0], value)
        if wanted == ("name",):
            _keep_name(found, value, said)
        else:
            _put(found, wanted[0], value)
        found.unknown.extend(filter(None, [rest.strip(_EDGE)]))
    return beyond


def _keep_name(found: Pasted, value: str, said: str) -> None:
    """Put a name into its field, without the kind that stands beside it; of a second name neither is taken."""
    kind, name = kind_and_name(value)
    if kind_of(found.fields.get("name", "")):
        del found.fields["name"]  # 抬头：个人, and below it who that is
    if found.fields.get("name", name) != name:
        found.unknown.append(value)
    else:
        found.kind = found.kind or kind or ("" if said == PERSONAL and IS_NAME.fullmatch(name) else said)
        _put(found, "name", name)


def _keep_number(found: Pasted, name: str, value: str) -> str:
    """Put the number at the beginning of a value into its field, tell the words before it and give back the rest."""
    if name == "bank_account":
        number, branch, further = first_account(value)
        found.unknown.extend(filter(None, [branch]))
    else:
        number = NUMBERS[name](value)
        further = value[len(number) :]
    if name == "tax_id" and ("%" in value or sum(map(str.isdigit, number)) < _FEWEST_FIGURES):
        # "none", "see above", "13 %": no tax ID is without figures.
        found.unknown.append(value)
        return ""
    if number:
        _put(found, name, number)
        return _further(found, further)
    tail = TAIL[name].search(value) if name in TAIL else None
    # Of two numbers at the beginning nobody can tell which one is meant.
    if tail is None or NUMBERS[name](value):
        found.unknown.append(value)
        return ""
    _put(found, name, tail[1])
    rest = value[: tail.start()].strip(_EDGE)
    if name == "bank_account" and "bank" in forms(rest):
        _put(found, "bank", rest)
    else:
        found.unknown.extend([rest] if rest else [])
    return ""


def _further(found: Pasted, rest: str) -> str:
    """What stands behind a number when it holds other fields; words alone are told as they are."""
    said = rest.strip(_EDGE)
    if said and rest[0] in _EDGE and (row(said) or next(forms(said), None) not in (None, "phone", "bank_account")):
        return said
    found.unknown.extend([said] if said else [])
    return ""


def _cut_tail(found: Pasted, name: str, tail: str, value: str) -> None:
    """Give the number at the end of a value to its own field: address and phone, bank and account."""
    value, words = without_words(name, value)
    found.unknown.extend(filter(None, [words.strip(_EDGE)]))
    number = TAIL[tail].search(value)
    if number and tail == "bank_account" and (IS_LANDLINE.fullmatch(number[1]) or is_another(number[1])):
        number = None
    rest = value[: number.start()].strip(_EDGE + "/／") if number else value
    if number and rest:
        found.fields[name] = rest if found.fields.get(name, value) == value else found.fields[name]
        _put(found, tail, number[1])
    _put(found, name, rest or value)


def _put(found: Pasted, name: str, value: str) -> None:
    if name == "tax_id":
        value = normalise_tax_id(value)
    elif name == "bank_account":
        value, branch = without_branch(value)
        found.unknown.extend(filter(None, [branch]))
        if value and is_routing(found.fields.get(name, "")) and not is_routing(value):
            found.unknown.append(found.fields.pop(name))  # it stood under a label of its own
    if value and found.fields.setdefault(name, value) != value:
        found.unknown.append(value)


def _pieces(text: str) -> Iterator[str]:
    """A line without labels in pieces that may each be a field."""
    if check_tax_id(text).outcome == TaxIdOutcome.VALID:
        yield text
        return
    ids = [code for code in _TAX_ID.findall(text) if check_tax_id(code).outcome == TaxIdOutcome.VALID]
    for code in ids:
        text = text.replace(code, ";")
    yield from ids
    for part in re.split(r"[;；|\u2460-\u249b]|\s{2,}", text):
        # Chinese has no spaces of its own; those between figures belong to a number.
        pieces = re.split(r"(?<!\d)\s+|\s+(?!\d)", part) if CHINESE_SIGN.search(part) else [part]
        yield from _with_their_words(filter(None, (_unquoted(piece.strip(_EDGE + "/／")) for piece in pieces)))


def _with_their_words(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces, a number together with the word before it that says what it numbers: 订单 202611290001."""
    word = ""
    for piece in pieces:
        if word and next(forms(piece), None) == "bank_account":
            yield f"{word} {piece}"
            word = ""
            continue
        if word:
            yield word
        word = piece if _WORD.fullmatch(piece) and next(forms(piece), None) is None else ""
        if not word:
            yield piece
    if word:
        yield word


def _tell_the_number_inside(found: Pasted, name: str) -> None:
    """Tell what stands in a name, an address or a bank from the number of another field on."""
    value = found.fields.get(name, "")
    number = NUMBER_INSIDE.search(value)
    if number is None:
        return
    found.unknown.append(value[number.start() :].strip(_EDGE))
    found.fields[name] = value[: number.start()].strip(_EDGE + "/／(（:：")
    if not found.fields[name]:
        del found.fields[name]


def _tell_what_is_too_long(found: Pasted) -> None:
    """Tell what no header takes: it may be two values that nothing parts."""
    for name in [name for name, value in found.fields.items() if len(value) > rules.LIMITS[name]]:
        found.unknown.append(found.fields.pop(name))


def _guess(found: Pasted, piece: str) -> None:
    """Put a value without label into the field whose form it has, unless that is taken."""
    if is_nothing(piece):
        return
    if (kind := kind_of(piece)) and found.kind in ("", kind):
        found.kind = kind
        return
    if cells := row(piece):
        for form, cell in cells:
            if not is_nothing(cell):
                _place(found, cell, [form] if form else [])
        return
    # Behind a label that we do not know stands something else: the seller's name looks like the buyer's.
    foreign = len(piece) > LONGEST or FOREIGN_LABEL.match(piece) is not None
    _place(found, piece, [] if foreign else forms(piece))


def _place(found: Pasted, piece: str, possible: Iterable[str]) -> None:
    name = next((name for name in possible if name not in found.fields), None)
    if name is None:
        found.unknown.append(piece)
    elif name in ("address", "bank"):
        _cut_tail(found, name, "phone" if name == "address" else "bank_account", piece)
    elif name == "name":
        piece, rest = without_words(name, piece)
        _put(found, name, piece)
        found.unknown.extend(filter(None, [rest]))
    else:
        _put(found, name, piece)
