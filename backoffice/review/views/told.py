"""What was said about many requests and happened to them, in words beside the form that decides on them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backoffice.review.queries import told
from backoffice.review.queries.bulk import Chosen
from backoffice.review.queries.seen import Seen, news_since
from backoffice.web.errors import translate
from backoffice.web.guards import current_actor


def of(found: Chosen, seen_then: Mapping[str, str], news: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """By number: sentences, each with the words that somebody wrote, if any; of those with `news` since they were seen
    as `seen_then` says, the newest of them as well."""
    about = told.about(found.rows)
    said = {
        row.number: [(translate(one.message), one.words) for one in about[row.id]]
        for row in found.rows
        if row.id in about
    }
    for row in found.rows:
        looked = Seen.of(seen_then[row.number]) if row.number in news else None
        happened = news_since(row.id, looked, current_actor().id) if looked is not None else None
        lines = said.get(row.number, [])
        if happened is not None and (sentence := translate(happened)) not in [line for line, _ in lines]:
            said[row.number] = [*lines, (sentence, "")]
    return {number: said[number] for number in found.numbers if number in said}
