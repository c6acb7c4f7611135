"""What a page offers beside its long form: the language, the theme, Sign out, Undo, another unfinished application.

Without scripts a browser sends one form and forgets what was typed into the others. So on a page with a long form
(`long_form`) the buttons of such deeds belong to that form: they send it to its own address, which names the deed
(?aside=). Its view keeps what was typed, as with any of its buttons, and answers through `go_on` with 307: the browser
sends the same once more to the deed's own address, where guard, CSRF check and view are what they always are. Another
page to go to (?aside-page=), like the form of a rejection, is answered with 303. With scripts `static/js/keep.js` keeps
what was typed, and `static/js/asides.js` gives every button back to its own form.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, flash, g, redirect, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from backoffice.web.guards import answers_get, safe_target, same_site_path

_DEED = "aside"
_PAGE = "aside-page"
_FORM_ID = "long-form"
# A deed sends no file: the name of the chosen one comes along, so that it is asked for.
_PLAIN = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class LongForm:
    """The form of a page whose words must not get lost.

    `default` are the attributes of the button that Enter presses: the first of a form in the page, and buttons of the
    page's head now stand before it. `on_server`: its words wait there, not in the browser.
    """

    address: str
    default: dict[str, str | None]
    on_server: bool

    @property
    def id(self) -> str:
        """The form's id in the page."""
        return _FORM_ID


def long_form(
    address: str | None = None, *, default: dict[str, str | None] | None = None, on_server: bool = False
) -> LongForm:
    """Say, before the layout is drawn, that the page has a long form, and which button Enter presses in it.

    `address` is where the form goes, its own page unless given; it has to answer GET with the same form.
    """
    g.long_form = LongForm(address or own_address(), default or {}, on_server)
    return g.long_form  # type: ignore[no-any-return]


def shown_at(address: str) -> None:
    """Say that the page, drawn as the answer to a form, is shown at `address` as well to whoever asks for it."""
    g.shown_at = address


def page_address() -> str:
    """Path and query that show the present page once more: its own, unless that only takes what is sent to it.

    Then it is what the view says (`shown_at`), its long form's, or the page that the form was sent from.
    """
    own = request.full_path if request.query_string else request.path
    if request.method in ("GET", "HEAD"):
        return own
    form, before = form_of_page(), same_site_path(request.referrer, request.host_url)
    said: tuple[str | None, ...] = (g.get("shown_at"), form.address if form is not None else None, own, before)
    return next((address for address in said if address and answers_get(address)), "/")


def form_of_page() -> LongForm | None:
    """The long form of the present page, if it has one."""
    found: LongForm | None = g.get("long_form")
    return found


def id_of_form(action: str) -> str | None:
    """The id that buttons beside the form at `action` name it by, where that is the long form of the page."""
    form = form_of_page()
    return form.id if form is not None and form.address == action else None


def beside_form(deed: str, *, comes_back: bool = False, leaves_nothing: bool = False) -> dict[str, Any]:
    """The attributes of a button that does `deed`, an address to post to; none where the page has no long form.

    `comes_back`: afterwards the page is shown once more (?next=). `leaves_nothing`: after the deed this browser must
    keep no word, so it is only put beside forms whose words wait on the server.
    """
    form = form_of_page()
    if form is None or (leaves_nothing and not form.on_server):
        return {}
    if comes_back:
        # The form's address has what was typed, which may not be the case where the page is shown else.
        deed = _with(deed, "next", own_address() if request.method == "GET" else form.address)
    return _beside(form, _DEED, deed)


def page_beside(page: str) -> dict[str, Any]:
    """The attributes of a button that goes to `page`, as a link would; none where the page has no long form."""
    form = form_of_page()
    return _beside(form, _PAGE, page) if form is not None else {}


def _beside(form: LongForm, asked: str, address: str) -> dict[str, Any]:
    return {"form": form.id, "formaction": _with(form.address, asked, address), "formenctype": _PLAIN}


def is_asked() -> bool:
    """Whether the form was sent by a button beside it: what was typed is to be kept, and nothing else of it done."""
    return request.method == "POST" and (_DEED in request.args or _PAGE in request.args)


def comes_back() -> bool:
    """Whether after the deed that is asked for the page is shown once more."""
    return "next" in dict(parse_qsl(urlsplit(request.args.get(_DEED, "")).query))


def go_on(page: str | None = None) -> Response:
    """Do the deed now that what was typed is kept; `page` is where it is kept, should that be another address."""
    if (other := safe_target(request.args.get(_PAGE))) is not None:
        return redirect(other, 303)
    deed = safe_target(request.args.get(_DEED))
    if deed is None or urlsplit(deed).path == request.path:
        return redirect(page or own_address(), 303)
    if page is not None and comes_back():
        deed = _with(deed, "next", page)
    return redirect(deed, 307)


def say_nothing_was_done() -> None:
    """Tell about a button of a page that was opened in an earlier session."""
    told = gettext(
        "You signed in again after this page was opened, so nothing was done. This is how it stands now; press "
        "once more."
    )
    flash(told, "warning")


def own_address(named: Collection[str] = ()) -> str:
    """Path and query of the present page, without what its form was sent for beside itself.

    What a form said in its fields `named` stands in the query as well.
    """
    address = _with(_with(request.full_path, _DEED, None), _PAGE, None)
    for name in named:
        if value := request.form.get(name):
            address = _with(address, name, value)
    return address


def _with(address: str, name: str, value: str | None) -> str:
    """The address with one value of its query replaced, or taken out."""
    parts = urlsplit(address)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    query += [(name, value)] if value is not None else []
    return parts._replace(query=urlencode(query)).geturl()


def init_asides(app: Flask) -> None:
    """Give the templates of `app` the long form of a page and the buttons beside it."""
    for function in (long_form, form_of_page, id_of_form, beside_form, page_beside):
        app.jinja_env.globals[function.__name__] = function
