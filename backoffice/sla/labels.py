"""Words of the managers' page for coded values."""

from __future__ import annotations

from itertools import pairwise

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from backoffice.headers.rules import HeaderKind
from backoffice.requests.rules import REASON_LABELS, STATE_LABELS
from backoffice.sla import rules
from backoffice.web.formatting import MISSING, amount

kinds = {
    HeaderKind.ENTERPRISE.value: _l("Enterprise"),
    HeaderKind.PERSONAL.value: _l("Personal"),
    HeaderKind.PUBLIC_BODY.value: _l("Public body or other"),
}
reasons = {reason.value: _l(label) for reason, label in REASON_LABELS.items()}
states = {state.value: _l(label) for state, label in STATE_LABELS.items()}
verdicts = {"met": _l("Kept"), "missed": _l("Missed"), "uncounted": _l("Not counted")}
steps = {
    rules.Step.FIRST_LOOK.value: _l("First look"),
    rules.Step.DECISION.value: _l("Decision"),
    rules.Step.ISSUE.value: _l("Issue"),
    rules.Step.DELIVERY.value: _l("Delivery by mail"),
}


def bands() -> dict[str, str]:
    """The amount bands in words."""
    starts = [*rules.BANDS]
    words = [gettext("Under %(amount)s", amount=amount(starts[1]))]
    words += [
        gettext("%(least)s to under %(most)s", least=amount(low), most=amount(high))
        for low, high in pairwise(starts[1:])
    ]
    words.append(gettext("%(amount)s and more", amount=amount(starts[-1])))
    return {str(number): text for number, text in enumerate(words)}


def hours(number: float | None) -> str:
    """Business hours of a step: short ones to the minute, a dash for none."""
    return str(MISSING) if number is None else f"{number:.2f}" if number < 10 else f"{number:.1f}"
