"""Filters of a list, read from the query string and written back to it.

A list declares its filters once; `FilterSet.parse` turns the query into typed values, keeps what was typed where it
makes no sense and says so beside the control, and builds the chips that take each filter away again. Nothing a
reader can put into the address ends in an error page, and nothing that was asked for is left out without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import current_app
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from backoffice.errors import N_, Message, NotFound
from backoffice.web.filters.kinds import AmountRange, Choice, Control, DateRange, Filter, OneOf, Span, Text
from backoffice.web.formatting import page_locale

__all__ = [
    "AmountRange",
    "Chip",
    "Choice",
    "Control",
    "DateRange",
    "FilterSet",
    "FilterState",
    "OneOf",
    "Span",
    "Text",
    "others",
    "refuse_others",
]

# The place in the pages is no filter.
_PLACES = frozenset({"after", "before", "last"})
# Characters of a query string that is worth remembering.
_LONGEST_KEPT = 500
_UNREADABLE = N_("The filter %(name)s cannot be read: %(fault)s Go back to the list and mend it.")


class Chip(NamedTuple):
    """One filter in force, with the address of the list without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class FilterState:
    """The filters of one page view: typed values, errors, and the addresses that change them.

    `strays` is what the address says besides and no control can show: the parameter, and what is the matter with it.
    """

    controls: list[Control]
    carried: list[tuple[str, str]]
    strays: list[tuple[str, str]] = field(default_factory=list)

    def __hash__(self) -> int:
        return hash(tuple(self.query))

    def __getitem__(self, name: str) -> Any:
        """The typed value of a filter: list, text or `Span`; empty where not given or wrong."""
        return next(control.value for control in self.controls if control.name == name)

    def get(self, name: str) -> Any:
        """The same; None of a filter that the list does not offer."""
        return next((control.value for control in self.controls if control.name == name), None)

    @property
    def errors(self) -> dict[str, str]:
        """The sentence to show beside each control that made no sense."""
        return {control.name: control.error for control in self.controls if control.error}

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Everything the address asks for that limits nothing, by its name for a reader, with the reason."""
        return [*((control.label, control.error) for control in self.controls if control.error), *self.strays]

    @property
    def active(self) -> bool:
        """Whether any filter limits the list: tells an empty list from a list with nothing found."""
        return any(control.parameters for control in self.controls)

    @property
    def narrowed_by(self) -> set[str]:
        """The names of the filters that limit the list."""
        return {control.name for control in self.controls if control.parameters}

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query string of this view without the place in the pages; for pager and sort links."""
        return [*self.carried, *(pair for control in self.controls for pair in control.parameters)]

    def url(self, path: str, changes: Mapping[str, str | None] | None = None) -> str:
        """This view's address with `changes` applied (None removes) and the paging started afresh."""
        changes = changes or {}
        kept = [(name, value) for name, value in self.query if name not in changes]
        return _address(path, [*kept, *((name, value) for name, value in changes.items() if value is not None)])

    def chips(self, path: str) -> list[Chip]:
        """One removable chip per filter in force; each choice of several is one of its own."""
        chips = []
        for control in self.controls:
            for text, parameters in control.parts:
                rest = [pair for pair in self.query if pair not in parameters]
                chips.append(Chip(control.label, text, _address(path, rest)))
        return chips


def _address(path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


class FilterSet:
    """The filters a list offers, declared once at module level."""

    def __init__(
        self, *filters: Filter, carried: Mapping[str, Collection[str]] | None = None, beside: Collection[str] = ()
    ) -> None:
        """`carried` are other query parameters that survive filtering, such as the sort order, with their values;
        `beside` are names that the list's pages and forms read for something else."""
        self._filters = filters
        self._carried = carried or {}
        self._many = {name for each in filters if isinstance(each, Choice) for name in each.names}
        self._once = {name for each in filters for name in each.names} - self._many
        self._beside = _PLACES | frozenset(beside)
        # Lists are asked for with the same few filters again and again. Language and currency are part of the key.
        self._known = lru_cache(maxsize=256)(lambda pairs, _language, _currency: self._read(MultiDict(pairs)))

    def parse(self, args: MultiDict[str, str]) -> FilterState:
        """Read all filters from a query string (`flask.request.args`); what was read before comes from memory."""
        pairs = tuple((name, value) for name, value in args.items(multi=True) if name not in _PLACES)
        if sum(len(name) + len(value) for name, value in pairs) > _LONGEST_KEPT:
            return self._read(args)
        settings = current_app.config["BACKOFFICE_SETTINGS"] if current_app else None
        return self._known(pairs, page_locale(), getattr(settings, "currency", None))

    def _read(self, args: MultiDict[str, str]) -> FilterState:
        carried = [(name, args[name]) for name, values in self._carried.items() if args.get(name) in values]
        return FilterState([each.read(args) for each in self._filters], carried, list(self._strays(args)))

    def _strays(self, args: MultiDict[str, str]) -> Iterator[tuple[str, str]]:
        for name, values in self._carried.items():
            if set(filter(None, args.getlist(name))) - set(values):
                yield name, gettext("It has no such value.")
        yield from _besides(args, self._once, self._many | self._beside | set(self._carried))

    def parse_whole(self, args: MultiDict[str, str]) -> FilterState:
        """Read all filters where nobody looks before something is done with all that they leave.

        Raises NotFound where one cannot be read or is not known: without it the list would be another, longer one.
        """
        state = self.parse(args)
        _refuse(state.left_out)
        return state


def others(args: MultiDict[str, str], known: Collection[str]) -> list[tuple[str, str]]:
    """What an address asks for that a page without filters does not know, by its name, with the reason."""
    return list(_besides(args, _PLACES | set(known)))


def refuse_others(args: MultiDict[str, str], known: Collection[str]) -> None:
    """Make sure that an address asks for nothing but what is known, where nobody looks before it is answered.

    Raises NotFound that names what is not: without it the answer would hold more than was asked for.
    """
    _refuse(others(args, known))


def _besides(
    args: MultiDict[str, str], once: Collection[str], often: Collection[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """What an address says that is neither of these names, or more than once of the first; with the reason."""
    for name, values in args.lists():
        given = set(filter(None, values))
        if given and name not in once and name not in often:
            yield name[:40], gettext("This list has no such filter.")
        elif name in once and len(given) > 1:
            yield name, gettext("It is given more than once, and the first counts.")


def _refuse(faults: Sequence[tuple[str, str]]) -> None:
    if faults:
        name, fault = faults[0]
        raise NotFound(Message(_UNREADABLE, name=name, fault=fault))
