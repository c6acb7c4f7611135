"""The seller that invoices name, with a look at its Chinese tax ID as at those of buyers (design/domain.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.errors import N_, Invalid, Message
from backoffice.headers.rules import TaxIdOutcome, TaxIdResult, check_tax_id, did_you_mean, is_country
from backoffice.issuing.rules import HOME_COUNTRY
from backoffice.permissions import Actor
from backoffice.policies.models import Policy
from backoffice.policies.rules import COUNTRY
from backoffice.policies.services import selling
from backoffice.policies.services.changing import Plan


def plan(actor: Actor, seller: Mapping[str, str], **given: Any) -> tuple[Plan, list[Message]]:
    """What another `seller` on invoices would change, as `policies.services.selling.plan_seller` says with what else is
    `given`, and what is to be looked at: the check digit of a tax ID that does not fit.

    Raises what that raises, and Invalid: `country` for a code of none, which no electronic invoice may state (EN 16931,
    BT-40), and `tax_id` for one of the wrong length or alphabet, which every invoice would bear for good.
    """
    found = _looked_at(seller)
    planned = selling.plan_seller(actor, seller, **given)
    if found is None or found.outcome is not TaxIdOutcome.WRONG_CHECK_DIGIT:
        return planned, []
    return planned, [found.message, *did_you_mean(found)]


def set_seller(actor: Actor, seller: Mapping[str, str], **given: Any) -> Policy:
    """Let `seller` stand on invoices, as `policies.services.selling.set_seller` says with what else is `given`.

    Raises what that and `plan` raise.
    """
    _looked_at(seller)
    return selling.set_seller(actor, seller, **given)


def _looked_at(seller: Mapping[str, str]) -> TaxIdResult | None:
    typed, country = seller.get("tax_id", "").strip(), seller.get("country", "").strip().upper()
    if COUNTRY.fullmatch(country) and not is_country(country):
        told = N_("%(code)s is the code of no country (ISO 3166-1). Electronic invoices would be refused for it.")
        raise Invalid({"country": [Message(told, code=country)]})
    found = check_tax_id(typed) if typed and country in ("", HOME_COUNTRY) else None
    if found is not None and found.outcome is TaxIdOutcome.WRONG_FORM:
        raise Invalid({"tax_id": [found.message, *did_you_mean(found)]})
    return found
