"""A dialog's form on a page of its own, which shows little of the request: how far whoever opened it has seen the rest.

The link from the request's page says it (?seen=). Opened without that, the page shows what has happened so far itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request

from backoffice.review.forms import SeenForm
from backoffice.review.queries.dossier import Dossier
from backoffice.review.queries.seen import Seen, news_since
from backoffice.review.views.history import history
from backoffice.web import kept_forms
from backoffice.web.errors import translate
from backoffice.web.guards import current_actor

Shown = TypeVar("Shown", bound=SeenForm)


def begun(form: type[Shown]) -> Shown:
    """The form as it is first shown; it says how far its reader has seen the request if the way to it said so."""
    return kept_forms.begin(form, {"seen": request.args.get("seen", "")})


def around(dossier: Dossier, form: SeenForm) -> Mapping[str, Any]:
    """What the page shows beside the form, which from now on says how far it was seen: the timeline, or the news."""
    looked = Seen.of(form.seen.data or "")
    if looked is None:
        form.seen.data = dossier.seen.word
        return {"history": history(dossier, ())}
    news = news_since(dossier.request.id, looked, current_actor().id) if looked != dossier.seen else None
    return {"news": translate(news)} if news is not None else {}
