"""The addresses of the lists behind the figures."""

from __future__ import annotations

from collections.abc import Callable

from backoffice.sla.queries.board import Shown
from backoffice.sla.queries.lists import NOW

Address = Callable[[Shown], str]


def addresses(base: str) -> Address:
    """Tells the address of a figure's list below `base`, which ends with a slash."""

    def address(shown: Shown) -> str:
        of = shown.asked
        # Days, ids and coded words: nothing in them has to be quoted.
        query = "" if shown.figure in NOW else f"&from={of.since}&to={of.until}"
        query += f"&kind={of.header_kind}" if of.header_kind else ""
        query += f"&band={of.band}" if of.band is not None else ""
        query += f"&reviewer={of.reviewer}" if of.reviewer is not None else ""
        query += f"&cell={of.cell}" if of.cell else ""
        return f"{base}{shown.figure}?{query[1:]}" if query else f"{base}{shown.figure}"

    return address
