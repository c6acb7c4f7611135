"""How the value of each policy is typed and told: one line of `EDITORS` for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Optional

from backoffice.policies.rules import LONGEST_REASON, PolicyKey
from backoffice.sla import labels
from backoffice.web.formatting import amount
from backoffice.web.forms import AmountField, DateField, Required, TextAreaField, TypedField, choices
from backoffice.web.kept_forms import KeptForm

TAX_KINDS = {
    "rate": _l("Taxed at a rate"),
    "zero": _l("Zero rate"),
    "exempt": _l("Exempt"),
    "not_taxable": _l("Not taxable"),
    "reverse_charge": _l("Reverse charge"),
}
_NOTHING_TYPED = Optional()


class WholeField(TypedField):
    """A whole number between two others, both included."""

    def __init__(self, label: Any, low: int, high: int, *, needed: bool = True, **options: Any) -> None:
        self.low, self.high = low, high
        keyboard = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(label, [Required() if needed else _NOTHING_TYPED], render_kw=keyboard, **options)

    def parse(self, text: str) -> int:
        """Read it. Raises ValueError with a translated sentence."""
        typed = text.strip()
        if typed.isascii() and typed.isdigit() and len(typed) <= 6 and self.low <= int(typed) <= self.high:
            return int(typed)
        raise ValueError(gettext("Enter a whole number from %(low)s to %(high)s.", low=self.low, high=self.high))


class PercentField(TypedField):
    """A share, typed in per cent; its value is a `Decimal` of one."""

    def parse(self, text: str) -> Decimal:
        """Read it with up to four places. Raises ValueError with a translated sentence."""
        try:
            found = Decimal(text.strip().removesuffix("%").strip())
            if found.is_finite() and found == round(found, 4) and 0 <= found < 100:
                return found / 100
        except InvalidOperation:
            pass
        raise ValueError(gettext("Enter a number of per cent, for example 6 or 0.5."))

    def written(self, value: Decimal) -> str:
        """Without zeros that say nothing."""
        return f"{(value * 100).normalize():f}"


@dataclass(frozen=True, slots=True)
class Editor:
    """A policy on its page: its form's `fields`, from a value to what they show and back, and the value in words."""

    means: Any
    fields: Mapping[str, Callable[[], Any]]
    shown: Callable[[Any], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any]], Any]
    words: Callable[[Any], str]
    hints: Mapping[str, Any]


def _one(
    means: Any,
    field: Callable[[], Any],
    words: Callable[[Any], str],
    *,
    hint: Any = None,
    shown: Callable[[Any], Any] = lambda value: value,
    read: Callable[[Any], Any] = lambda typed: typed,
) -> Editor:
    """A value that is typed into one field."""
    return Editor(
        means, {"value": field}, lambda value: {"value": shown(value)}, lambda typed: read(typed["value"]), words,
        {"value": hint},
    )  # fmt: skip


def numbers(
    means: Any, labels: Mapping[str, Any], low: int, high: int, told: Callable[[int], str], hint: Any
) -> Editor:
    """A value of several whole numbers, each under its name; one that is left empty is None."""

    def words(value: Any) -> str:
        parts = (
            gettext(
                "%(what)s: %(value)s", what=label, value=gettext("none") if value[name] is None else told(value[name])
            )
            for name, label in labels.items()
        )
        return " · ".join(parts)

    fields: dict[str, Callable[[], Any]] = {
        name: lambda label=label: WholeField(label, low, high, needed=False)  # type: ignore[misc]
        for name, label in labels.items()
    }
    return Editor(
        means, fields, dict, lambda typed: {name: typed[name] for name in labels}, words, dict.fromkeys(labels, hint)
    )


def _hour(hour: int | None) -> str:
    return gettext("None: the day ends at midnight") if hour is None else f"{hour:02d}:00"


def _threshold(value: str | None) -> str:
    return gettext("None: one person is enough for any amount") if value is None else amount(value)


def _money(typed: Decimal | None) -> str | None:
    return None if typed is None else f"{typed:.2f}"


def _tax_shown(tax: Mapping[str, str]) -> dict[str, Any]:
    rate = Decimal(tax["rate"]) if tax["kind"] == "rate" else None
    return {"kind": tax["kind"], "rate": rate, "reason_of_tax": tax.get("reason", ""), "code": tax.get("code", "")}


def _tax_read(typed: Mapping[str, Any]) -> dict[str, str]:
    rate = typed["rate"] or Decimal(0)
    tax = {"kind": typed["kind"], "rate": f"{rate.normalize():f}"}
    reason, code = (typed["reason_of_tax"] or "").strip(), (typed["code"] or "").strip().upper()
    return {**tax, **({"reason": reason} if reason else {}), **({"code": code} if code else {})}


