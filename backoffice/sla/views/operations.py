"""Operations: whether a worker lives, and what each timed job did last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, render_template
from flask_babel import lazy_gettext

from backoffice import clock, scheduling
from backoffice.permissions import Permission
from backoffice.sla.views.plumbing import blueprint
from backoffice.web.guards import guard
from backoffice.web.navigation import NavItem, register

JOBS = {
    "issue": lazy_gettext("Issue what was approved"),
    "mail": lazy_gettext("Send mails"),
    "returned": lazy_gettext("Read mails that came back"),
    "import": lazy_gettext("Import files of the platform"),
    "bulk": lazy_gettext("Carry out decisions on many"),
    "holds": lazy_gettext("Follow questions to customers"),
    "approved": lazy_gettext("Tell customers whose invoice takes longer"),
    "calendar": lazy_gettext("Let promises follow the calendar"),
    "sweep": lazy_gettext("Flag overdue requests"),
    "escalate": lazy_gettext("Tell of requests due soon"),
    "figures": lazy_gettext("Fold the managers' figures"),
    "weekly": lazy_gettext("Mail the weekly report to managers"),
    "seal": lazy_gettext("Seal the audit log"),
    "tidy": lazy_gettext("Remove what nobody finished"),
    scheduling.HEARTBEAT: lazy_gettext("Sign of life"),
    scheduling.LEADING: lazy_gettext("Sign of life of the leader"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """A timed job as the page shows it; `run` is None before its first one."""

    label: Any
    seconds: int
    run: scheduling.JobRun | None
    late: bool


def init(app: Flask) -> None:
    """Add the page to the navigation of `app`."""
    item = NavItem("sla.operations", lazy_gettext("Operations"), "activity", Permission.SEE_OPERATIONS, order=90)
    register(app, item)


@blueprint.get("/admin/operations")
@guard(Permission.SEE_OPERATIONS)
def operations() -> str:
    """Every timed job: when it ran last, how long it took, how much it did, how it ended, when it runs next."""
    now = clock.now()
    runs = {run.name: run for run in scheduling.last_runs()}
    life = scheduling.life_by(runs, now)
    jobs = [
        Job(JOBS[name], seconds, runs.get(name), scheduling.is_late(name, runs.get(name), life))
        for name, seconds in scheduling.SECONDS.items()
    ]
    return render_template(
        "sla/operations.html",
        jobs=jobs,
        life=life,
        failed=scheduling.FAILED,
    )
