"""A header that was sent after its session had ended: it waits in its writer's browser until they have signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import flash, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice.headers import pasted, rules
from backoffice.headers.forms import HeaderForm
from backoffice.web import asides, drafts
from backoffice.web.kept_forms import go_on_with, say_still_here

_SHORT = 64  # characters of a choice, of the version of a header
_SAID = (*rules.FIELDS, "version", "is_default", "pasted_text")
# A cookie is small. Of a pasted block its beginning waits as far as there is room, then these give way in turn.
_PORTIONS = (pasted.LIMIT, 1200, 800, 400, 200, 0)
_GIVE_WAY = (
    (),
    ("copies",),
    ("copies", "remarks"),
    ("copies", "remarks", "street", "city", "email", "address", "bank"),
)


def keep_typed() -> Response | None:
    """A header that arrives after its session ended: the way to the sign-in page, and back to what was typed."""
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    answer = drafts.way_back(owner, asides.own_address())
    for draft in _ever_smaller(HeaderForm()):
        if drafts.keep(answer, owner, draft, cookie=drafts.HEADER_COOKIE, path=request.path):
            return answer
    return None


def step_aside(form: HeaderForm, began: HeaderForm, shown: Callable[[], Any]) -> Any:
    """As `kept_forms.step_aside`, whole or not at all."""

    def keep(answer: Response) -> bool:
        draft = next(_ever_smaller(form))
        kept = draft | {"beside": "1"}
        return not draft["lost"] and drafts.keep(
            answer, current_user.id, kept, cookie=drafts.HEADER_COOKIE, path=request.path
        )

    return go_on_with(None if form.says_no_more_than(began) else keep, shown)


def _ever_smaller(form: HeaderForm) -> Iterator[dict[str, str]]:
    """What was typed as it can wait, with the names of what could not; the fields matter more than the block."""
    typed = form.values() | {
        "version": form.version.data or "",
        "is_default": "1" if form.is_default.data else "",
        "pasted_text": "",
    }
    too_long = [name for name, text in typed.items() if len(text) > max(rules.LIMITS.get(name, 0), _SHORT)]
    block = form.pasted_text.data or ""
    for left_out in _GIVE_WAY:
        for portion in _PORTIONS:
            lost = {*too_long, *(name for name in left_out if typed[name])}
            draft = {name: text for name, text in typed.items() if name not in lost}
            draft["pasted_text"] = block[:portion]
            if len(block) > portion:
                lost.add("pasted_text")
            yield draft | {"for": request.path, "lost": " ".join(sorted(lost))}


def is_waiting() -> bool:
    """Whether something that was typed into the form of this page waits for the person."""
    return _draft() is not None


def waiting() -> HeaderForm | None:
    """The form with what was typed when the session had ended, and what of it was lost; None when nothing waits."""
    draft = _draft()
    if draft is None:
        return None
    form = HeaderForm(formdata=None, data={name: draft.get(name, "") for name in _SAID})
    lost = str(draft.get("lost", "")).split()
    form.say_lost(lost)
    if "beside" in draft:
        say_still_here()
        return form
    if lost:
        flash(
            gettext("You are signed in again. What could be kept is still here; look at the marked fields."), "warning"
        )
    else:
        flash(gettext("You are signed in again. What you typed is still here."), "success")
    return form


def forget(answer: Response) -> Response:
    """The answer, which lets the browser drop what waited there."""
    drafts.forget(answer, cookie=drafts.HEADER_COOKIE, path=request.path)
    return answer


def _draft() -> Mapping[str, str] | None:
    draft = drafts.kept(current_user.id, cookie=drafts.HEADER_COOKIE)
    return draft if draft.get("for") == request.path else None
