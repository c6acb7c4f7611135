"""How administrators change policies: from a day on, with a reason, and by two people where that is the rule.

Whatever is said stays: a change that is still to come can be taken back, a proposal turned down, and the row tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from backoffice import clock, text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission
from backoffice.policies import queries, rules
from backoffice.policies.models import Policy
from backoffice.policies.rules import SECOND_PERSON, PolicyKey, PolicyState
from backoffice.policies.services import REASON_LIMIT, refuse

ABOUT = "policy"  # how the audit log names what a policy is about
_SAY_WHY = Message(N_("Say why: it stands beside the value for good."))
_ENDED = {
    PolicyState.VALID: N_("%(who)s confirmed this proposal at %(at)s."),
    PolicyState.DECLINED: N_("%(who)s turned this proposal down at %(at)s."),
    PolicyState.WITHDRAWN: N_("%(who)s took this change back at %(at)s."),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that may be made: `before` holds until its first day, `until` another one is due already.

    `replaces` is what was planned from the same day on and holds on none then.
    """

    key: PolicyKey
    before: Any
    value: Any
    starts_on: date
    until: date | None
    replaces: Policy | None

    @property
    def needs_second(self) -> bool:
        """Whether another person has to confirm it."""
        return self.key in SECOND_PERSON


def plan(actor: Actor, key: PolicyKey, value: Any, *, starts_on: date, now: datetime) -> Plan:
    """What another value from a day on would change, without doing it.

    Raises Forbidden for whoever is no administrator, Invalid by field: `value` or its parts, and `starts_on` for a day
    on which something promised or frozen rests on the present value. Conflict while a proposal waits.
    """
    _person(actor)
    waiting = session.scalars(queries.proposals().where(Policy.key == key)).one_or_none()
    if waiting is not None:
        told = N_("%(who)s has proposed a change of this policy. It has to be confirmed or turned down first.")
        raise Conflict(Message(told, who=waiting.set_by), code="proposal-open")
    refuse(key, value)
    early = rules.too_early(key, starts_on, clock.local_date(now, clock.zone()))
    if early is not None:
        raise Invalid({"starts_on": [early]})
    if queries.value(key, starts_on) == value:
        raise Invalid({"value": [Message(N_("Nothing is changed: this holds on that day already."))]})
    return planned(key, value, starts_on, now)


def planned(key: PolicyKey, value: Any, day: date, now: datetime) -> Plan:
    """What `value` from `day` on would change; whoever calls has asked whether it may."""
    today = clock.local_date(now, clock.zone())
    before, replaces = queries.held_until(key, day, today), queries.planned_for(key, day, today)
    return Plan(key, before, value, day, queries.next_day(key, day), replaces)


def standing(policy: Policy, now: datetime) -> Plan | None:
    """What a change that waits or is still to come will do; None where it is over, holds, or will hold on no day."""
    key, today = PolicyKey(policy.key), clock.local_date(now, clock.zone())
    if policy.is_proposed:
        return planned(key, policy.value, takes_effect(policy, now), now)
    if not policy.is_planned(today) or queries.row_in_force(key, policy.starts_on) is not policy:
        return None
    before, replaces = queries.held_until(key, policy.starts_on, today), queries.replaced_by(policy)
    return Plan(key, before, policy.value, policy.starts_on, queries.next_day(key, policy.starts_on), replaces)


def change(
    actor: Actor,
    key: PolicyKey,
    value: Any,
    *,
    starts_on: date,
    reason: str,
    now: datetime,
    acts: int | None = None,
    token: str | None = None,
) -> Policy:
    """Let `key` have another value from a day on, or propose it where a second person has to confirm that.

    `acts` is what `queries.acts` said when the form was drawn: Conflict where somebody did something since. The same
    `token` again returns what it made. Raises what `plan` raises, and Invalid (`reason`).
    """
    _person(actor)
    lock(key)
    if token is not None and (made := queries.made_from(token)) is not None:
        return made
    refuse_changed(key, acts)
    needs_second = plan(actor, key, value, starts_on=starts_on, now=now).needs_second
    before = queries.value(key, starts_on)
    why = text.of_field("reason", reason, max_length=REASON_LIMIT, multiline=True, empty=_SAY_WHY)
    state = PolicyState.PROPOSED if needs_second else PolicyState.VALID
    policy = Policy(
        key=key, value=value, starts_on=starts_on, reason=why, set_by=actor.label, set_by_id=actor.id, created_at=now,
        state=state, token=token,
    )  # fmt: skip
    session.add(policy)
    session.flush()
    _told_audit(actor, "policy.propose" if needs_second else "policy.set", policy, now, before, why)
    return policy


