"""Who may enter which endpoint: every view says so, and one that does not is refused.

    @blueprint.get("/review")
    @guard(Permission.SEE_QUEUE)
    def queue() -> str: ...

A view marked with several permissions is open to whoever holds one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from backoffice.errors import Forbidden
from backoffice.permissions import Actor, Permission

LOGIN_ENDPOINT = "accounts.login"
STATIC_ENDPOINT = "static"

_MARK = "_backoffice_guard"
_RESCUE = "_backoffice_rescue"
_PASSIVE = "_backoffice_passive"
_LONGEST_TARGET = 2000

log = structlog.get_logger(__name__)
Rescue = Callable[[], ResponseReturnValue | None]
View = TypeVar("View", bound=Callable[..., Any])


class Everybody(Enum):
    """What a view may ask for besides a permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


PUBLIC = Everybody.PUBLIC
SIGNED_IN = Everybody.SIGNED_IN

Requirement = tuple[Permission, ...] | Everybody


def guard(
    *required: Permission | Everybody, rescue: Rescue | None = None, passive: bool = False
) -> Callable[[View], View]:
    """Mark a view with what it takes to enter: PUBLIC, SIGNED_IN, or one of several permissions.

    `rescue` is called when a form arrives whose session has ended, whether or not another one has begun since: it may
    keep what was typed and answer with the way back to it (`web.drafts.way_back`). It runs for anybody and without the
    CSRF check, so it believes nothing of the form, and changes nothing but what a signed word in it allows
    (`web.drafts.owner_in`).
    A `passive` view is called by open pages on their own: that is no use of the session, which ends by itself.
    """
    requirement = _requirement(required)

    def mark(view: View) -> View:
        setattr(view, _MARK, requirement)
        setattr(view, _RESCUE, rescue)
        setattr(view, _PASSIVE, passive)
        return view

    return mark


def _requirement(required: tuple[Permission | Everybody, ...]) -> Requirement:
    permissions = tuple(one for one in required if isinstance(one, Permission))
    if permissions and len(permissions) == len(required):
        return permissions
    if len(required) == 1 and isinstance(required[0], Everybody):
        return required[0]
    raise TypeError("guard() takes PUBLIC, SIGNED_IN, or permissions")


def requirement_of(app: Flask, endpoint: str) -> Requirement | None:
    """What `endpoint` asks for; None when nobody said, which means that it is closed."""
    if endpoint == STATIC_ENDPOINT:
        return PUBLIC
    requirement: Requirement | None = getattr(app.view_functions.get(endpoint), _MARK, None)
    return requirement


def needs_nobody(app: Flask, endpoint: str) -> bool:
    """Whether `endpoint` is open to everybody, so that nobody's session has to be looked up."""
    return requirement_of(app, endpoint) is PUBLIC


def is_passive(app: Flask, endpoint: str) -> bool:
    """Whether pages call `endpoint` on their own, without anybody touching them."""
    return bool(getattr(app.view_functions.get(endpoint), _PASSIVE, False))


def keeps_typed(app: Flask, endpoint: str) -> bool:
    """Whether `endpoint` has a form whose words outlive a session."""
    return getattr(app.view_functions.get(endpoint), _RESCUE, None) is not None


def assert_every_route_guarded(app: Flask) -> None:
    """Raise RuntimeError naming the endpoints that carry no guard; called when the application is complete."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    bare = sorted(endpoint for endpoint in endpoints if requirement_of(app, endpoint) is None)
    if bare:
        raise RuntimeError(f"no guard on: {', '.join(bare)}")


def init_guards(app: Flask) -> None:
    """Refuse, before any view of `app` runs, whoever may not enter it."""
    app.before_request(_enforce)


def _enforce() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # there is no such page: the 404 follows
    requirement = requirement_of(current_app, request.endpoint)
    if requirement is PUBLIC:
        return None
    if requirement is None:
        # create_app() checks this too; a route added later stays shut all the same.
        log.error("endpoint without a guard", endpoint=request.endpoint)
        raise Forbidden
    if not current_user.is_authenticated:
        return rescued() or redirect(_login_address())
    if isinstance(requirement, tuple) and not any(current_user.can(permission) for permission in requirement):
        # A form of somebody who may, sent after somebody else has signed in at the same browser: not to be lost.
        kept = rescued() if _may_be_read() else None
        if kept is None:
            raise Forbidden
        return kept
    return None


def _may_be_read() -> bool:
    limit = request.max_content_length
    return limit is None or (request.content_length or 0) <= limit


def rescued() -> ResponseReturnValue | None:
    """The answer to a form that belongs to another session than the present one; None where its view keeps nothing."""
    rescue: Rescue | None = getattr(current_app.view_functions.get(request.endpoint or ""), _RESCUE, None)
    return rescue() if rescue is not None and request.method == "POST" else None


def _login_address() -> str:
    """The sign-in page, with the way back to the page asked for, or to the form that was sent."""
    target = request.full_path if request.query_string else request.path
    if request.method not in ("GET", "HEAD"):
        target = same_site_path(request.referrer, request.host_url) or "/"
    return url_for(LOGIN_ENDPOINT) if target == "/" else url_for(LOGIN_ENDPOINT, next=target)


def may_enter(target: str, can: Callable[[Permission], bool]) -> bool:
    """Whether somebody who `can` do this and that is let in at a path of this site.

    True also where there is no such page or something else is wrong with it: that is for the page to say.
    """
    path = urlsplit(target).path.removeprefix(request.script_root)
    try:
        endpoint, _ = current_app.url_map.bind_to_environ(request.environ).match(path, method="GET")
    except HTTPException:
        return True
    requirement = requirement_of(current_app, endpoint)
    return not isinstance(requirement, tuple) or any(can(permission) for permission in requirement)


def answers_get(address: str) -> bool:
    """Whether a browser may ask for an address of this site: there is a page, not only a place to send something to."""
    path = urlsplit(address).path.removeprefix(request.script_root)
    try:
        current_app.url_map.bind_to_environ(request.environ).match(path, method="GET")
    except HTTPException:
        return False
    return True


def same_site_path(address: str | None, host_url: str) -> str | None:
    """Path and query of `address` when it is one of ours (as in a Referer), else None."""
    if not address or not address.startswith(host_url):
        return None
    return safe_target("/" + address.removeprefix(host_url).partition("#")[0])


def safe_target(target: str | None) -> str | None:
    """`target` when it is a path of this site to which a browser may be sent, else None.

    Browsers read //host, /\\host and /<tab>/host as other hosts; anything of that kind is refused, not repaired.
    """
    if not target or len(target) > _LONGEST_TARGET or not target.startswith("/"):
        return None
    if target.startswith("//") or "\\" in target or any(ord(sign) <= 32 or ord(sign) == 127 for sign in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def current_actor() -> Actor:
    """The signed-in person as services know them. Only to be called where a guard let somebody in."""
    actor: Actor = current_user.actor(via="web", address=request.remote_addr)
    return actor
