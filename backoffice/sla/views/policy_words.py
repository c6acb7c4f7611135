"""What a change of a policy means for what is open now, in sentences for whoever is about to make it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from flask_babel import gettext, ngettext

from backoffice.policies.rules import FROM_TOMORROW, PolicyKey
from backoffice.policies.services.changing import Plan
from backoffice.sla.services.effects import Effects
from backoffice.sla.services.escalation import MANAGERS, REVIEWERS
from backoffice.sla.views.policy_forms import EDITORS
from backoffice.web import formatting


def sentences(plan: Plan, effects: Effects, today: date, *, waits: bool) -> list[str]:
    """What changes for whom and what stays, then how it comes to hold and until when it can be taken back.

    `waits`: a second person has still to confirm it.
    """
    found = _OF.get(plan.key)
    return [*(found(plan, effects) if found else ()), *_how(plan, today, waits)]


def _day(on: date) -> str:
    return formatting.day(on).striptags()


def _promise(plan: Plan, effects: Effects) -> Iterator[str]:
    yield ngettext(
        "%(num)d open request keeps its promised day: it was promised at the application and never moves earlier.",
        "%(num)d open requests keep their promised day: it was promised at the application and never moves earlier.",
        effects.open,
    )
    yield gettext("Whoever applies from %(day)s on is promised a day by the new value.", day=_day(plan.starts_on))
    if (example := effects.example) is not None:
        at, after = formatting.instant(example.at).striptags(), _day(example.after)
        if example.before == example.after:
            yield gettext("An application of %(at)s is due on %(after)s with either.", at=at, after=after)
        else:
            yield gettext(
                "An application of %(at)s is due on %(after)s; by the present value it would be %(before)s.",
                at=at, after=after, before=_day(example.before),
            )  # fmt: skip
        if example.provisional:
            yield gettext(
                "Provisional: the official holidays of %(years)s are not announced. The day may still move to a later"
                " one, never to an earlier one.", years=", ".join(map(str, example.provisional)),
            )  # fmt: skip


def _threshold(plan: Plan, effects: Effects) -> Iterator[str]:
    yield ngettext(
        "%(num)d pending request needs a second person then, as things stand now, that one can approve today.",
        "%(num)d pending requests need a second person then, as things stand now, that one can approve today.",
        effects.more,
    )
    yield ngettext(
        "%(num)d pending request needs a second person no longer.",
        "%(num)d pending requests need a second person no longer.",
        effects.fewer,
    )
    yield gettext(
        "Looked at were the most urgent ones, %(count)s of them. Whoever has a first approval keeps it and still needs"
        " the second; what is approved stays so.", count=effects.looked_at,
    )  # fmt: skip


def _minimum(plan: Plan, effects: Effects) -> Iterator[str]:
    if effects.fewer:
        yield ngettext(
            "%(num)d unfinished application is too small today and can be submitted then.",
            "%(num)d unfinished applications are too small today and can be submitted then.",
            effects.fewer,
        )
    else:
        yield ngettext(
            "%(num)d unfinished application is below it: its writer is told at Submit.",
            "%(num)d unfinished applications are below it: their writers are told at Submit.",
            effects.more,
        )
    yield ngettext(
        "%(num)d open request stays as it is, whatever its amount.",
        "%(num)d open requests stay as they are, whatever their amounts.",
        effects.open,
    )


def _escalation(plan: Plan, effects: Effects) -> Iterator[str]:
    reviewers, managers = (effects.told.get(step, 0) for step in (REVIEWERS, MANAGERS))
    yield gettext(
        "As things stand now, reviewers are told at once of so many requests more: %(reviewers)s; managers of so many:"
        " %(managers)s. Nobody is told of the same request and promised day twice.",
        reviewers=reviewers, managers=managers,
    )  # fmt: skip


def _tax(plan: Plan, effects: Effects) -> Iterator[str]:
    words, day = EDITORS[PolicyKey.TAX].words, _day(plan.starts_on)
    yield gettext("What is recharged from %(day)s on is invoiced like this: %(tax)s.", day=day, tax=words(plan.value))
    yield gettext(
        "What was recharged before keeps its tax, also where it is invoiced later: %(tax)s.", tax=words(plan.before)
    )
    yield ngettext(
        "%(num)d open request keeps the tax of the recharges that pay for it, and issued invoices never change.",
        "%(num)d open requests keep the tax of the recharges that pay for them, and issued invoices never change.",
        effects.open,
    )
    if plan.value["kind"] != "rate":
        yield gettext("With money recharged from then on nobody can apply for VAT special.")


def _steps(plan: Plan, effects: Effects) -> Iterator[str]:
    yield gettext(
        "Requests submitted from %(day)s on are measured against these hours; those submitted before keep the targets"
        " of their day.", day=_day(plan.starts_on),
    )  # fmt: skip


def _target(plan: Plan, effects: Effects) -> Iterator[str]:
    yield gettext(
        "The service level compares every period with the target of the day on which one looks, past ones too."
    )


def _seller(plan: Plan, effects: Effects) -> Iterator[str]:
    yield gettext(
        "Invoices that are issued from %(day)s on name this seller; what is issued stays. Each field that changes"
        " stands on the page Seller.",
        day=_day(plan.starts_on),
    )


def _how(plan: Plan, today: date, waits: bool) -> Iterator[str]:
    if waits:
        yield (
            gettext("Another administrator has to confirm it: it holds from that day, or from the day after the"
                    " confirmation if that is later.")
            if plan.key in FROM_TOMORROW
            else gettext("Another administrator has to confirm it: it holds from that day, or from the day of the"
                         " confirmation if that is later.")
        )  # fmt: skip
    elif plan.starts_on > today:
        last = _day(plan.starts_on - timedelta(days=1))
        yield gettext("It can be taken back until the end of %(day)s.", day=last)
    else:
        yield gettext("It holds at once and cannot be taken back; another value can follow from any day on.")


_OF: Mapping[PolicyKey, Callable[[Plan, Effects], Iterator[str]]] = {
    PolicyKey.SLA_BUSINESS_DAYS: _promise,
    PolicyKey.CUT_OFF_HOUR: _promise,
    PolicyKey.FOUR_EYES_THRESHOLD: _threshold,
    PolicyKey.MINIMUM_AMOUNT: _minimum,
    PolicyKey.ESCALATION: _escalation,
    PolicyKey.TAX: _tax,
    PolicyKey.ON_TIME_TARGET: _target,
    PolicyKey.STEP_TARGETS: _steps,
    PolicyKey.SELLER: _seller,
}