def confirm(actor: Actor, policy_id: int, *, now: datetime) -> Policy:
    """Let what a colleague proposed hold: from its day on, or from the first day that is still possible.

    Raises NotFound, Forbidden for whoever proposed it, Conflict where it waits no more.
    """
    policy = _waiting(actor, policy_id)
    refuse(PolicyKey(policy.key), policy.value)
    policy.starts_on = takes_effect(policy, now)
    before = queries.value(PolicyKey(policy.key), policy.starts_on)
    policy.state = PolicyState.VALID
    policy.confirmed_by, policy.confirmed_by_id, policy.confirmed_at = actor.label, actor.id, now
    session.flush()
    _told_audit(actor, "policy.confirm", policy, now, before, policy.reason)
    return policy


def takes_effect(policy: Policy, now: datetime) -> date:
    """The first day on which a proposal would hold if it were confirmed now."""
    return max(policy.starts_on, rules.earliest(PolicyKey(policy.key), clock.local_date(now, clock.zone())))


def decline(actor: Actor, policy_id: int, *, reason: str, now: datetime) -> Policy:
    """Turn a colleague's proposal down. Raises as `confirm` does, and Invalid (`reason`)."""
    policy = _waiting(actor, policy_id)
    return _end(actor, policy, PolicyState.DECLINED, reason, now)


def take_back(actor: Actor, policy_id: int, *, reason: str, now: datetime) -> Policy:
    """Take back a change whose day is still to come, or one's own proposal: what holds now goes on.

    A change of the same day that it had replaced is due again.
    Raises NotFound, Forbidden for a colleague's proposal, Conflict where it was ended or holds already, Invalid
    (`reason`).
    """
    _person(actor)
    policy = _locked(policy_id)
    if policy.is_proposed and policy.set_by_id != actor.id:
        raise Forbidden(Message(N_("Only who proposed a change can take it back. You can turn it down.")))
    if policy.state in (PolicyState.DECLINED, PolicyState.WITHDRAWN):
        raise _over(policy)
    if not policy.is_proposed and not policy.is_planned(clock.local_date(now, clock.zone())):
        told = N_("This value holds since %(day)s and cannot be taken back any more. Set another one from a later day.")
        raise Conflict(Message(told, day=policy.starts_on), code="holds-already")
    return _end(actor, policy, PolicyState.WITHDRAWN, reason, now)


def refuse_changed(key: PolicyKey, acts: int | None) -> None:
    """Raise Conflict where a colleague did something to the policy since a form was drawn.

    `acts` is what `queries.acts` said then, None for whoever saw no form.
    """
    if acts is None or acts == queries.acts(key):
        return
    last = queries.last_act(key)
    if last is None:
        raise Conflict
    told = N_("%(who)s changed this policy at %(at)s. Look at what it says now, then send yours again.")
    raise Conflict(Message(told, who=last[0], at=last[1]), code="changed-meanwhile")


def _person(actor: Actor) -> None:
    if actor.id is None or not actor.can(Permission.ADMINISTER):
        raise Forbidden(Message(N_("Policies are changed by administrators, in their own name.")))


def lock(key: str) -> None:
    """Let nobody else change this policy until the transaction ends: its first row stands for it."""
    session.execute(select(Policy.id).where(Policy.key == key).order_by(Policy.id).limit(1).with_for_update())


def _locked(policy_id: int) -> Policy:
    lock(queries.policy(policy_id).key)
    return session.get_one(Policy, policy_id, populate_existing=True)


def _waiting(actor: Actor, policy_id: int) -> Policy:
    """A colleague's proposal that still waits, locked."""
    _person(actor)
    policy = _locked(policy_id)
    if not policy.is_proposed:
        raise _over(policy)
    if policy.set_by_id == actor.id:
        raise Forbidden(Message(N_("You have proposed this change. Another administrator has to look at it.")))
    return policy


def _over(policy: Policy) -> Conflict:
    who, at = policy.ended_by or policy.confirmed_by or policy.set_by, policy.ended_at or policy.confirmed_at
    told = _ENDED[PolicyState(policy.state)]
    return Conflict(Message(told, who=who, at=at or policy.created_at), code="already-decided")


def _end(actor: Actor, policy: Policy, state: PolicyState, reason: str, now: datetime) -> Policy:
    why = text.of_field("reason", reason, max_length=REASON_LIMIT, multiline=True, empty=Message(N_("Say why.")))
    was = policy.state
    policy.state, policy.ended_why = state, why
    policy.ended_by, policy.ended_by_id, policy.ended_at = actor.label, actor.id, now
    session.flush()
    action = "policy.decline" if state is PolicyState.DECLINED else "policy.take_back"
    audit.record(
        actor, action, ABOUT, policy.key, at=now, reason=why,
        before={"id": policy.id, "state": was, "value": policy.value, "starts_on": policy.starts_on},
        after={"id": policy.id, "state": state, "value": queries.value(PolicyKey(policy.key), policy.starts_on)},
    )  # fmt: skip
    return policy


def _told_audit(actor: Actor, action: str, policy: Policy, now: datetime, before: Any, reason: str) -> None:
    after = {"id": policy.id, "state": policy.state, "value": policy.value, "starts_on": policy.starts_on}
    audit.record(actor, action, ABOUT, policy.key, at=now, before={"value": before}, after=after, reason=reason)
