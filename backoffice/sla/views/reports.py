"""The managers' page as a file: the same figures, charts and tables as PDF and as a spreadsheet."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext

from backoffice import clock
from backoffice.permissions import Permission
from backoffice.sla import report
from backoffice.sla.messages.report import of_board
from backoffice.sla.queries import figures, terms
from backoffice.sla.views import asking
from backoffice.sla.views.plumbing import blueprint
from backoffice.web.downloads import attachment
from backoffice.web.filters import FilterState
from backoffice.web.guards import guard

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/sla/report.<any(pdf, xlsx):extension>")
@guard(Permission.SEE_SERVICE_LEVEL)
def report_file(extension: str) -> Response:
    """The page of this period and these filters as a file."""
    people = terms.reviewers()
    state = asking.filters(people, whole=True)
    made, now = asking.asked(state, clock.today()), clock.now()
    board = figures.dashboard(made, now)
    written = of_board(board, people, now, asking.addresses(), filters=_words(state))
    titles = gettext("Service level"), "service-level"
    name, plain = (f"{title} {made.since} {made.until}.{extension}" for title in titles)
    if extension == "pdf":
        return attachment(report.pdf(written), "application/pdf", name, plain)
    with report.xlsx(written) as file:
        return attachment(file.read(), _XLSX, name, plain)


def _words(state: FilterState) -> list[str]:
    """The filters in force as their chips say them; the period has a line of its own."""
    return [f"{one.label}: {text}" for one in state.controls if one.name != "date" for text, _ in one.parts]
