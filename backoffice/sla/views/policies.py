"""Policies: what holds, what is due to change, and changes that show what they do before they are saved."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.accounts import queries as accounts
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid, NotFound
from backoffice.permissions import SYSTEM, Permission, Role
from backoffice.policies import queries, rules
from backoffice.policies.rules import NAMES, SECOND_PERSON, PolicyKey, PolicyState
from backoffice.policies.services import FIRST_VALUE, changing
from backoffice.policies.services.changing import Plan
from backoffice.sla.services import effects
from backoffice.sla.views.plumbing import blueprint
from backoffice.sla.views.policy_forms import EDITORS, form_of
from backoffice.sla.views.policy_words import sentences
from backoffice.web import asides, kept_forms
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, form_token, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import KeptForm, keep_typed
from backoffice.web.navigation import NavItem, register

_INVALID, _CONFLICT = 422, 409
STATES = {
    PolicyState.PROPOSED.value: lazy_gettext("Proposed"),
    PolicyState.DECLINED.value: lazy_gettext("Turned down"),
    PolicyState.WITHDRAWN.value: lazy_gettext("Taken back"),
}


def init(app: Flask) -> None:
    """Add the page to the navigation of `app`, for those who change policies and those who watch them."""
    for permission in (Permission.ADMINISTER, Permission.SEE_AUDIT):
        register(app, NavItem("sla.policies", lazy_gettext("Policies"), "sliders-horizontal", permission, order=32))


@blueprint.get("/admin/policies")
@guard(Permission.ADMINISTER, Permission.SEE_AUDIT)
def policies() -> str:
    """Every policy: what it means, what holds today and since when, and what is due to change."""
    return render_template("sla/policies.html", standing=queries.standing(clock.today()), **told())


@blueprint.get("/admin/policies/<policy_key>")
@guard(Permission.ADMINISTER, Permission.SEE_AUDIT)
def policy(policy_key: str) -> Any:
    """One policy with all that was ever said of it, and the administrator's form."""
    key = _key(policy_key)
    return _page(key, _begun(key))


@blueprint.post("/admin/policies/<policy_key>")
@guard(Permission.ADMINISTER, rescue=keep_typed)
def change_policy(policy_key: str) -> Any:
    """Show what a change does, or save it once its author has seen that."""
    key = _key(policy_key)
    if not EDITORS[key].fields:
        raise NotFound
    form = form_of(key)()
    if asides.is_asked():
        return kept_forms.step_aside(None, lambda: _page(key, form))
    if not form.validate():
        return _page(key, form), _INVALID
    value, day = EDITORS[key].read(form.data), form.starts_on.data
    seen = json.dumps([value, day.isoformat()], sort_keys=True)
    actor, now = current_actor(), clock.now()
    try:
        if "save" in request.form and form.seen.data == seen:
            return _saved(key, form, value)
        changing.refuse_changed(key, _seen_acts(form))
        plan = changing.plan(actor, key, value, starts_on=day, now=now)
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _page(key, form), _INVALID
    except Conflict as refusal:
        flash(translate(refusal.message), "warning")
        form.acts.data = str(queries.acts(key))
        return _page(key, form), _CONFLICT
    if "save" in request.form:
        flash(gettext("This is what the change does now. Look at it, then save."), "warning")
    form.seen.data = seen
    return _page(key, form, plan)


def _saved(key: PolicyKey, form: KeptForm, value: Any) -> Any:
    """Keep a change that its author has looked at; sent twice it is one."""
    with transaction():
        row = changing.change(
            current_actor(),
            key,
            value,
            starts_on=form.starts_on.data,
            reason=form.reason.data or "",
            now=clock.now(),
            acts=_seen_acts(form),
            token=form_token(form.token.data),
        )
        is_proposed = row.is_proposed
    said = (
        gettext("Your proposal waits for another administrator. Nothing has changed yet.")
        if is_proposed
        else gettext("The change is saved.")
    )
    flash(said, "success")
    return kept_forms.done(redirect(url_for("sla.policy", policy_key=key), 303))


def _seen_acts(form: KeptForm) -> int:
    return whole_number(form.acts.data) or 0


def _key(policy_key: str) -> PolicyKey:
    try:
        return PolicyKey(policy_key)
    except ValueError:
        raise NotFound from None


def _begun(key: PolicyKey) -> KeptForm:
    """What holds on the first possible day, to be changed from then on."""
    day = rules.earliest(key, clock.today())
    values = {"acts": str(queries.acts(key)), "token": form_token(None), "starts_on": day}
    return kept_forms.begin(form_of(key), {**EDITORS[key].shown(queries.value(key, day)), **values})


def _page(key: PolicyKey, form: KeptForm, plan: Plan | None = None) -> str:
    standing = next(one for one in queries.standing(clock.today()) if one.key == key)
    course = queries.course(key)
    return render_template(
        "sla/policy.html",
        form=form,
        plan=plan,
        sentences=said_of(plan, waits=plan.needs_second) if plan else [],
        one=standing,
        course=course,
        never=queries.replaced(course),
        first_day=rules.earliest(key, clock.today()),
        nobody_else=_is_alone(key),
        **told(),
    )


def said_of(plan: Plan, *, waits: bool) -> list[str]:
    """What a change means for what is open now, in sentences; `waits`: somebody has still to confirm it."""
    return sentences(plan, effects.of(plan, now=clock.now()), clock.today(), waits=waits)


def _is_alone(key: PolicyKey) -> bool:
    """Whether a proposal would wait in vain: there is no other administrator."""
    return key in SECOND_PERSON and len(accounts.active_people(Role.ADMINISTRATOR)) < 2


def told() -> dict[str, Any]:
    """What the pages of policies say in the reader's language, and who reads them."""
    return {
        "today": clock.today(),
        "name_of": lambda key: translate(NAMES[PolicyKey(key)]),
        "means": lambda key: EDITORS[key].means,
        "words": lambda row_or_key, value: EDITORS[PolicyKey(row_or_key)].words(value),
        "named": lambda key, value: gettext("%(what)s: %(value)s", what=translate(NAMES[PolicyKey(key)]), value=value),
        "who": lambda row: gettext("Automatic") if row.set_by == SYSTEM.label else row.set_by,
        "editor_of": lambda key: EDITORS[PolicyKey(key)],
        "watched": SECOND_PERSON,
        "states": STATES,
        "first_value": FIRST_VALUE,
        "may_change": current_user.can(Permission.ADMINISTER),
    }
