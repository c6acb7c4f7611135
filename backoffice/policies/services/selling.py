"""How administrators change who issues the invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from backoffice import clock, text
from backoffice.errors import N_, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import COUNTRY, HOME, SELLER_LIMITS, PolicyKey
from backoffice.policies.services import REASON_LIMIT, refuse_seller, set_policy
from backoffice.policies.services.changing import Plan, lock, planned, refuse_changed


def plan_seller(actor: Actor, typed: Mapping[str, str], *, logo: str = "", starts_on: date, now: datetime) -> Plan:
    """What it would change if invoices from `starts_on` on were issued by this seller, without doing it.

    `logo` is the hash of its picture in the store, empty for none.

    Raises Forbidden, and Invalid by field for whatever no invoice could carry, a day that is over, and what holds from
    that day on already.
    """
    if actor.id is None or not actor.can(Permission.ADMINISTER):
        raise Forbidden
    seller = {field: text.of_field(field, given, max_length=SELLER_LIMITS[field]) for field, given in typed.items()}
    seller["country"] = seller["country"].upper() or HOME
    if logo:
        seller["logo"] = logo
    if COUNTRY.fullmatch(seller["country"]) is None:
        raise Invalid({"country": [Message(N_("A country is a code of two letters."))]})
    refuse_seller(seller)
    if starts_on < clock.local_date(now, clock.zone()):
        told = Message(N_("This day is over: its invoices have their seller. Choose today or later."))
        raise Invalid({"starts_on": [told]})
    if with_country(queries.value(PolicyKey.SELLER, starts_on)) == seller:
        raise Invalid({"name": [Message(N_("Nothing is changed: this seller holds on that day already."))]})
    return planned(PolicyKey.SELLER, seller, starts_on, now)


def with_country(seller: Mapping[str, str]) -> dict[str, str]:
    """A seller with its country, which may be left out at home."""
    return {"country": HOME, **seller}


def set_seller(
    actor: Actor,
    typed: Mapping[str, str],
    *,
    logo: str = "",
    starts_on: date,
    reason: str,
    now: datetime,
    acts: int | None = None,
) -> Policy:
    """Let invoices from `starts_on` on be issued by this seller; those that were issued stay as they are.

    `acts` is what `queries.acts` said when the form was drawn. Raises what `plan_seller` raises, Conflict where
    somebody did something since, and Invalid (`reason`).
    """
    lock(PolicyKey.SELLER)
    refuse_changed(PolicyKey.SELLER, acts)
    seller = plan_seller(actor, typed, logo=logo, starts_on=starts_on, now=now).value
    why = text.of_field(
        "reason", reason, max_length=REASON_LIMIT, multiline=True, empty=Message(N_("Say why the seller changes."))
    )
    return set_policy(actor, PolicyKey.SELLER, seller, starts_on=starts_on, reason=why, now=now)
