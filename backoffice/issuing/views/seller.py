"""The seller on the invoices: who it is from which day on, edited with the face of an invoice beside the form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid, Message
from backoffice.extensions import limiter
from backoffice.issuing import snapshots
from backoffice.issuing.forms import SELLER_LABELS, SellerForm
from backoffice.issuing.rules import SELLER_FIELDS, Snapshot
from backoffice.issuing.services import sellers
from backoffice.issuing.services.logos import LARGEST_BYTES
from backoffice.issuing.views import logos
from backoffice.issuing.views.verify import blueprint
from backoffice.permissions import Permission
from backoffice.policies import queries
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import FIRST_VALUE, changing, selling
from backoffice.policies.services.changing import Plan
from backoffice.requests import queries as requests
from backoffice.web import asides, kept_forms, limits
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed

_INVALID, _CONFLICT = 422, 409
# A pause in typing asks for one.
PREVIEWS = "120 per minute"


@blueprint.route("/admin/seller", methods=["GET", "POST"])
@guard(Permission.ADMINISTER, rescue=keep_typed)
def seller() -> Any:
    """Who issues invoices now, from which day on somebody else does, and all that was said before."""
    if request.method != "POST":
        form = kept_forms.begin(SellerForm, _began())
        return _page(form, logos.meant(form)[0])
    form = SellerForm()
    if asides.is_asked():
        return kept_forms.step_aside(None, lambda: _page(form, logos.meant(form)[0]))
    fits = "preview" in request.form or form.validate()
    logo, refusal = logos.meant(form)
    if logos.say(form, refusal) or not fits:
        return _page(form, logo), _INVALID
    if "preview" in request.form:
        return _page(form, logo)
    try:
        if form.seen.data == form.signature(logo):
            return _saved(form, logo)
        changing.refuse_changed(PolicyKey.SELLER, _seen_acts(form))
        _plan(form, logo)
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _page(form, logo), _INVALID
    except Conflict as refusal:
        # Below the form stands what the colleague did: sent again, it rests on that.
        flash(translate(refusal.message), "warning")
        form.acts.data = str(queries.acts(PolicyKey.SELLER))
        return _page(form, logo), _CONFLICT
    flash(gettext("Above the button stands what this changes. Look at it, then save."), "warning")
    return _page(form, logo)


def _saved(form: SellerForm, logo: str) -> Any:
    with transaction():
        sellers.set_seller(
            current_actor(),
            form.seller(),
            logo=logo,
            starts_on=form.starts_on.data,
            reason=form.reason.data or "",
            now=clock.now(),
            acts=_seen_acts(form),
        )
    flash(gettext("The seller is saved. Invoices that were issued stay as they are."), "success")
    return kept_forms.done(redirect(url_for("issuing.seller"), 303))


@blueprint.post("/admin/seller/preview")
@guard(Permission.ADMINISTER)
@limiter.limit(PREVIEWS, key_func=limits.who_asks)
def preview_seller() -> str:
    """What the form, as it is now, changes, and the face of an invoice by it: scripts put both into the page while
    somebody types."""
    form = SellerForm()
    return render_template("issuing/seller_parts.html", **_told(form, logos.meant(form)[0]))


def _page(form: SellerForm, logo: str) -> str:
    today = clock.today()
    history = queries.history(PolicyKey.SELLER)
    return render_template(
        "issuing/seller.html",
        fields=SELLER_FIELDS,
        kept_logo=logos.kept(form),
        largest_logo=LARGEST_BYTES,
        history=[(row, _changed(row.value, before.value if before else {})) for row, before in history],
        in_force=queries.row_in_force(PolicyKey.SELLER, today),
        today=today,
        first_value=FIRST_VALUE,
        **_told(form, logo),
    )


def _told(form: SellerForm, logo: str) -> dict[str, Any]:
    """What is shown of a form before it is saved; what the page has told the effect of is what may be saved."""
    plan, doubts = None, list[Message]()
    if form.starts_on.data is not None:
        with suppress(Invalid):
            plan, doubts = _plan(form, logo)
    form.seen.data = form.signature(logo) if plan else ""
    before = selling.with_country(plan.before) if plan else {}
    replaced = selling.with_country(plan.replaces.value) if plan and plan.replaces else None
    return {
        "form": form,
        "labels": SELLER_LABELS,
        "plan": plan,
        "before": before,
        "changed": _changed(plan.value, before) if plan else [],
        "replaced": replaced,
        "given_up": _changed(replaced, plan.value) if plan and replaced else [],
        "doubts": [translate(doubt) for doubt in doubts],
        "open_requests": requests.open_count(),
        "draft": _face(form.seller(), logo),
    }


def _plan(form: SellerForm, logo: str) -> tuple[Plan, list[Message]]:
    return sellers.plan(current_actor(), form.seller(), logo=logo, starts_on=form.starts_on.data, now=clock.now())


def _seen_acts(form: SellerForm) -> int:
    return whole_number(form.acts.data) or 0


def _began() -> dict[str, Any]:
    """What holds today, to be changed from today on: a form in which nothing is changed changes nothing."""
    today = clock.today()
    held: Mapping[str, str] = queries.value(PolicyKey.SELLER, today)
    values = {name: held.get(name, "") for name in SELLER_FIELDS}
    acts = str(queries.acts(PolicyKey.SELLER))
    return {**values, "kept_logo": logos.signed(held.get("logo", "")), "starts_on": today, "acts": acts}


def _face(seller: Mapping[str, str], logo: str) -> Snapshot:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return snapshots.specimen({**seller, "logo": logo}, currency=settings.currency, now=clock.now())


def _changed(value: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """The fields that say something else than the version before."""
    return [name for name in (*SELLER_FIELDS, "logo") if value.get(name, "") != before.get(name, "")]
