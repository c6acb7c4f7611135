"""What is ticked in a list stays ticked on the way to the page that asks once more, and back to that page of the list.

Without scripts the address says so. With scripts the browser keeps ticks by the name of the list's page (see
static/js/keep.js), also while something is done to the one request beside it, until an act on many is begun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from backoffice.review.views.plumbing import arguments
from backoffice.review.views.queue import FILTERS, PAGE_SIZE, picks_of, place_of
from backoffice.web.forms import whole_number


@dataclass(frozen=True, slots=True)
class Ticked:
    """Where requests were ticked: the `address` of that page with its ticks, and the name they are kept by.

    `query` is the page's query string for a form that goes back to it, without the single ticks.
    """

    address: str
    kept_as: str
    query: str = ""


def ticked_in(given: Mapping[str, str], numbers: Sequence[str]) -> Ticked:
    """Where these requests were ticked, as the address says, or a form that came from there.

    More than a page of a list holds are not named one by one: an address has an end.
    """
    few = [("number", number) for number in numbers] if len(numbers) <= PAGE_SIZE else []
    follows = whole_number(given.get("follows"))
    if follows is not None:
        run = url_for("review.bulk_run", run_id=follows)
        return Ticked(_address(run, few), f"picks-run-{follows}")
    args: MultiDict[str, str] = request.args if given.get("list") is None else arguments(given["list"])
    place = place_of(FILTERS.parse(_without_ticks(args)), args)
    every = [("all", "1")] if "all" in args else []
    return Ticked(
        _address(url_for("review.queue"), [*place, *(every or few)]), picks_of(place), urlencode([*place, *every])
    )


def _without_ticks(args: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict([(name, value) for name, value in args.items(multi=True) if name != "number"])


def _address(path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
