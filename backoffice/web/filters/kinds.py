"""Kinds of filters: what each reads from the query string, and how the template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict

from backoffice import money
from backoffice.web.formatting import amount, day
from backoffice.web.forms import parse_day


@dataclass(frozen=True, slots=True)
class Span:
    """An inclusive range; None leaves that side open. `bool(span)` tells whether it limits anything."""

    low: Any = None
    high: Any = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Bound:
    """One of the two inputs of a range."""

    name: str
    label: str
    typed: str


@dataclass(slots=True)
class Control:
    """One filter as the template draws it."""

    kind: str
    name: str
    label: str
    value: Any
    error: str = ""
    typed: str = ""
    max_length: int = 0
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    low: Bound | None = None
    high: Bound | None = None
    # What the address says for this filter, and one (text, parameters of the chip) per removable part.
    parameters: list[tuple[str, str]] = field(default_factory=list)
    parts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)


class Filter(Protocol):
    """A kind of filter. `names` are the parameters of the query string it owns."""

    @property
    def name(self) -> str:
        """The key of its value in `FilterState`."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The query parameters this filter reads."""
        ...

    def read(self, args: MultiDict[str, str]) -> Control:
        """Read the filter; a value that makes no sense yields an error and no limit."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Some of several values: whether one more narrows or widens a list is that list's rule. `choices`: (value, lazy
    label). Its value is a list, empty for "all"."""

    name: str
    label: Any
    choices: Sequence[tuple[str, Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The one parameter, which may be repeated."""
        return (self.name,)

    def read(self, args: MultiDict[str, str]) -> Control:
        """Keep the known values in the order of the choices; an unknown one is an error."""
        given = {value for value in args.getlist(self.name) if value}
        known = [value for value, _ in self.choices if value in given]
        labels = {value: str(label) for value, label in self.choices}
        return Control(
            "choice",
            self.name,
            str(self.label),
            known,
            error=gettext("Choose from the list.") if given - set(known) else "",
            options=[(value, labels[value], value in given) for value, _ in self.choices],
            parameters=[(self.name, value) for value in known],
            parts=[(labels[value], [(self.name, value)]) for value in known],
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values, for lists where each has an index of its own. Its value is a text, empty for "all"."""

    name: str
    label: Any
    choices: Sequence[tuple[str, Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The one parameter."""
        return (self.name,)

    def read(self, args: MultiDict[str, str]) -> Control:
        """Keep a known value; an unknown one is an error."""
        given = args.get(self.name, "")
        labels = {value: str(label) for value, label in self.choices}
        known = given if given in labels else ""
        return Control(
            "one",
            self.name,
            str(self.label),
            known,
            error=gettext("Choose from the list.") if given and not known else "",
            options=[(value, label, value == known) for value, label in labels.items()],
            parameters=[(self.name, known)] if known else [],
            parts=[(labels[known], [(self.name, known)])] if known else [],
        )


@dataclass(frozen=True, slots=True)
class Text:
    """Words to search for. Its value is the trimmed text, empty for none."""

    name: str
    label: Any
    max_length: int = 100
    min_length: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The one parameter."""
        return (self.name,)

    def read(self, args: MultiDict[str, str]) -> Control:
        """Trim the text; too long or short a one, or one with control characters, is an error."""
        typed = args.get(self.name, "").strip()
        control = Control("text", self.name, str(self.label), typed, typed=typed, max_length=self.max_length)
        if len(typed) > self.max_length:
            control.error = gettext("At most %(limit)d characters.", limit=self.max_length)
        elif not typed.isprintable():
            control.error = gettext("Contains characters that cannot be searched for.")
        elif typed and len(typed) < self.min_length and not typed.isdecimal():  # a figure is a whole amount
            control.error = gettext("Type at least %(least)d characters.", least=self.min_length)
        if control.error:
            control.value, control.typed = "", typed[: self.max_length]
        elif typed:
            control.parameters = [(self.name, typed)]
            control.parts = [(typed, control.parameters)]
        return control


@dataclass(frozen=True, slots=True)
class Range:
    """From and to, both inclusive. Its value is a `Span`; each kind of it reads and shows values of its own."""

    kind: ClassVar[str]
    ends: ClassVar[tuple[str, str]]
    # What is wrong when the first end is above the second.
    backwards: ClassVar[Any]

    name: str
    label: Any
    low_name: str = ""
    high_name: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """`<name>_<end>` unless named otherwise."""
        low, high = self.ends
        return (self.low_name or f"{self.name}_{low}", self.high_name or f"{self.name}_{high}")

    def parse(self, text: str) -> Any:
        """A value as typed. Raises ValueError, or AmountError with its own sentence."""
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """A value as a chip tells it."""
        raise NotImplementedError

    def fault(self, span: Span) -> str:
        """What is wrong with a range that can be read; empty for nothing."""
        is_backwards = span.low is not None and span.high is not None and span.low > span.high
        return str(self.backwards) if is_backwards else ""

    def read(self, args: MultiDict[str, str]) -> Control:
        """Read both ends; one that makes no sense, or an end before its beginning, is an error."""
        typed = [args.get(name, "").strip()[:40] for name in self.names]
        labels = [gettext("from"), gettext("to")]
        low, high = (Bound(name, label, text) for name, label, text in zip(self.names, labels, typed, strict=True))
        control = Control(self.kind, self.name, str(self.label), Span(), low=low, high=high)
        try:
            span = Span(*(self.parse(text) if text else None for text in typed))
        except money.AmountError as error:
            control.error = gettext(error.message.msgid, **error.message.params)
            return control
        except ValueError:
            control.error = gettext("Enter a date as year-month-day, for example 2026-11-23.")
            return control
        control.error = self.fault(span)
        if control.error:
            return control
        control.value = span
        control.parameters = [(name, text) for name, text in zip(self.names, typed, strict=True) if text]
        if span:
            control.parts = [(_span_text(span, self.show), control.parameters)]
        return control


class DateRange(Range):
    """Local dates from and to."""

    __slots__ = ()
    kind, ends = "dates", ("from", "to")
    backwards = lazy_gettext("The end lies before the beginning.")

    def parse(self, text: str) -> date:
        """An ISO date."""
        parsed = parse_day(text)
        if parsed is None:
            raise ValueError("not a date")
        return parsed

    def show(self, value: date) -> str:
        """The day as the reader's language writes it."""
        return day(value).striptags()


class AmountRange(Range):
    """Amounts in major units from and to."""

    __slots__ = ()
    kind, ends = "amounts", ("min", "max")
    backwards = lazy_gettext("The largest amount is below the smallest.")

    def parse(self, text: str) -> Decimal:
        """An amount, read the way forms do."""
        return money.parse_amount(text)

    def show(self, value: Decimal) -> str:
        """The amount with its currency."""
        return amount(value)


def _span_text(span: Span, show: Any) -> str:
    if span.low is None:
        return str(gettext("to %(end)s", end=show(span.high)))
    if span.high is None:
        return str(gettext("from %(start)s", start=show(span.low)))
    return f"{show(span.low)} – {show(span.high)}"
