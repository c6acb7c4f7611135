"""One change of a policy: what it does, and whoever may confirm it, turns it down or takes it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid
from backoffice.permissions import Permission
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.policies.services import changing
from backoffice.sla.views.plumbing import blueprint
from backoffice.sla.views.policies import said_of, told
from backoffice.sla.views.policy_forms import EndForm
from backoffice.web import asides, kept_forms
from backoffice.web.errors import status_of, translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed

_INVALID = 422


@blueprint.get("/admin/policies/changes/<int:policy_id>")
@guard(Permission.ADMINISTER, Permission.SEE_AUDIT)
def policy_change(policy_id: int) -> Any:
    """A change with what it does, and what can be done about it."""
    return _page(policy_id)


@blueprint.post("/admin/policies/changes/<int:policy_id>/confirm")
@guard(Permission.ADMINISTER)
def confirm_policy(policy_id: int) -> Any:
    """Let what a colleague proposed hold."""
    said = gettext("The change is confirmed.")
    return _decide(policy_id, said, lambda: changing.confirm(current_actor(), policy_id, now=clock.now()))


@blueprint.post("/admin/policies/changes/<int:policy_id>/decline")
@guard(Permission.ADMINISTER, rescue=lambda: keep_typed(page=_back()))
def decline_policy(policy_id: int) -> Any:
    """Turn a colleague's proposal down, with a reason."""
    return _end(policy_id, gettext("The proposal is turned down. Nothing has changed."), changing.decline)


@blueprint.post("/admin/policies/changes/<int:policy_id>/take-back")
@guard(Permission.ADMINISTER, rescue=lambda: keep_typed(page=_back()))
def take_back_policy(policy_id: int) -> Any:
    """Take a change back before its day, or one's own proposal, with a reason."""
    row = queries.policy(policy_id)
    again = None if row.is_proposed else queries.replaced_by(row)
    said = gettext("The change is taken back. What holds goes on.")
    if again is not None:
        value = told()["words"](row.key, again.value)
        said = gettext("The change is taken back. What it replaced is due again: %(value)s.", value=value)
    return _end(policy_id, said, changing.take_back)


def _end(policy_id: int, said: str, verb: Callable[..., Policy]) -> Any:
    form = EndForm()
    if asides.is_asked():
        return kept_forms.step_aside({"reason": ""}, lambda: _page(policy_id, form=form), _address(policy_id))
    reason = form.reason.data or ""
    return _decide(policy_id, said, lambda: verb(current_actor(), policy_id, reason=reason, now=clock.now()), form)


def _decide(policy_id: int, said: str, verb: Callable[[], Policy], form: EndForm | None = None) -> Any:
    try:
        with transaction():
            key = verb().key
    except Invalid as refusal:
        if form is None:
            return _page(policy_id, _INVALID, refusal=refusal)
        apply_errors(form, refusal)
        return _page(policy_id, _INVALID, form=form)
    except (Conflict, Forbidden) as refusal:
        return _page(policy_id, status_of(refusal), refusal=refusal, form=form)
    flash(said, "success")
    return kept_forms.done(redirect(url_for("sla.policy", policy_key=key), 303), _address(policy_id))


def _page(
    policy_id: int, status: int = 200, *, refusal: BackofficeError | None = None, form: EndForm | None = None
) -> Any:
    row, actor = queries.policy(policy_id), current_actor()
    key, plan = PolicyKey(row.key), changing.standing(row, clock.now())
    is_own, may = row.set_by_id == actor.id, actor.can(Permission.ADMINISTER)
    may_take_back = row.is_planned(clock.today()) or (row.is_proposed and is_own)
    asides.shown_at(_address(policy_id))
    page = render_template(
        "sla/policy_change.html",
        row=row,
        key=key,
        plan=plan,
        before=None if plan else _before(row),
        never=queries.replaced(queries.course(key)),
        sentences=said_of(plan, waits=row.is_proposed) if plan else [],
        may_check=may and row.is_proposed and not is_own,
        may_take_back=may and may_take_back,
        form=form or kept_forms.begin(EndForm, {}),
        refusal=translate(refusal.reason) if refusal else None,
        **told(),
    )
    return page, status


def _before(row: Policy) -> Any:
    """What holds, or held, where the change does not."""
    key = PolicyKey(row.key)
    for one, before in queries.history(key):
        if one.id == row.id:
            return DEFAULTS[key] if before is None else before.value
    return queries.value(key, row.starts_on - timedelta(days=1))


def _address(policy_id: int) -> str:
    return url_for("sla.policy_change", policy_id=policy_id)


def _back() -> str:
    """The page of the change that a form was sent about."""
    return _address((request.view_args or {})["policy_id"])
