"""The desk: the queue, one request with its evidence, the two verdicts; open work, accounts' books, reconciliation."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.review import labels
from backoffice.review.queries import views
from backoffice.review.views import (  # noqa: F401  their routes register themselves
    accounts,
    acts,
    audit_pack,
    books,
    bulk,
    bulk_offer,
    credits,
    decisions,
    due,
    entries,
    evidence,
    issuing,
    letter,
    mail,
    month_pack,
    month_register,
    numbering,
    official,
    queue,
    queue_files,
    registers,
    reissues,
    remembered,
    request,
    saved_views,
    together,
    work,
)
from backoffice.review.views.plumbing import blueprint as blueprint
from backoffice.web.metrics import register_gauge
from backoffice.web.navigation import NavItem, register, register_own


def init(app: Flask) -> None:
    """Add the queue, with the number of requests that wait, to the navigation of `app`."""
    app.jinja_env.globals["calendar_in_force"] = queue.calendar_in_force
    register(
        app,
        NavItem(
            "review.queue",
            lazy_gettext("Review queue"),
            "inbox",
            Permission.SEE_QUEUE,
            count=lambda: queue.waiting().views[views.PENDING],
            order=10,
        ),
        *(
            NavItem(
                "review.queue",
                labels.views[code],
                icon,
                Permission.SEE_QUEUE,
                count=lambda code=code: queue.waiting().views[code],  # type: ignore[misc]
                args={"view": code},
                order=order,
            )
            for code, icon, order in ((views.MINE, "user-check", 12), (views.OVERDUE, "clock-alert", 14))
        ),
        NavItem(
            "review.work",
            lazy_gettext("Open work"),
            "list-todo",
            Permission.SEE_BOOKS,
            count=lambda: queue.waiting().work,
            order=20,
        ),
        NavItem("review.accounts", lazy_gettext("Account books"), "wallet", Permission.SEE_BOOKS, order=35),
        NavItem("review.books", lazy_gettext("Reconciliation"), "scale", Permission.SEE_BOOKS, order=40),
    )
    register_own(app, Permission.SEE_QUEUE, saved_views.in_navigation)
    bulk_offer.init(app)
    remembered.init(app)
    register_gauge("backoffice_open_requests", "Invoice requests that are pending or approved", requests.open_count)
