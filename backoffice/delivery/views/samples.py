"""Every mail as it looks with believable values, in both languages, and a test of it to oneself."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, render_template, url_for
from flask_babel import get_locale, gettext, lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.delivery import queries, rules, samples, services
from backoffice.delivery.messages import Rendered, render
from backoffice.delivery.rules import TEST
from backoffice.delivery.views.plumbing import as_in_a_mail_program, blueprint
from backoffice.errors import NotFound
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.web import limits
from backoffice.web.guards import guard

# Enough to look at every mail in every program one has, too few to fill a box.
TESTS = "20 per hour"
# When each mail goes out, and to whom.
OCCASIONS = {
    "submitted": lazy_gettext("To the receiving address, when an application arrives"),
    "rejected": lazy_gettext("To the receiving address, when a request is rejected"),
    "information_wanted": lazy_gettext("To the receiving address, when a reviewer asks the customer"),
    "information_reminder": lazy_gettext("To the receiving address, on the third business day without an answer"),
    "approved": lazy_gettext("To the receiving address, when an approved request waits 15 minutes for its invoice"),
    "issued": lazy_gettext("To the receiving address and its copies, when the invoice is issued, with the PDF"),
    "credited": lazy_gettext("To the receiving address and its copies, when a credit note is issued, with the PDF"),
    "correction_declined": lazy_gettext("To the receiving address, when finance declines a correction"),
    "flagged": lazy_gettext("To every manager, when requests become overdue"),
    "due_soon": lazy_gettext("To whoever works on them, or to every reviewer, and later to every manager"),
    "weekly_report": lazy_gettext("To every manager who wants it, on the first business day of the week, with the PDF"),
    "audit_head": lazy_gettext("To every auditor, once on each day on which something was sealed"),
    "security_notice": lazy_gettext("To a person whose password was changed"),
}
_MAY_TEST = (Permission.DECIDE, Permission.ADMINISTER)


@blueprint.get("/mails")
@guard(Permission.SEE_BOOKS)
def mails() -> str:
    """Every mail there is, by its subject and occasion."""
    locale = rules.known_locale(str(get_locale()))
    found = [(name, _sample(name, locale).subject, occasion) for name, occasion in OCCASIONS.items()]
    return render_template("delivery/samples.html", mails=found, lang=locale)


@blueprint.get("/mails/<name>/<locale>")
@guard(Permission.SEE_BOOKS)
def sample(name: str, locale: str) -> str:
    """One mail in one language: subject and text, the way to its HTML, and what became of the last test."""
    shown = _sample(name, locale)
    return render_template(
        "delivery/sample.html",
        name=name,
        locale=locale,
        locales=rules.LOCALES,
        mail=shown,
        occasion=OCCASIONS[name],
        may_test=any(current_user.can(permission) for permission in _MAY_TEST),
        last=queries.latest(TEST, current_user.id, name),
    )


@blueprint.get("/mails/<name>/<locale>/html")
@guard(Permission.SEE_BOOKS)
def sample_html(name: str, locale: str) -> Response:
    """Its HTML part as a mail program shows it."""
    return as_in_a_mail_program(_sample(name, locale).html)


@blueprint.post("/mails/<name>/<locale>/test")
@guard(*_MAY_TEST)
@limiter.limit(TESTS, key_func=limits.who_asks)
def send_test(name: str, locale: str) -> Any:
    """Mail it to whoever asks, and to nobody else; it says that it is a test, and brings no document."""
    values = {**_values(name, locale), "is_test": True}
    with transaction():
        about = (TEST, current_user.id)
        services.queue(name, current_user.email, locale, values, at=clock.now(), about=about)
    flash(gettext("A test is on its way to %(address)s.", address=current_user.email), "success")
    return redirect(url_for("messages.sample", name=name, locale=locale), 303)


def _sample(name: str, locale: str) -> Rendered:
    return render(name, locale, _values(name, locale))


def _values(name: str, locale: str) -> dict[str, Any]:
    if name not in OCCASIONS or locale not in rules.LOCALES:
        raise NotFound
    values = samples.context(locale)
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    linked = name in rules.LINKED and settings.mail_link_days > 0
    return samples.with_link(values, settings.external_url) if linked else values
