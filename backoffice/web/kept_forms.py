"""Short forms whose text outlives a session that ended: it waits in the browser until the person is back.

A view says `@guard(..., rescue=keep_typed)`, begins its form with `begin` and answers through `done` once accepted.
Forms in several steps keep themselves, a header in a cookie of its own, an application as a draft on the server; they
say `accept` themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import flash, request, session
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField

from backoffice.web import asides, drafts
from backoffice.web.forms import Form

_NOT_TYPED = {"csrf_token", "owner"}
_ACCEPTED = "accepted"
# What somebody writes freely. Where it is too much for a cookie the longest of them gives way, from its end.
_FREE = frozenset({"remarks", "note", "question", "why", "answer", "reason", "tax_id_reason", "words"})
_LEFT = 0.9  # of the longest text each time
# So many at most are accepted before a page is drawn.
_MOST = 5

Kept = TypeVar("Kept", bound="KeptForm")


class KeptForm(Form):
    """A form that says whose it is, so that what comes back after the session's end is known to be theirs."""

    owner = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if current_user.is_authenticated:
            self.owner.data = drafts.owner_of(current_user.id)


def keep_typed(*named: str, page: str | None = None) -> Response | None:
    """The way to the sign-in page and back to this form; None when nobody says whose it is, or it is too much.

    What is written freely is kept as far as it fits, and the page says what is missing.

    Fields `named` belong to the address of the form's page: what they say stands there again. `page` is the address of
    the page that shows the form, should that be another one than the form is sent to.
    """
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    answer = drafts.way_back(owner, page or asides.own_address(named))
    path = urlsplit(page).path if page is not None else None
    return answer if _keep(answer, owner, path) or _keep_beginning(answer, owner, path) else None


def step_aside(began: Mapping[str, str] | None, shown: Callable[[], Any], page: str | None = None) -> Any:
    """Let the browser keep what was typed over what the form began with, and do what stands beside it: `web.asides`.

    None: also an untouched form is kept, and shown again at its own address, for what it is about stands in it alone.
    `page` is the address of the page that shows the form, should that be another one than the form is sent to.
    """
    is_untouched = began is not None and all(request.form.get(name, "") == text for name, text in began.items())
    page = asides.own_address() if began is None else page
    path = urlsplit(page).path if page is not None else None
    keep = None if is_untouched else lambda answer: _keep(answer, current_user.id, path, beside="1")
    return go_on_with(keep, shown, page)


def go_on_with(keep: Callable[[Response], bool] | None, shown: Callable[[], Any], page: str | None = None) -> Any:
    """Do what stands beside the form with an answer that lets the browser `keep` the words; None: there are none.

    Where they are too much for a cookie nothing is done, and `shown` draws the form again. `page` as in `asides.go_on`.
    """
    answer = asides.go_on(page)
    if keep is None or keep(answer):
        return answer
    say_too_long()
    return shown()


def keep_shown(answer: Response, page: str | None = None, **said: str) -> Response:
    """The same answer, which shows what was sent once more: the browser keeps it for whoever asks for the page again.

    `page` as in `step_aside`; `said` counts before what was typed. What is too much for a cookie is kept nowhere.
    """
    _keep(answer, current_user.id, urlsplit(page).path if page is not None else None, beside="1", **said)
    return answer


def say_still_here() -> None:
    """Tell that the form does not begin anew."""
    flash(gettext("What you typed is still here."), "info")


def say_too_long() -> None:
    """Tell that what was typed stands here and nowhere else."""
    told = gettext("This text is too long to wait while you do something else, so nothing was done. Send it first.")
    flash(told, "warning")


def _keep(answer: Response, owner: int, path: str | None = None, **said: str) -> bool:
    # Of a list of choices each is one word.
    typed = {name: " ".join(texts) for name, texts in request.form.lists() if name not in _NOT_TYPED}
    of = path or request.path
    return drafts.keep(answer, owner, {**typed, **said, "for": of}, cookie=drafts.SHORT_COOKIE, path=of)


def _keep_beginning(answer: Response, owner: int, path: str | None) -> bool:
    """Let the browser keep what fits of the texts that are written freely, with the names of those that are cut."""
    texts = {name: text for name in _FREE if (text := request.form.get(name, ""))}
    whole = dict(texts)
    while any(texts.values()):
        longest = max(texts, key=lambda name: len(texts[name]))
        texts[longest] = texts[longest][: int(len(texts[longest]) * _LEFT)]
        cut = {name: text for name, text in texts.items() if text != whole[name]}
        if _keep(answer, owner, path, **cut, lost=" ".join(sorted(cut))):
            return True
    return False


def begin(form: type[Kept], values: Mapping[str, Any]) -> Kept:
    """The form as it is first shown: with `values`, or with what was typed before something came in between."""
    return form(formdata=None, data={**values, **waiting()})


def waiting() -> Mapping[str, Any]:
    """What was typed into the forms of this page before something came in between, which is said; mostly nothing."""
    draft = kept_for(request.path)
    if not draft:
        return {}
    if "beside" in draft:
        say_still_here()
    elif "lost" in draft:
        told = gettext(
            "You are signed in again. What you typed was too long to wait whole: it is here, and its end is missing."
        )
        flash(told, "warning")
    else:
        flash(gettext("You are signed in again. What you typed is still here."), "success")
    return draft


def kept_for(path: str) -> Mapping[str, Any]:
    """What waits for the page at `path`, without a word about it; also asked by another answer that shows that page."""
    draft = drafts.kept(current_user.id, cookie=drafts.SHORT_COOKIE)
    return draft if draft.get("for") == path else {}


def keep_rest(answer: Response, names: Collection[str], page: str) -> bool:
    """Let the browser keep what was typed into fields `names`, which stood beside what was done, for their `page`.

    False where that is too much for a cookie.
    """
    if not any(request.form.get(name) for name in names):
        return True
    of = urlsplit(page).path
    typed = {name: request.form.get(name, "") for name in names}
    return drafts.keep(
        answer, current_user.id, {**typed, "for": of, "beside": "1"}, cookie=drafts.SHORT_COOKIE, path=of
    )


def done(answer: Response, page: str | None = None) -> Response:
    """The same answer; the browser drops what it kept of this form, also for the `page` that shows it."""
    accept()
    return drop(answer, *filter(None, (request.path, page)))


def accept() -> None:
    """Let the next page say that the form sent here was accepted: until scripts hear that, they keep what was typed.

    That page may well show the same form, which begins anew.
    """
    session[_ACCEPTED] = [*session.get(_ACCEPTED, []), request.path][-_MOST:]


def drop(answer: Response, *pages: str) -> Response:
    """The same answer; the browser drops what it kept for these pages."""
    for path in pages:
        drafts.forget(answer, cookie=drafts.SHORT_COOKIE, path=path)
    return answer


def accepted_forms() -> str | None:
    """The paths of the forms that were accepted since a page was drawn, for this page to say; mostly none."""
    return " ".join(session.pop(_ACCEPTED, [])) or None