def _tax_words(tax: Mapping[str, str]) -> str:
    if tax["kind"] == "rate":
        return _per_cent(Decimal(tax["rate"]) * 100)
    return " · ".join(filter(None, (str(TAX_KINDS[tax["kind"]]), tax.get("reason"), tax.get("code"))))


def _per_cent(value: Decimal | int) -> str:
    return f"{Decimal(value).normalize():f}%"


def _hours() -> Any:
    kept = [("", _l("None")), *((str(hour), f"{hour:02d}:00") for hour in range(1, 24))]
    return SelectField(_l("Hour"), choices=choices(kept))


EDITORS: Mapping[PolicyKey, Editor] = {
    PolicyKey.SLA_BUSINESS_DAYS: _one(
        _l("How many business days after its application a request is due at the latest."),
        lambda: WholeField(_l("Business days"), 1, 60),
        lambda days: ngettext("%(num)d business day", "%(num)d business days", days),
        hint=_l("From 1 to 60."),
    ),
    PolicyKey.CUT_OFF_HOUR: _one(
        _l("From which hour on an application counts as made on the next day."),
        _hours,
        _hour,
        shown=lambda hour: "" if hour is None else str(hour),
        read=lambda typed: int(typed) if typed else None,
    ),
    PolicyKey.MINIMUM_AMOUNT: _one(
        _l("The smallest amount that a customer can apply for."),
        lambda: AmountField(_l("Amount"), [Required()]),
        amount,
        shown=Decimal,
        read=_money,
    ),
    PolicyKey.ON_TIME_TARGET: _one(
        _l("How many of a hundred promises are to be kept. The service level compares with it."),
        lambda: WholeField(_l("Per cent"), 1, 100),
        _per_cent,
        hint=_l("From 1 to 100."),
    ),
    PolicyKey.STEP_TARGETS: numbers(
        _l("Within how many business hours each step is to be done. The service level compares with it."),
        labels.steps,
        1,
        1440,
        lambda hours: ngettext("%(num)d business hour", "%(num)d business hours", hours),
        _l("Business hours, from 1 to 1440; a business day has 24. Empty: no target."),
    ),
    PolicyKey.FOUR_EYES_THRESHOLD: _one(
        _l("From which amount on, alone or with the account's of the week before and after it, two people approve."),
        lambda: AmountField(_l("Amount"), [_NOTHING_TYPED]),
        _threshold,
        hint=_l("Empty: one person is enough for any amount."),
        shown=lambda value: None if value is None else Decimal(value),
        read=_money,
    ),
    PolicyKey.ESCALATION: numbers(
        _l("How much of its promised time, in per cent, a request has used up when it is told of."),
        {"reviewers": _l("To reviewers"), "managers": _l("To managers")},
        1,
        99,
        _per_cent,
        _l("Per cent, from 1 to 99. Empty: nobody is told."),
    ),
    PolicyKey.TAX: Editor(
        _l("How a recharge is taxed, by the day on which it came in. It stands on each line of an invoice."),
        {
            "kind": lambda: SelectField(_l("Kind"), choices=choices(TAX_KINDS.items())),
            "rate": lambda: PercentField(_l("Rate in per cent"), [_NOTHING_TYPED]),
            "reason_of_tax": lambda: StringField(
                _l("Ground on the invoice"), default="", render_kw={"maxlength": LONGEST_REASON}
            ),
            "code": lambda: StringField(_l("Code of the exemption"), default="", render_kw={"maxlength": 40}),
        },
        _tax_shown,
        _tax_read,
        _tax_words,
        {
            "rate": _l("Only where it is taxed at a rate."),
            "reason_of_tax": _l("What exempts; where it is not taxable or a reverse charge, if there is one."),
            "code": _l("Of the list VATEX, only for an exemption; electronic invoices state it."),
        },
    ),
    PolicyKey.SELLER: Editor(
        _l("Who issues the invoices, from which day on."),
        {},
        lambda seller: {},
        lambda typed: {},
        lambda seller: " · ".join(filter(None, (seller["name"], seller["tax_id"]))),
        {},
    ),
}  # fmt: skip


@cache
def form_of(key: PolicyKey) -> type[KeptForm]:
    """The form of a policy: its value, from which day on, why; and what its author has looked at."""
    fields = {name: make() for name, make in EDITORS[key].fields.items()}
    rest = {
        "starts_on": DateField(_l("From"), validators=[Required()]),
        "reason": TextAreaField(_l("Reason"), default="", render_kw={"maxlength": 500}),
        "acts": HiddenField(default=""),
        "token": HiddenField(default=""),
        "seen": HiddenField(default=""),
    }
    made: type[KeptForm] = type("PolicyForm", (KeptForm,), {"needed": ("starts_on", "reason"), **fields, **rest})
    return made


class EndForm(KeptForm):
    """Why a change is taken back or turned down. The rules are `policies.services.changing`'s."""

    needed = ("reason",)

    reason = TextAreaField(_l("Reason"), id="end-reason", default="", render_kw={"maxlength": 500})
